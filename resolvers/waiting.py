"""Waiting a moment for the settler, so that what a mutation answers is what it caused. It reads and never hurries anybody."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from ingest.models.evidence import Statement, StripeEvent
from ingest.models.facts import Fact, Subject
from resolvers.context import Access

PATIENCE_S = 2.0
"""After this the answer shows the ledger as it is; the settler goes on."""
_FIRST_S, _LAST_S = 0.005, 0.1


@dataclass(frozen=True, slots=True)
class Said:
    """A statement that was kept: its number and the customer that it speaks of."""

    id: int
    external_id: str | None


async def until_settled(access: Access, said: Said) -> None:
    """Until the statement is in the ledger, with the customer and the payment that it bears on; or until patience ends."""

    async def done() -> bool:
        owned: dict[str, Any] = {"workspace_id": access.workspace_id, "livemode": access.livemode}
        if not await Statement.exists(id=said.id, settled=True, **owned):
            return await Statement.exists(id=said.id, attempts__gt=0, **owned)
        payments = await Fact.filter(statement_id=said.id, **owned).values_list("payment_id", flat=True)
        if await Subject.exists(id__in=list(payments), dirty=True, **owned):
            return False
        return said.external_id is None or not await Subject.exists(key=f"ext:{said.external_id}"[:400], dirty=True, **owned)

    await _until(done)


async def until_read(access: Access, event_id: int) -> None:
    """Until the settler has come to this event again."""

    async def done() -> bool:
        return not await StripeEvent.exists(id=event_id, state="stored", workspace_id=access.workspace_id, livemode=access.livemode)

    await _until(done)


async def until_folded(access: Access, payment_id: str) -> None:
    """Until nothing is left to do for this payment."""

    async def done() -> bool:
        return not await Subject.exists(id=payment_id, dirty=True, workspace_id=access.workspace_id, livemode=access.livemode)

    await _until(done)


async def _until(done: Callable[[], Awaitable[bool]]) -> None:
    pause = _FIRST_S
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not await done():
                await asyncio.sleep(pause)
                pause = min(pause * 1.5, _LAST_S)
    except TimeoutError:
        return
