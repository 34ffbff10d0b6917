"""Retention: an old body is reduced to what is read of it. The ledger and its proof stay as they are; the rest of the body is gone.

What a later parser would read beside it is gone too: that is the price, and why nothing is reduced unless somebody says so.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import structlog

from ingest.facts import Parsed
from ingest.models.evidence import EventState, StripeEvent
from ingest.redact import words
from ingest.redact.essence import Json, essence
from ingest.settle.evidence import read
from ingest.stripe import parser
from ingest.stripe.errors import Unreadable

REDUCED = "reduced"
AT_ONCE = 200
EVERY = timedelta(hours=1)
_DONE = [EventState.SETTLED, EventState.IGNORED]
_log = structlog.get_logger("clickledger.retention")


async def reduce(before: datetime, *, pause: Callable[[], Awaitable[None]] | None = None) -> int:
    """Reduce the bodies that came before this moment and are settled; how many. `pause` is awaited between bundles."""
    last, reduced = 0, 0
    ready = StripeEvent.filter(received_at__lt=before, tombstone=None, state__in=_DONE).order_by("id")
    while rows := await ready.filter(id__gt=last).limit(AT_ONCE):
        for row in rows:
            reduced += await _reduced(row)
        last = rows[-1].id
        if pause is not None:
            await pause()
    return reduced


async def _reduced(row: StripeEvent) -> int:
    """One body; left as it is where it would not read the same, or where somebody was erased from it meanwhile."""
    whole = read(row.body)
    short = essence(whole)
    if _said(short) != _said(whole):
        _log.error("an essence reads otherwise and is not kept", event_id=row.event_id)
        return 0
    return await StripeEvent.filter(id=row.id, tombstone=None).update(body=words.raw(short), tombstone=REDUCED)


def _said(event: Json) -> Parsed | str:
    try:
        return parser.parse(event)
    except Unreadable as error:
        return error.field


async def run(days: int) -> None:
    """Reduce what grows old, hour by hour; goes on until it is cancelled."""
    while True:
        reduced = await reduce(datetime.now(UTC) - timedelta(days=days), pause=lambda: asyncio.sleep(0.1))
        if reduced:
            _log.info("bodies reduced", count=reduced, older_than_days=days)
        await asyncio.sleep(EVERY.total_seconds())
