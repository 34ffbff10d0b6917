"""The settler: turns stored evidence into the ledger, a batch at a time, for every workspace and mode that has something waiting."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from tortoise.transactions import in_transaction

from ingest.settle import batch
from ingest.settle.scope import Scope

_log = structlog.get_logger("clickledger.settler")
_WAITING = """
SELECT workspace_id, livemode FROM stripe_event WHERE state = 'stored'
UNION SELECT workspace_id, livemode FROM stripe_event WHERE state = 'failed' AND next_try_at <= {now}
UNION SELECT workspace_id, livemode FROM statement WHERE settled = false AND (next_try_at IS NULL OR next_try_at <= {now})
UNION SELECT workspace_id, livemode FROM subject WHERE dirty = true AND (next_try_at IS NULL OR next_try_at <= {now})
UNION SELECT l.workspace_id, l.livemode FROM lookup l JOIN click c ON c.id = substr(l.key, 7) AND c.bot = false
WHERE l.awaited = true AND l.key LIKE 'click:%'
"""
_NOW = {"sqlite": "strftime('%Y-%m-%d %H:%M:%f', 'now') || '+00:00'", "postgres": "now()"}


async def waiting() -> list[Scope]:
    """The workspaces and modes in which something can be settled now."""
    async with in_transaction() as connection:
        now = _NOW["sqlite" if connection.capabilities.dialect == "sqlite" else "postgres"]
        rows = await connection.execute_query_dict(_WAITING.format(now=now))
    return sorted({Scope(row["workspace_id"], bool(row["livemode"])) for row in rows}, key=lambda scope: scope.lock)


async def settle_everything() -> int:
    """Settle until nothing waits that can be settled now, and return how much was done."""
    total = 0
    while scopes := await waiting():
        done = sum([await _drain(scope) for scope in scopes])
        if not done:
            break
        total += done
    return total


async def _drain(scope: Scope) -> int:
    total = 0
    while done := await batch.settle(scope):
        total += done
    return total


class Settler:
    """The loop that a server runs. `wake` after a commit settles at once; a slow poll stands behind it for what other processes stored."""

    def __init__(self, *, poll_seconds: float = 1.0, after: Callable[[], Awaitable[None]] | None = None) -> None:
        self._poll_seconds = poll_seconds
        self._after = after
        self._woken = asyncio.Event()
        self.failures = 0
        """Passes in a row that failed as a whole: the database is away."""

    def wake(self) -> None:
        """Something was stored."""
        self._woken.set()

    async def run(self) -> None:
        """Settle whenever woken, and every `poll_seconds`; goes on until it is cancelled."""
        while True:
            self._woken.clear()
            await self._pass()
            try:
                await asyncio.wait_for(self._woken.wait(), self._poll_seconds)
            except TimeoutError:
                continue

    async def _pass(self) -> None:
        try:
            done = await settle_everything()
        except Exception as error:  # the loop outlives a database that is away for a while
            self.failures += 1
            _log.warning("settling failed", error=type(error).__name__, failures=self.failures)
        else:
            self.failures = 0
            if done and self._after:
                await self._after()
