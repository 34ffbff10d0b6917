"""Reading the past again with a new parser: a few events at a time through the settler, while the server serves.

How far it has come stands on the events themselves, so that a run that died is gone on with by the next. What the old parser said of
people stays until the last event has been read; then what nobody says any more is taken away.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from tortoise.transactions import in_transaction

from ingest import facts
from ingest.facts import Carrier
from ingest.models.evidence import EventState, StripeEvent
from ingest.models.facts import Claim
from ingest.settle import claims
from ingest.settle.scope import Scope, wait_for_lease

AT_ONCE = 200
"""Few enough that what comes in meanwhile hardly waits: the settler takes the oldest first."""
POLL_SECONDS = 0.05
_TOLD = (Carrier.LEAD, Carrier.SALE, Carrier.PROFILE, Carrier.ATTACH, Carrier.DETACH)
"""Carriers of statements, which Stripe's parser does not read."""
_log = structlog.get_logger("clickledger.reparse")


@dataclass(frozen=True, slots=True)
class Progress:
    """Events read again, and how many there were to read."""

    done: int
    total: int


async def behind() -> int:
    """How many events an older parser has read."""
    return await StripeEvent.filter(**_old()).count()


def _old() -> dict[str, Any]:
    """Events that were never read have version 0, and will be read by the new parser anyway."""
    return {"parser_version__gte": 1, "parser_version__lt": facts.PARSER_VERSION}


async def reparse(settle: Callable[[], Awaitable[object]]) -> AsyncIterator[Progress]:
    """Read all of it again. `settle` does, or asks for, some settling: it is called until each bundle is through."""
    total, done, last = await behind(), 0, 0
    while rows := await StripeEvent.filter(id__gt=last, **_old()).order_by("id").limit(AT_ONCE).values_list("id", flat=True):
        numbers = [int(str(each)) for each in rows]
        await _again(numbers, settle)
        done, last = done + len(numbers), numbers[-1]
        yield Progress(done, max(total, done))
    for scope in await _scopes():
        while await _forget(scope):
            await settle()
    await settle()


async def _again(numbers: Sequence[int], settle: Callable[[], Awaitable[object]]) -> None:
    await StripeEvent.filter(id__in=numbers, **_old()).update(state=EventState.STORED, attempts=0, next_try_at=None)
    while await StripeEvent.exists(id__in=numbers, **_old()):
        await settle()
        await asyncio.sleep(POLL_SECONDS)


async def _scopes() -> list[Scope]:
    """Workspaces and modes in which an old parser's word still stands, and every event is read."""
    rows = await Claim.filter(**_outdated()).distinct().values_list("workspace_id", "livemode")
    late = set(await StripeEvent.filter(**_old()).distinct().values_list("workspace_id", "livemode"))
    return [Scope(int(str(workspace)), bool(mode)) for workspace, mode in rows if (workspace, mode) not in late]


def _outdated() -> dict[str, Any]:
    return {"parser_version__lt": facts.PARSER_VERSION, "carrier__not_in": list(_TOLD)}


async def _forget(scope: Scope) -> int:
    """Take away some claims of the old parser and wake whom they concern, unless the new one says just the same."""
    async with in_transaction() as connection:
        await wait_for_lease(connection, scope)
        old = await Claim.filter(**_outdated(), **scope.filter).limit(AT_ONCE)
        said = await Claim.filter(subject__in=list({row.subject for row in old}), parser_version=facts.PARSER_VERSION, **scope.filter)
        await Claim.filter(id__in=[row.id for row in old]).delete()
        same = {_content(row) for row in said}
        unsaid = [row for row in old if _content(row) not in same]
        if unsaid:
            await claims.wake(scope, unsaid, {})
    return len(old)


def _content(row: Claim) -> str:
    told = (row.external_id, row.click_id, sorted(row.data.items()), row.first_at, row.first_source, row.first_field, row.last_at)
    return repr((row.subject, row.carrier, *told))


async def run(wake: Callable[[], None]) -> None:
    """Read again what an older release has read, once, beside everything else a server does."""

    async def settle() -> None:
        wake()

    if await behind():
        async for progress in reparse(settle):
            if progress.done == progress.total or progress.done % 10_000 < AT_ONCE:
                _log.info("reading the past again", done=progress.done, total=progress.total)
    await asyncio.Event().wait()
