"""Statements: every SELECT of this folder is begun here, so none can forget whose rows it may see."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from pypika_tortoise.enums import Dialects
from pypika_tortoise.enums import Order as Direction
from pypika_tortoise.queries import QueryBuilder, Table
from pypika_tortoise.terms import Criterion, LiteralValue, Parameterizer, Tuple
from tortoise.models import Model

from resolvers.context import Access
from resolvers.cursors import Order, Place
from resolvers.entities import Entity, Row
from resolvers.filters import storable

PARENT = "parent_"
"""The column that says to which of the parents a row of a joint statement belongs: its place among them."""
TOGETHER = 100
"""Parents to one statement: SQLite takes 500 terms of a compound SELECT."""


def scoped(model: type[Model], access: Access, *, tenant: str = "workspace_id") -> tuple[QueryBuilder, Table]:
    """The beginning of a SELECT over `model` that sees the rows of this access alone: its workspace and, where rows have one, its mode."""
    table = Table(model._meta.db_table)
    query = model._meta.db.query_class.from_(table).where(table[tenant] == access.workspace_id)
    if "livemode" in model._meta.fields_db_projection:
        query = query.where(table["livemode"] == access.livemode)
    return query, table


def shared(model: type[Model]) -> tuple[QueryBuilder, Table]:
    """The same over rows that are nobody's: exchange rates."""
    assert "workspace_id" not in model._meta.fields_db_projection, "whose rows these are must be said"
    table = Table(model._meta.db_table)
    return model._meta.db.query_class.from_(table), table


def dialect(model: type[Model]) -> Dialects:
    return Dialects.SQLITE if model._meta.db.capabilities.dialect == "sqlite" else Dialects.POSTGRESQL


def rows(entity: Entity, access: Access, where: Callable[[Table], Iterable[Criterion]]) -> tuple[QueryBuilder, Table]:
    """The rows of `entity` for which `where` holds."""
    query, table = scoped(entity.model, access, tenant=entity.tenant)
    for criterion in where(table):
        query = query.where(criterion)
    return query, table


def columns(entity: Entity, query: QueryBuilder, table: Table) -> QueryBuilder:
    return query.select(*(table[column] for column in entity.readers))


def beyond(table: Table, order: Order, place: Place, *, forward: bool, inclusive: bool = False) -> Criterion:
    """What stands after `place` in the order, or before it: one comparison of rows, which an index answers."""
    left, right = Tuple(table[order.column], table["id"]), Tuple(place.value, storable(place.key))
    if order.descending is forward:
        return left <= right if inclusive else left < right
    return left >= right if inclusive else left > right


def ordered(query: QueryBuilder, table: Table, order: Order, *, forward: bool) -> QueryBuilder:
    direction = Direction.desc if order.descending is forward else Direction.asc
    return query.orderby(table[order.column], order=direction).orderby(table["id"], order=direction)


async def fetch(entity: Entity, query: QueryBuilder) -> list[Row]:
    """One statement; its rows as Python values."""
    return [read(entity, record) for record in await together(entity.model, [query])]


def read(entity: Entity, record: dict[str, Any]) -> Row:
    values = {
        column: record[column] if convert is None or record[column] is None else convert(record[column])
        for column, convert in entity.readers.items()
    }
    return Row(entity, values)


async def together(
    model: type[Model], queries: Sequence[QueryBuilder], order: Order | None = None, *, forward: bool = True
) -> list[dict[str, Any]]:
    """The records of all queries, each with its query's place under PARENT; a hundred queries to one statement."""
    return await of_parts(model, [[query] for query in queries], order, forward=forward)


async def of_parts(
    model: type[Model], parents: Sequence[Sequence[QueryBuilder]], order: Order | None = None, *, forward: bool = True
) -> list[dict[str, Any]]:
    """The same where a parent's list is put together of several: its records are in one order, whichever part they are of.

    A UNION ALL of limited selects reads, for each part, only the rows that it gives, where a window function would number all of them.
    """
    records: list[dict[str, Any]] = []
    for start in range(0, len(parents), TOGETHER):
        part = [(place, query) for place, queries in enumerate(parents[start : start + TOGETHER], start) for query in queries]
        statement, values = _union(part)
        tail = "" if order is None or len(part) == 1 else _tail(order, forward=forward)
        records += await model._meta.db.execute_query_dict(statement + tail, values)
    return records


def _union(queries: Sequence[tuple[int, QueryBuilder]]) -> tuple[str, list[Any]]:
    parameters = Parameterizer()
    context = queries[0][1].QUERY_CLS.SQL_CONTEXT.copy(parameterizer=parameters)
    parts = [query.select(LiteralValue(str(place)).as_(PARENT)).get_sql(context) for place, query in queries]
    if len(parts) > 1:
        parts = [f"SELECT * FROM ({part}) AS q{number}" for number, part in enumerate(parts)]  # noqa: S608  # made by the builder
    return " UNION ALL ".join(parts), parameters.values


def _tail(order: Order, *, forward: bool) -> str:
    """The order of the whole: neither database promises that a UNION ALL keeps that of its parts."""
    direction = "DESC" if order.descending is forward else "ASC"
    return f' ORDER BY "{PARENT}","{order.column}" {direction},"id" {direction}'
