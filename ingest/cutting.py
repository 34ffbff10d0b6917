"""Cutting the stream of changes: what is older than anybody may resume from goes, oldest first.

What goes is added up (`ingest.told`), so that `verify` still proves where the stream ends. The latest change always stays: numbers go on
from it. A reader whose cursor is older than what is left is told so by `ingest.changes`, and never skips in silence.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from itertools import takewhile

import structlog
from tortoise.transactions import in_transaction

from ingest.models.ledger import Change
from ingest.models.stream import ChangeCut
from ingest.models.workspace import Workspace
from ingest.settle.scope import Scope
from ingest.told import Tally, Told, tally

AT_ONCE = 500
EVERY = timedelta(hours=1)
_log = structlog.get_logger("clickledger.cutting")


async def cut(before: datetime, *, pause: Callable[[], Awaitable[None]] | None = None) -> int:
    """Cut off every change that was settled before this moment; how many. `pause` is awaited between bundles."""
    gone = 0
    for scope in [Scope(row.id, livemode) for row in await Workspace.all().order_by("id") for livemode in (True, False)]:
        while await _begins_before(scope, before) and (some := await _shortened(scope, before)):
            gone += some
            if pause is not None:
                await pause()
    return gone


async def _begins_before(scope: Scope, before: datetime) -> bool:
    first = await Change.filter(**scope.filter).order_by("seq").first()
    return first is not None and first.at < before


async def _shortened(scope: Scope, before: datetime) -> int:
    """Cut one bundle off a stream, whole or not at all: how many changes that was."""
    async with in_transaction():
        start = {"seq": 0, "sales": 0, "digest": Tally().digest}
        await ChangeCut.get_or_create(workspace_id=scope.workspace_id, livemode=scope.livemode, defaults=start)
        held = await ChangeCut.select_for_update().get(**scope.filter)  # another process may be at it
        rows = await Change.filter(seq__gt=held.seq, **scope.filter).order_by("seq").limit(AT_ONCE + 1)
        old = list(takewhile(lambda row: row.at < before, rows[:-1]))
        if not old:
            return 0
        ends = tally(held.sales, held.digest).after(Told(row.kind, row.sale_id, row.data) for row in old)
        await Change.filter(seq__lte=old[-1].seq, **scope.filter).delete()
        await ChangeCut.filter(id=held.id).update(seq=old[-1].seq, sales=ends.count, digest=ends.digest)
    return len(old)


async def run(days: int) -> None:
    """Cut what grows old, hour by hour; goes on until it is cancelled."""
    while True:
        gone = await cut(datetime.now(UTC) - timedelta(days=days), pause=lambda: asyncio.sleep(0.1))
        if gone:
            _log.info("changes cut", count=gone, older_than_days=days)
        await asyncio.sleep(EVERY.total_seconds())
