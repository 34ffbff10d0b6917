"""Loading: how declarations are executed when a query runs field by field. All is batched per request: never a statement a row."""

from collections.abc import Mapping, Sequence
from typing import Any

from pypika_tortoise.queries import Table
from pypika_tortoise.terms import Criterion

from resolvers import journeys, lookups, pages, statements
from resolvers.context import Access, Context
from resolvers.cursors import Order
from resolvers.entities import CLICK, NODES, SALE, Entity, Row
from resolvers.filters import Condition, storable
from resolvers.pages import Narrow, Page, Parent, Window
from resolvers.reads import Bridge, Many, Named, Several, Touches

IN_ORDER = Order("clicked_at", descending=False)
TOUCHES = Touches(CLICK)
NO_PARENT = ""
"""The key of a list that is the whole workspace's."""


async def one(context: Context, entity: Entity, key: Any) -> Row | None:
    """The row with this primary key, if this access may see it."""

    async def load(keys: list[Any]) -> list[Row | None]:
        found = await by_key(context.access, entity, [storable(key) for key in keys])
        return [found.get(storable(key)) for key in keys]

    row: Row | None = await context.loader(("one", entity), load).load(key)
    return row


async def by_key(access: Access, entity: Entity, keys: list[Any]) -> dict[Any, Row]:
    """Rows by every key that names them: a sale answers to the ids that it had before, too."""
    if not keys:
        return {}
    query, table = statements.rows(entity, access, lambda table: [table["id"].isin(keys)])
    found = {row["id"]: row for row in await statements.fetch(entity, statements.columns(entity, query, table))}
    missing = [key for key in keys if key not in found] if entity is SALE else []
    if missing:
        names = await lookups.referred(access, missing)
        now = await by_key(access, entity, sorted(set(names.values()) - set(missing)))
        found |= {name: now[key] for name, key in names.items() if key in now}
    return found


async def node(context: Context, global_id: str) -> Row | None:
    """The row of a global id, of whatever kind; None for an id that names nothing, or nothing that this access may see."""
    found = named(context, global_id)
    return None if found is None else await one(context, found.entity, found.key)


def named(context: Context, global_id: str) -> Named | None:
    """What a global id names; None where it cannot name anything, or nothing that this access may see."""
    entity = NODES.get(global_id.partition("_")[0])
    key = None if entity is None else entity.key(global_id)
    if entity is None or key is None or not context.access.allows(entity.scope):
        return None
    return Named(entity, key)


async def several(context: Context, read: Several, row: Row) -> list[Row]:
    """All rows that name this one."""

    async def load(keys: list[Any]) -> list[list[Row]]:
        query, table = statements.rows(read.entity, context.access, lambda table: [table[read.by].isin(keys)])
        query = statements.columns(read.entity, query, table).orderby(table[read.entity.order]).orderby(table["id"])
        found: dict[Any, list[Row]] = {key: [] for key in keys}
        for each in await statements.fetch(read.entity, query):
            found[each[read.by]].append(each)
        return [found[key] for key in keys]

    rows: list[Row] = await context.loader(("several", read), load).load(row["id"])
    return rows


async def many(context: Context, read: Many, row: Row | None, arguments: Mapping[str, Any], conditions: Sequence[Condition]) -> Page:
    """One page of a connection; the pages of one field on many parents are one statement.

    Raises:
        BadInput: as `pages.window` does.
        Forbidden: the key may not read these.
    """
    context.require(read.entity.scope)
    asked = window(read, arguments, conditions)
    local = "id" if read.bridge is None else read.bridge.local
    return await paged(context, read, asked, NO_PARENT if row is None or not (read.by or read.bridge) else row[local])


def window(read: Many, arguments: Mapping[str, Any], conditions: Sequence[Condition]) -> Window:
    """The page that a connection's arguments ask for. Raises BadInput as `pages.window` does."""
    return pages.window(
        read.entity,
        order=arguments.get("order") or Order(read.entity.order, descending=True),
        conditions=read.conditions(conditions),
        first=arguments.get("first"),
        last=arguments.get("last"),
        after=arguments.get("after"),
        before=arguments.get("before"),
    )


async def paged(context: Context, read: Any, asked: Window, parent: Any) -> Page:
    async def load(keys: list[Any]) -> list[Page]:
        return await pages.pages(asked, [(key, narrowed(read, key)) for key in keys], context.access)

    page: Page = await context.loader(("page", read, asked), load).load(parent)
    return page


async def touches(context: Context, read: Touches, sale: Row, arguments: Mapping[str, Any]) -> Page:
    """One page of the clicks that led to a sale, in the order they happened.

    Raises:
        BadInput: as `pages.window` does.
    """
    asked = pages.window(
        read.entity,
        order=IN_ORDER,
        conditions=(),
        first=arguments.get("first"),
        last=arguments.get("last"),
        after=arguments.get("after"),
        before=arguments.get("before"),
    )
    return await paged(context, read, asked, await journeys.trail(context, sale))


async def first_touch(context: Context, sale: Row) -> Row | None:
    return next(iter((await touches(context, TOUCHES, sale, {"first": 1})).rows), None)


async def last_touch(context: Context, sale: Row) -> Row | None:
    return next(iter((await touches(context, TOUCHES, sale, {"last": 1})).rows), None)


async def days_to_conversion(context: Context, sale: Row) -> int | None:
    """Whole days from the first touch to the payment; None without a touch."""
    first = await first_touch(context, sale)
    return None if first is None else journeys.days_between(first["clicked_at"], sale["paid_at"])


async def total(context: Context, read: Any, page: Page) -> int:
    """How many rows the whole list has; a statement of its own, for those who ask."""

    async def load(keys: list[Any]) -> list[int]:
        return await pages.totals(page.window, [(key, narrowed(read, key)) for key in keys], context.access)

    count: int = await context.loader(("total", read, page.window), load).load(page.parent)
    return count


async def goes_on(context: Context, read: Any, page: Page, *, forward: bool) -> bool:
    """Whether there are rows after the page, or before it. Costs a statement only where a cursor leaves it open."""
    asked = page.window
    if forward is asked.forward and page.more:
        return True
    if (asked.before if forward else asked.after) is None:
        return False

    async def load(asking: list[Page]) -> list[bool]:
        return await pages.exist(asked, [(each, narrowed(read, each.parent)) for each in asking], context.access, forward=forward)

    answer: bool = await context.loader(("exist", read, asked, forward), load).load(page)
    return answer


def narrowed(read: Any, key: Any) -> Parent:
    """What narrows the list that `read` declares to the rows of the parent that `key` stands for."""
    if not isinstance(read, Many):
        return journeys.touched(key)
    if read.bridge is not None:
        return [_bridged(read.bridge, key)]
    by = read.by
    return [lambda table, _access: None if by is None else table[by] == key]


def _bridged(bridge: Bridge, key: Any) -> Narrow:
    def narrow(table: Table, access: Access) -> Criterion:
        query, between = statements.scoped(bridge.model, access)
        within: Criterion = table["id"].isin(query.select(between[bridge.far]).where(between[bridge.near] == key))
        return within

    return narrow
