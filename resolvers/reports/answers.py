"""Reports as they are answered: what clicks, leads and sales came to, in all, by group and by period. Exact at the moment they are asked.

Whole hours come out of buckets, with what is not in them yet; everything else is counted row by row, in the same statement.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from ingest.models.rollups import LIVE, TEST, RollupDelta
from ingest.text import unescape
from resolvers.amounts import Amount
from resolvers.context import Context
from resolvers.filters import Operator, storable
from resolvers.plan import connections
from resolvers.reports import periods, texts
from resolvers.reports.periods import Edge, Period, Run
from resolvers.reports.question import Dimension, Measure, Question

_NONE = (0,) * len(texts.SUMS)


class Figures:
    """What something came to; amounts in the workspace's currency."""

    __slots__ = ("currency", "sums")

    def __init__(self, sums: Sequence[int], currency: str) -> None:
        self.sums, self.currency = sums, currency

    clicks = property(lambda self: self.sums[0])
    leads = property(lambda self: self.sums[1])
    sales = property(lambda self: self.sums[2])
    pending_sales = property(lambda self: self.sums[3])
    gross = property(lambda self: Amount(self.sums[4], self.currency))
    refunded = property(lambda self: Amount(self.sums[5], self.currency))
    disputed = property(lambda self: Amount(self.sums[6], self.currency))
    net = property(lambda self: Amount(self.sums[7], self.currency))


class Part(Figures):
    """Of one period."""

    __slots__ = ("period",)

    def __init__(self, sums: Sequence[int], currency: str, period: Period) -> None:
        super().__init__(sums, currency)
        self.period = period

    start = property(lambda self: self.period.start)
    end = property(lambda self: self.period.end)


class Whole(Figures):
    """Of all periods, and of each."""

    __slots__ = ("_parts", "_shown")

    def __init__(self, parts: Mapping[int, Sequence[int]], currency: str, shown: Sequence[Period]) -> None:
        super().__init__([sum(each) for each in zip(*parts.values(), strict=True)] or _NONE, currency)
        self._parts, self._shown = parts, shown

    @property
    def periods(self) -> list[Part]:
        return [Part(self._parts.get(number, _NONE), self.currency, period) for number, period in enumerate(self._shown)]


class Group(Whole):
    """Of what has the same dimensions; those that the report is not grouped by are None, as are those that are not known."""

    __slots__ = ("_dimensions", "key")

    def __init__(
        self, key: tuple[str, ...], by: Sequence[Dimension], parts: Mapping[int, Sequence[int]], currency: str, shown: Sequence[Period]
    ) -> None:
        super().__init__(parts, currency, shown)
        self.key, self._dimensions = key, {each.value: unescape(value) or None for each, value in zip(by, key, strict=True)}

    def __getattr__(self, name: str) -> str | None:
        if name.startswith("_"):
            raise AttributeError(name)
        found: str | None = self._dimensions.get(name)
        return found


@dataclass(frozen=True, slots=True)
class Pending:
    """Sales whose amounts are not in the sums: not yet converted to the workspace's currency. Amounts in the one that they are in."""

    currency: str
    sales: int
    gross: Amount
    net: Amount


@dataclass(frozen=True, slots=True)
class Report:
    start: datetime
    end: datetime
    timezone: str
    currency: str
    totals: Whole
    rows: list[Group]
    groups: int
    pending: list[Pending]


async def report(context: Context, question: Question) -> Report:
    """The answer, of one state of the database.

    Raises:
        BadInput: as `Question.periods` does.
    """
    reading = _Reading()
    try:
        currency, timezone = (await reading.fetch(*_workspace(reading, context)))[0]
        found = question.periods(ZoneInfo(timezone))
        statement, values = _statement(reading, context, question, found, currency)
        records = await reading.fetch(statement.text, [values[name] for name in statement.names])
    finally:
        await reading.release()
    return _answer(question, found, timezone, currency, records)


class _Reading:
    """Where a report is read: beside the plans, and in a transaction on its own connection."""

    def __init__(self) -> None:
        self._client: Any = RollupDelta._meta.db
        self._connection = connections.of(RollupDelta)
        self.sqlite = self._client.capabilities.dialect == "sqlite"

    async def fetch(self, text: str, values: list[Any]) -> list[Any]:
        if self._connection is not None:
            return await self._connection.fetch(text, values)
        _, rows = await self._client.execute_query(text, values)
        return [tuple(row) for row in rows]

    async def release(self) -> None:
        if self._connection is not None:
            await self._connection.release()


def _workspace(reading: _Reading, context: Context) -> tuple[str, list[Any]]:
    return f"SELECT currency, timezone FROM workspace WHERE id = {'?1' if reading.sqlite else '$1'}", [context.access.workspace_id]


def _statement(
    reading: _Reading, context: Context, question: Question, found: Sequence[Period], currency: str
) -> tuple[texts.Statement, Mapping[str, Any]]:
    bucket = question.bucket
    runs, edges = periods.parts(found) if bucket else ([], periods.whole(found))
    shape = texts.Shape(
        reading.sqlite,
        bucket if runs else None,
        bool(edges),
        question.group_by,
        tuple((condition.column, condition.operator) for condition in question.conditions),
        question.order,
        question.descending,
    )
    access = context.access
    values: dict[str, Any] = {"workspace": access.workspace_id, "mode": LIVE if access.livemode else TEST, "livemode": access.livemode}
    values |= {"currency": currency, "limit": question.limit}
    for number, condition in enumerate(question.conditions):
        several = condition.operator is Operator.IN
        held = [storable(each) for each in condition.value] if several else storable(condition.value)
        values[f"condition{number}"] = orjson.dumps(held).decode() if several and reading.sqlite else held
    return texts.statement(shape), {**values, **_pieces(reading.sqlite, runs, edges)}


def _pieces(sqlite: bool, runs: Sequence[Run], edges: Sequence[Edge]) -> Mapping[str, Any]:
    if sqlite:
        told = [[edge.period, edge.start.isoformat(" "), edge.end.isoformat(" ")] for edge in edges]
        return {
            "runs": orjson.dumps([[run.period, run.span, run.first, run.past] for run in runs]).decode(),
            "edges": orjson.dumps(told).decode(),
        }
    return {
        "runs": [run.period for run in runs],
        "spans": [run.span for run in runs],
        "firsts": [run.first for run in runs],
        "pasts": [run.past for run in runs],
        "edges": [edge.period for edge in edges],
        "starts": [edge.start for edge in edges],
        "ends": [edge.end for edge in edges],
    }


def _answer(question: Question, found: Sequence[Period], timezone: str, currency: str, records: Sequence[Any]) -> Report:
    width = len(question.group_by)
    totals: dict[int, list[int]] = {}
    elsewhere: dict[str, list[int]] = {}
    groups: dict[tuple[str, ...], dict[int, Sequence[int]]] = {}
    count = 0
    for kind, period, of, *rest in records:
        key, sums = tuple(rest[:width]), rest[width:]
        if kind == texts.COUNT:
            count = sums[0]
        elif kind == texts.GROUP:
            groups.setdefault(key, {})[period] = sums
        else:
            _count(totals.setdefault(period, list(_NONE)), sums, ours=of in (currency, ""))
            if of not in (currency, ""):
                held = elsewhere.setdefault(of, [0] * len(sums))
                elsewhere[of] = [mine + other for mine, other in zip(held, sums, strict=True)]
    shown = found if question.interval else ()
    rows = [Group(key, question.group_by, parts, currency, shown) for key, parts in groups.items()]
    pending = [Pending(of, sums[2], Amount(sums[4], of), Amount(sums[7], of)) for of, sums in sorted(elsewhere.items()) if sums[2]]
    return Report(
        found[0].start, found[-1].end, timezone, currency, Whole(totals, currency, shown), _ordered(question, rows), count, pending
    )


def _count(held: list[int], sums: Sequence[int], *, ours: bool) -> None:
    """Add what a period has in one currency; amounts only of the workspace's own, sales of another are pending."""
    for place in range(len(held)):
        if place < 3 or ours:
            held[place] += sums[place]
    if not ours:
        held[3] += sums[2]


_PLACES = {measure: texts.SUMS.index(measure.value) for measure in Measure}


def _ordered(question: Question, rows: list[Group]) -> list[Group]:
    """As the statement chose them."""
    place, sign = _PLACES[question.order], -1 if question.descending else 1
    return sorted(rows, key=lambda row: (sign * row.sums[place], -row.sums[0], row.key))
