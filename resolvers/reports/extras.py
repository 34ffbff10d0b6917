"""Figures of a report that are no sums: distinct visitors and medians, counted row by row where they are asked for, by one statement.

A visitor of two periods is one of the group: so the whole, each period, each group that is shown, and each of its periods is counted for
itself. Of an even number of values the median is the lower of the middle two, which is one that there is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import orjson

from resolvers.reports.question import Extra
from resolvers.reports.texts import BESIDE, Shape, Statement, Writing, extracted

Key = tuple[str, ...]
WHOLE = -1
"""In place of a period: all of them."""
KINDS = tuple(Extra)
_WHO = "COALESCE(c.anonymous_id, c.visitor, c.id)"
"""A browser by the id that it keeps; one that keeps none by its day's hash, and a click without either for itself."""
_COLUMNS = {Extra.VISITORS: "who", Extra.MEDIAN_NET: "net", Extra.MEDIAN_SECONDS_TO_SALE: "seconds"}


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted: by a group's key, None for the whole, and a period."""

    asked: tuple[Extra, ...] = ()
    held: Mapping[tuple[Key | None, int], Mapping[Extra, int]] = field(default_factory=dict)

    def of(self, key: Key | None, period: int) -> Mapping[Extra, int]:
        """Of what has nothing to take a median of, nothing."""
        none = {Extra.VISITORS: 0} if Extra.VISITORS in self.asked else {}
        return {**none, **self.held.get((key, period), {})}


def read(asked: tuple[Extra, ...], records: Sequence[Any]) -> Counted:
    """The records of the statement, of which each is a kind, whether of a group, a period, the group's key and the value."""
    held: dict[tuple[Key | None, int], dict[Extra, int]] = {}
    for kind, grouped, period, *key, value in records:
        held.setdefault((tuple(key) if grouped else None, period), {})[KINDS[kind]] = value
    return Counted(asked, held)


def keys(sqlite: bool, groups: Sequence[Key], width: int) -> dict[str, Any]:
    """The values that name the groups which are shown."""
    if sqlite:
        return {"keys": orjson.dumps(groups).decode()}
    return {f"keys{place}": [key[place] for key in groups] for place in range(width)}


@lru_cache(maxsize=500)
def statement(shape: Shape, asked: tuple[Extra, ...], periods: bool) -> Statement:
    """`periods` where each period is shown, too."""
    return _Counting(shape).counted(asked, periods=periods)


class _Counting(Writing):
    def counted(self, asked: Sequence[Extra], *, periods: bool) -> Statement:
        parts = {"seen": self._seen} if Extra.VISITORS in asked else {}
        parts |= {"paid": self._paid} if {Extra.MEDIAN_NET, Extra.MEDIAN_SECONDS_TO_SALE} & {*asked} else {}
        parts |= {"chosen": self._shown} if self.columns else {}
        with_ = ", ".join(f"{name} AS ({part()})" for name, part in parts.items())
        spans, owners = ([False, True] if shown else [False] for shown in (periods, bool(self.columns)))
        selects = [self._select(extra, period=period, group=group) for extra in asked for period in spans for group in owners]
        return Statement(f"WITH {with_} {' UNION ALL '.join(selects)}", tuple(self.names))

    def _seen(self) -> str:
        return self._of_pieces("DISTINCT ", "click", {"who": _WHO}, f"click c WHERE {self.clicked()}")

    def _paid(self) -> str:
        """The net as it is counted, where that is in the workspace's currency; and the whole seconds from click to payment."""
        unconverted, ours = "r.converted_net_minor IS NULL", self.place("currency")
        amount = f"CASE WHEN {unconverted} THEN r.net_minor ELSE r.converted_net_minor END"
        net = f"CASE WHEN CASE WHEN {unconverted} THEN r.currency ELSE r.converted_currency END = {ours} THEN {amount} END"
        took = self._took("c.clicked_at", "r.paid_at")
        seconds = f"CASE WHEN {took} < 0 THEN 0 ELSE {took} END"
        rows = f"sale r {BESIDE} WHERE {self.owned('sale', 'r.paid_at')}"
        return self._of_pieces("", "sale", {"net": net, "seconds": seconds}, rows, " ORDER BY r.paid_at, r.id")

    def _took(self, start: str, end: str) -> str:
        """Whole seconds between two moments.

        SQLite's `strftime` rounds to milliseconds, and so may tell the next second: it reads whole seconds alone, of which one is not full
        where the fraction of the end, as text, is before that of the start.
        """
        if self.shape.sqlite:
            began, ended = (f"CAST(strftime('%s', substr({moment}, 1, 19)) AS INTEGER)" for moment in (start, end))
            return f"({ended} - {began} - (substr({end}, 20) < substr({start}, 20)))"
        return f"floor(extract(epoch FROM {end} - {start}))::bigint"

    def _of_pieces(self, distinct: str, table: str, values: Mapping[str, str], rows: str, order: str = "") -> str:
        """The dimensions and values of the rows in each period `p`.

        PostgreSQL reads them for each period from its place in the index; to be distinct, or in order, keeps it from reading a whole table
        once for all of them.
        """
        dimensions = zip((self.column(table, column) for column in self.columns), self.named(), strict=True)
        listed = ", ".join([f"{made} AS {name}" for made, name in dimensions] + [f"{made} AS {name}" for name, made in values.items()])
        if self.shape.sqlite:
            return f"SELECT {distinct}{listed}, p.period AS period FROM {self.edges()} CROSS JOIN {rows}"
        shown = ", ".join(["p.period AS period", *(f"s.{name}" for name in (*self.named(), *values))])
        return f"SELECT {shown} FROM {self.edges()} CROSS JOIN LATERAL (SELECT {distinct}{listed} FROM {rows}{order}) s"

    def _shown(self) -> str:
        names = self.named()
        if self.shape.sqlite:
            return f"SELECT {extracted(names)} FROM json_each({self.place('keys')})"
        arrays = ", ".join(f"{self.place(f'keys{place}')}::text[]" for place in range(len(names)))
        return f"SELECT * FROM unnest({arrays}) k({', '.join(names)})"

    def _select(self, extra: Extra, *, period: bool, group: bool) -> str:
        """One figure of everything, or of each period, group, or both."""
        source, column = "seen" if extra is Extra.VISITORS else "paid", _COLUMNS[extra]
        by = [*(["period"] if period else []), *(self.named() if group else [])]
        joined = f" JOIN chosen USING ({', '.join(self.named())})" if group else ""
        shown = [
            str(KINDS.index(extra)),
            str(int(group)),
            "period" if period else str(WHOLE),
            *(self.named() if group else ["''"] * len(self.columns)),
        ]
        if extra is Extra.VISITORS:
            grouped = f" GROUP BY {', '.join(by)}" if by else ""
            return f"SELECT {', '.join([*shown, f'COUNT(DISTINCT {column})'])} FROM {source}{joined}{grouped}"
        over = f"PARTITION BY {', '.join(by)} " if by else ""
        place = f"ROW_NUMBER() OVER ({over}ORDER BY {column}) AS place, COUNT(*) OVER ({over}) AS many"
        listed = ", ".join([*by, f"{column} AS value", place])
        ranked = f"SELECT {listed} FROM {source}{joined} WHERE {column} IS NOT NULL"
        return f"SELECT {', '.join([*shown, 'value'])} FROM ({ranked}) m WHERE place = (many + 1) / 2"
