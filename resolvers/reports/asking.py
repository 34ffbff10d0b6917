"""Where a report is read, and what is asked there: the statements of a question, with the values that their places take."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from ingest.models.rollups import LIVE, TEST, RollupDelta
from resolvers.context import Access
from resolvers.filters import Condition, Operator, storable
from resolvers.plan import connections
from resolvers.reports import extras, periods, texts
from resolvers.reports.periods import Edge, Period, Run
from resolvers.reports.question import Question


class Reading:
    """Where a report is read: beside the plans, and in a transaction on its own connection."""

    def __init__(self) -> None:
        self._client: Any = RollupDelta._meta.db
        self._connection = connections.of(RollupDelta)
        self.sqlite = self._client.capabilities.dialect == "sqlite"

    async def stand_still(self) -> None:
        """Read one state of the database until all is given back; within a transaction that is the transaction's to say."""
        if self._connection is not None:
            await self._connection.stand_still()

    async def fetch(self, text: str, values: list[Any]) -> list[Any]:
        if self._connection is not None:
            return await self._connection.fetch(text, values)
        _, rows = await self._client.execute_query(text, values)
        return [tuple(row) for row in rows]

    async def read(self, statement: texts.Statement, values: Mapping[str, Any]) -> list[Any]:
        return await self.fetch(statement.text, [values[name] for name in statement.names])

    async def release(self) -> None:
        if self._connection is not None:
            await self._connection.release()


class Asking:
    """A question as statements and the values of their places."""

    def __init__(self, question: Question, access: Access, found: Sequence[Period], currency: str, *, sqlite: bool) -> None:
        self.question, self.sqlite, self._whole = question, sqlite, periods.whole(found)
        bucket = question.bucket
        self._runs, self._edges = periods.parts(found) if bucket else ([], self._whole)
        self.shape = texts.Shape(
            sqlite,
            bucket if self._runs else None,
            bool(self._edges),
            question.group_by,
            tuple((each.column, each.operator, _without(each)) for each in question.conditions),
            question.order,
            question.descending,
        )
        self._values: dict[str, Any] = {
            "workspace": access.workspace_id,
            "mode": LIVE if access.livemode else TEST,
            "livemode": access.livemode,
            "currency": currency,
            "limit": question.limit,
        }
        for number, condition in enumerate(question.conditions):
            several = condition.operator is Operator.IN
            held = [storable(each) for each in condition.value] if several else storable(condition.value)
            self._values[f"condition{number}"] = orjson.dumps(held).decode() if several and sqlite else held

    def sums(self) -> tuple[texts.Statement, Mapping[str, Any]]:
        return texts.statement(self.shape), {**self._values, **_pieces(self.sqlite, self._runs, self._edges)}

    def extras(self, groups: Sequence[extras.Key]) -> tuple[texts.Statement, Mapping[str, Any]]:
        """What is no sum, of everything and of these groups."""
        statement = extras.statement(self.shape, self.question.extras, self.question.interval is not None)
        keys = extras.keys(self.sqlite, groups, len(self.question.group_by))
        return statement, {**self._values, **_pieces(self.sqlite, [], self._whole), **keys}


def _without(condition: Condition) -> bool:
    """Whether what has no such thing meets the condition: an empty text."""
    return "" in condition.value if condition.operator is Operator.IN else not condition.value


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
