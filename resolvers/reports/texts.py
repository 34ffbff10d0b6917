"""The one statement of a report: buckets, what is not in them yet, and rows where no bucket answers; the groups wanted, and the whole.

Its text depends on the shape of the question alone. Values come in as parameters; names are of our tables. Every part names the workspace.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from ingest.models.rollups import CLICKS, MEASURES, Bucket
from resolvers.filters import Operator
from resolvers.reports.question import Dimension, Measure

TOTAL, GROUP, COUNT = 0, 1, 2
"""Kinds of a record: of a period in one currency, of a group's period, the number of groups."""
SUMS = ("clicks", "leads", "sales", "pending", *MEASURES[3:])
"""Figures of a group's record; those of a total are the MEASURES, in its own currency."""

BESIDE = "LEFT JOIN click c ON c.id = r.click_id AND c.workspace_id = r.workspace_id"
"""The click that a lead or a sale `r` is credited to."""


@dataclass(frozen=True, slots=True)
class Shape:
    """All of a question that its statement's text depends on."""

    sqlite: bool
    bucket: type[Bucket] | None
    edges: bool
    """Whether rows are read."""
    dimensions: tuple[Dimension, ...]
    conditions: tuple[tuple[str, Operator, bool], ...]
    """Of columns: how each is held, and whether what has none may meet it."""
    order: Measure
    descending: bool


@dataclass(frozen=True, slots=True)
class Statement:
    """A text, and the names of the values that its places take, in their order."""

    text: str
    names: tuple[str, ...]


@lru_cache(maxsize=500)
def statement(shape: Shape) -> Statement:
    return Writing(shape).written()


class Writing:
    """One statement while it is written."""

    def __init__(self, shape: Shape) -> None:
        self.shape, self.names = shape, list[str]()
        self.columns = [dimension.value for dimension in shape.dimensions]

    def written(self) -> Statement:
        shape = self.shape
        parts = [*([self._buckets(shape.bucket), self._deltas()] if shape.bucket else []), *(self._rows() if shape.edges else [])]
        by = ", ".join(["period", *self.named(), "currency"])
        sums = ", ".join(f"SUM({name}) AS {name}" for name in MEASURES)
        cells = f"SELECT {by}, {sums} FROM ({' UNION ALL '.join(parts)}) AS counted GROUP BY {by}"
        with_ = f"WITH cells AS {'' if shape.sqlite else 'MATERIALIZED '}({cells})"
        totals = self._record(TOTAL, "period", "currency", None, [*MEASURES[:3], "0", *MEASURES[3:]])
        whole = f"SELECT {totals} FROM cells GROUP BY period, currency"
        text = f"{with_}{self._chosen()} {whole}{self._groups()}" if self.columns else f"{with_} {whole}"
        return Statement(text, tuple(self.names))

    def place(self, name: str) -> str:
        if name not in self.names:
            self.names.append(name)
        return f"{'?' if self.shape.sqlite else '$'}{self.names.index(name) + 1}"

    def named(self) -> list[str]:
        return [f"d{number}" for number in range(len(self.columns))]

    # --- what is counted --------------------------------------------------------------------------------------------------------

    def _part(self, pieces: str, table: str, source: str, where: str, measures: Sequence[str], currency: str) -> str:
        """What rows of `source` add in each of the pieces.

        PostgreSQL sums within LATERAL, for each piece from its place in the index: it would else read a whole table once for all of them.
        """
        dimensions = [f"{self.column(table, column)} AS {name}" for column, name in zip(self.columns, self.named(), strict=True)]
        if self.shape.sqlite:
            counted = [f"{each} AS {name}" for each, name in zip(measures, MEASURES, strict=True)]
            listed = ", ".join(["p.period AS period", *dimensions, f"{currency} AS currency", *counted])
            return f"SELECT {listed} FROM {pieces} CROSS JOIN {source} WHERE {where}"
        counted = [f"SUM({each}) AS {name}" for each, name in zip(measures, MEASURES, strict=True)]
        listed = ", ".join([*dimensions, f"{currency} AS currency", *counted])
        by = ", ".join(str(place) for place in range(1, len(dimensions) + 2))
        shown = ", ".join(["p.period AS period", *(f"s.{name}" for name in (*self.named(), "currency", *MEASURES))])
        return f"SELECT {shown} FROM {pieces} CROSS JOIN LATERAL (SELECT {listed} FROM {source} WHERE {where} GROUP BY {by}) s"

    def column(self, table: str, column: str) -> str:
        """A dimension's text in a part of the statement; '' where there is none."""
        if table == "bucket":
            return f'r."{column}"'
        if column == "link_id":
            return "c.link_id" if table == "click" else "COALESCE(r.link_id, '')"
        return f"""COALESCE(c."{column}", '')"""

    def _buckets(self, bucket: type[Bucket]) -> str:
        return self._summed(f"{bucket._meta.db_table} r", " AND r.span = p.span")

    def _deltas(self) -> str:
        return self._summed("rollup_delta r", "")

    def _summed(self, source: str, spanning: str) -> str:
        where = (
            f"r.workspace_id = {self.place('workspace')}{spanning} AND r.hour >= p.first AND r.hour < p.past "
            f"AND r.mode IN ({CLICKS}, {self.place('mode')}){self.narrowed('bucket')}"
        )
        return self._part(self._runs(), "bucket", source, where, [f"r.{name}" for name in MEASURES], "r.currency")

    def _rows(self) -> list[str]:
        edges, zeros = self.edges(), ["0"] * len(MEASURES[3:])
        unconverted = "r.converted_net_minor IS NULL"
        amounts = [f"CASE WHEN {unconverted} THEN r.{name} ELSE r.converted_{name} END" for name in MEASURES[3:]]
        currency = f"CASE WHEN {unconverted} THEN r.currency ELSE r.converted_currency END"

        return [
            self._part(edges, "click", "click c", self.clicked(), ["1", "0", "0", *zeros], "''"),
            self._part(edges, "lead", f"lead r {BESIDE}", self.owned("lead", "r.at"), ["0", "1", "0", *zeros], "''"),
            self._part(edges, "sale", f"sale r {BESIDE}", self.owned("sale", "r.paid_at"), ["0", "0", "1", *amounts], currency),
        ]

    def clicked(self) -> str:
        """Which clicks `c` are of a piece `p`."""
        when = "c.clicked_at >= p.start AND c.clicked_at < p.past"
        return f"c.workspace_id = {self.place('workspace')} AND {when} AND NOT c.bot{self.narrowed('click')}"

    def owned(self, table: str, at: str) -> str:
        """Which leads or sales `r`, that happened then, are of a piece `p`."""
        mine = f"r.workspace_id = {self.place('workspace')} AND r.livemode = {self.place('livemode')}"
        return f"{mine} AND {at} >= p.start AND {at} < p.past{self.narrowed(table)}"

    def _runs(self) -> str:
        place, names = self.place("runs"), ("period", "span", "first", "past")
        if self.shape.sqlite:
            return f"(SELECT {extracted(names)} FROM json_each({place})) p"
        arrays = ", ".join(f"{each}::int[]" for each in (place, self.place("spans"), self.place("firsts"), self.place("pasts")))
        return f"unnest({arrays}) p({', '.join(names)})"

    def edges(self) -> str:
        place, names = self.place("edges"), ("period", "start", "past")
        if self.shape.sqlite:
            return f"(SELECT {extracted(names)} FROM json_each({place})) p"
        times = ", ".join(f"{self.place(each)}::timestamptz[]" for each in ("starts", "ends"))
        return f"unnest({place}::int[], {times}) p({', '.join(names)})"

    def narrowed(self, table: str) -> str:
        held = ""
        for number, (column, operator, without) in enumerate(self.shape.conditions):
            named = self.column(table, column) if without else self._plain(table, column)
            held += f" AND {self._held(named, operator, self.place(f'condition{number}'))}"
        return held

    def _plain(self, table: str, column: str) -> str:
        """The column itself, which an index may have."""
        return f'{"c" if table == "click" or (table != "bucket" and column != "link_id") else "r"}."{column}"'

    def _held(self, column: str, operator: Operator, place: str) -> str:
        if operator is Operator.IN:
            return f"{column} IN (SELECT value FROM json_each({place}))" if self.shape.sqlite else f"{column} = ANY({place}::text[])"
        if operator is Operator.CONTAINS:
            return f"{'instr' if self.shape.sqlite else 'strpos'}({column}, {place}) > 0"
        return f"{column} = {place}"

    # --- what is shown ----------------------------------------------------------------------------------------------------------

    def _record(self, kind: int, period: str, currency: str, dimensions: Sequence[str] | None, sums: Sequence[str]) -> str:
        shown = list(dimensions or ["''"] * len(self.columns))
        counted = [f"SUM({each})" if self.shape.sqlite else f"SUM({each})::bigint" for each in sums]
        return ", ".join([str(kind), period, currency, *shown, *counted])

    def _chosen(self) -> str:
        """The groups in the order that is wanted; texts are compared byte by byte, on either database."""
        named, direction = self.named(), "DESC" if self.shape.descending else "ASC"
        money = f"CASE WHEN currency = {self.place('currency')} THEN {self.shape.order.value} ELSE 0 END"
        going_by = self.shape.order.value if self.shape.order.value in MEASURES[:3] else money
        collated = ", ".join(named if self.shape.sqlite else [f'{name} COLLATE "C"' for name in named])
        some = " OR ".join(f"SUM({name}) <> 0" for name in MEASURES[:3])
        by, sums = ", ".join(named), f"SUM({going_by}) AS goes_by, SUM(clicks) AS clicked"
        found = f"SELECT {by}, {sums} FROM cells GROUP BY {by} HAVING {some}"
        ordered = f"ORDER BY goes_by {direction}, clicked DESC, {collated} LIMIT {self.place('limit')}"
        return f", found AS ({found}), chosen AS (SELECT {by} FROM found {ordered})"

    def _groups(self) -> str:
        named, ours = self.named(), f"currency = {self.place('currency')}"
        pending = f"CASE WHEN {ours} THEN 0 ELSE sales END"
        money = [f"CASE WHEN {ours} THEN {name} ELSE 0 END" for name in MEASURES[3:]]
        record = self._record(GROUP, "cells.period", "''", [f"cells.{name}" for name in named], [*MEASURES[:3], pending, *money])
        joined = " AND ".join(f"cells.{name} = chosen.{name}" for name in named)
        by = ", ".join(["cells.period", *(f"cells.{name}" for name in named)])
        counted = ", ".join([str(COUNT), "0", "''", *["''"] * len(named), "COUNT(*)", *["0"] * (len(SUMS) - 1)])
        return f" UNION ALL SELECT {record} FROM cells JOIN chosen ON {joined} GROUP BY {by} UNION ALL SELECT {counted} FROM found"


def extracted(names: Sequence[str]) -> str:
    return ", ".join(f"json_extract(value, '$[{place}]') AS {name}" for place, name in enumerate(names))
