"""Subscriptions: what happened in one workspace and mode, as it happens, each event read as things stand when it is told."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

import orjson
from pypika_tortoise.queries import Table
from pypika_tortoise.terms import Criterion

from ingest.errors import Cut, Overrun
from ingest.models.ledger import Change
from resolvers import loading, statements
from resolvers.context import Access, Context, Feed
from resolvers.entities import CLICK, SALE, Entity, Row
from resolvers.errors import BadInput, Expired, TooSlow
from resolvers.filters import Condition, criteria

TOGETHER = 500
"""Rows to one statement."""


class SaleChangeKind(Enum):
    """What happened to a sale: a change's kind."""

    MADE = "sale_made"
    CHANGED = "sale_changed"
    MERGED = "sale_merged"
    GONE = "sale_gone"


ENDS = frozenset({SaleChangeKind.MERGED.value, SaleChangeKind.GONE.value})
"""Changes that are told whatever the filter: they end ids that the subscriber may hold."""


@dataclass(frozen=True, slots=True)
class SaleEvent:
    """A change of a sale."""

    cursor: str
    kind: SaleChangeKind
    sale_id: str
    sale: Row | None
    swallowed: list[str]
    at: datetime


async def clicks(context: Context, conditions: Sequence[Condition]) -> AsyncIterator[Row]:
    """The clicks of this workspace as they are committed from now on.

    Raises:
        TooSlow: too many wait to be read.
    """
    try:
        async for ids in _feed(context).clicks.follow(context.access.workspace_id):
            found = await _meeting(context.access, CLICK, ids, conditions)
            for row in sorted(found.values(), key=lambda row: (row["clicked_at"], row["id"])):
                context.renew()
                yield row
    except Overrun as overrun:
        raise TooSlow(overrun.limit) from overrun


async def start(context: Context, after: str | None) -> int:
    """The number of the change after which a subscription begins: the latest one, unless a cursor says otherwise.

    Raises:
        BadInput: not a cursor of this stream.
        Expired: what follows the cursor is no longer kept.
    """
    access = context.access
    head = await _feed(context).changes.head(access.workspace_id, access.livemode)
    if after is None:
        return head
    number = _number(access, after)
    if not 0 <= number <= head:
        raise BadInput("after", "is not a cursor of this stream")
    try:
        await _feed(context).changes.reach(access.workspace_id, access.livemode, number)
    except Cut as cut:
        raise Expired("after") from cut
    return number


async def sales(context: Context, after: int, conditions: Sequence[Condition]) -> AsyncIterator[SaleEvent]:
    """Every change of a sale that follows number `after`, in order: those of sales that meet the conditions, and every id that ends.

    Raises:
        Expired: it was read so slowly that what follows is no longer kept.
    """
    access = context.access
    async for page in _pages(context, after):
        named = await loading.by_key(access, SALE, sorted({change.sale_id for change in page}))
        shown = await _meeting(access, SALE, {row["id"] for row in named.values()}, conditions) if conditions else None
        for change in page:
            sale = named.get(change.sale_id)
            if change.kind in ENDS or shown is None or (sale is not None and sale["id"] in shown):
                context.renew()
                yield _event(access, change, sale)


async def _pages(context: Context, after: int) -> AsyncIterator[Sequence[Change]]:
    try:
        async for page in _feed(context).changes.follow(context.access.workspace_id, context.access.livemode, after):
            yield page
    except Cut as cut:
        raise Expired("after") from cut


def _event(access: Access, change: Change, sale: Row | None) -> SaleEvent:
    swallowed = change.data.get("swallowed", [])
    assert isinstance(swallowed, list)
    return SaleEvent(_cursor(access, change.seq), SaleChangeKind(change.kind), change.sale_id, sale, swallowed, change.at)


async def _meeting(access: Access, entity: Entity, keys: Collection[str], conditions: Sequence[Condition]) -> Mapping[Any, Row]:
    """The rows with these keys that meet the conditions, by key."""
    dialect, wanted = statements.dialect(entity.model), sorted(keys)
    found: dict[Any, Row] = {}
    for begin in range(0, len(wanted), TOGETHER):
        some = wanted[begin : begin + TOGETHER]

        def where(table: Table, some: list[str] = some) -> list[Criterion]:
            return [table["id"].isin(some), *criteria(conditions, table, dialect)]

        query, table = statements.rows(entity, access, where)
        found |= {row["id"]: row for row in await statements.fetch(entity, statements.columns(entity, query, table))}
    return found


def _feed(context: Context) -> Feed:
    assert context.feed is not None  # whoever takes subscriptions gives one
    context.followed()
    return context.feed


def _cursor(access: Access, number: int) -> str:
    return urlsafe_b64encode(orjson.dumps(["changes", access.workspace_id, access.livemode, number])).decode().rstrip("=")


def _number(access: Access, cursor: str) -> int:
    try:
        *stream, number = orjson.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (Error, ValueError, TypeError) as error:
        raise BadInput("after", "is not a cursor of this API") from error
    if stream != ["changes", access.workspace_id, access.livemode] or type(number) is not int:
        raise BadInput("after", "is a cursor of another stream")
    return number
