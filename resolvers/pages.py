"""Pages of lists: keyset, forward and backward, of one parent or many at once. A page costs its own rows, wherever it lies."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from pypika_tortoise.functions import Count
from pypika_tortoise.queries import QueryBuilder, Table
from pypika_tortoise.terms import Criterion, LiteralValue

from resolvers import cursors, statements
from resolvers.context import Access
from resolvers.cursors import Order, Place
from resolvers.entities import Entity, Row
from resolvers.errors import BadInput
from resolvers.filters import Condition, criteria

MOST = 100
"""Rows to a page."""
Narrow = Callable[[Table, Access], Criterion | None]
"""What narrows a list; None where the whole workspace is meant."""
Parent = Sequence[Narrow]
"""What narrows a list to one parent's rows: parts that have no row in common, each found in an index."""


@dataclass(frozen=True, slots=True)
class Window:
    """Which page is asked for, and of what. Equal for all parents on which one field of a query stands, so it keys their loader."""

    entity: Entity
    order: Order
    conditions: tuple[Condition, ...]
    size: int
    forward: bool
    after: Place | None = None
    before: Place | None = None


@dataclass(frozen=True, eq=False, slots=True)
class Page:
    """The rows, whether the statement saw one more, and what is needed to answer the rest where it is asked."""

    window: Window
    parent: Any
    """What the page's loaders know its parent by."""
    rows: Sequence[Row]
    more: bool

    def place(self, row: Row) -> Place:
        return Place(row[self.window.order.column], row["id"])

    def cursor(self, row: Row) -> str:
        return cursors.encode(self.window.entity, self.window.order, self.place(row))


def window(
    entity: Entity,
    *,
    order: Order,
    conditions: Iterable[Condition],
    first: int | None,
    last: int | None,
    after: str | None,
    before: str | None,
) -> Window:
    """The page that these arguments ask for.

    Raises:
        BadInput: neither or both of first and last, a size outside 1 to 100, or a cursor that is not of this list and order.
    """
    if (first is None) is (last is None):
        raise BadInput("first", "give first or last, and not both")
    size, argument = (first, "first") if first is not None else (last, "last")
    if size is None or not 1 <= size <= MOST:
        raise BadInput(argument, f"must be 1 to {MOST}")
    return Window(
        entity,
        order,
        tuple(conditions),
        size,
        forward=first is not None,
        after=None if after is None else cursors.decode(entity, order, after, "after"),
        before=None if before is None else cursors.decode(entity, order, before, "before"),
    )


async def pages(asked: Window, parents: Sequence[tuple[Any, Parent]], access: Access) -> list[Page]:
    """The page of each parent, in the order of `parents`."""
    queries = [[_page(asked, narrow, access) for narrow in parent] for _, parent in parents]
    found: list[list[Row]] = [[] for _ in parents]
    for record in await statements.of_parts(asked.entity.model, queries, asked.order, forward=asked.forward):
        found[record[statements.PARENT]].append(statements.read(asked.entity, record))
    return [_made(asked, key, rows) for (key, _), rows in zip(parents, found, strict=True)]


def _made(asked: Window, parent: Any, rows: list[Row]) -> Page:
    kept = rows[: asked.size]
    return Page(asked, parent, kept if asked.forward else kept[::-1], more=len(rows) > asked.size)


async def totals(asked: Window, parents: Sequence[tuple[Any, Parent]], access: Access) -> list[int]:
    """How many rows each parent's whole list has."""
    whole = replace(asked, after=None, before=None)
    queries = [[_selected(whole, narrow, access)[0].select(Count("*").as_("count_")) for narrow in parent] for _, parent in parents]
    found = [0] * len(parents)
    for record in await statements.of_parts(asked.entity.model, queries):
        found[record[statements.PARENT]] += record["count_"]
    return found


async def exist(asked: Window, parents: Sequence[tuple[Page, Parent]], access: Access, *, forward: bool) -> list[bool]:
    """Whether each page's list goes on beyond the page: after it, or before it."""
    queries = [[_outside(page, narrow, access, forward=forward) for narrow in parent] for page, parent in parents]
    records = await statements.of_parts(asked.entity.model, queries)
    seen = {record[statements.PARENT] for record in records}
    return [place in seen for place in range(len(parents))]


def _page(asked: Window, narrow: Narrow, access: Access) -> QueryBuilder:
    query, table = _selected(asked, narrow, access, _between(asked))
    query = statements.ordered(statements.columns(asked.entity, query, table), table, asked.order, forward=asked.forward)
    return query.limit(asked.size + 1)


def _outside(page: Page, narrow: Narrow, access: Access, *, forward: bool) -> QueryBuilder:
    asked = page.window
    edge = page.place(page.rows[-1 if forward else 0]) if page.rows else (asked.before if forward else asked.after)
    assert edge is not None  # without a cursor on that side nothing is left there, and nobody asks
    past: Places = [lambda table: statements.beyond(table, asked.order, edge, forward=forward, inclusive=not page.rows)]
    query, _ = _selected(asked, narrow, access, past)
    return query.select(LiteralValue("1").as_("one_")).limit(1)


Places = Sequence[Callable[[Table], Criterion]]


def _between(asked: Window) -> Places:
    """What stands between the cursors."""
    given = [(place, forward) for place, forward in ((asked.after, True), (asked.before, False)) if place is not None]
    return [partial(statements.beyond, order=asked.order, place=place, forward=forward) for place, forward in given]


def _selected(asked: Window, narrow: Narrow, access: Access, places: Places = ()) -> tuple[QueryBuilder, Table]:
    """Places stand before conditions: of two bounds on one side SQLite walks from the first."""
    dialect = statements.dialect(asked.entity.model)

    def where(table: Table) -> list[Criterion]:
        own = narrow(table, access)
        between = [place(table) for place in places]
        return between + criteria(asked.conditions, table, dialect) + ([] if own is None else [own])

    return statements.rows(asked.entity, access, where)
