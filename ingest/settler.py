"""The settler: turns stored evidence into the ledger, a batch at a time, for every workspace and mode that has something waiting."""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress

import structlog

from ingest.settle import batch, due
from ingest.settle.scope import Scope

THOROUGH_S, EVERY_S = 60.0, 3_600.0
"""How long a server looks thoroughly for awaited clicks when one may have come late, and after how long it does so in any case."""
FEW, LONGEST_REST_S = 50, 0.25
"""A batch of few pieces costs nearly as much as one of many: after one, a server rests, and what comes meanwhile goes together."""
ON_SQLITE, ELSEWHERE = 3.0, 1.0
"""How many times as long it rests as that took. On SQLite all who write wait for a batch: four clients are answered 1.25 times as often
where it rests three times as long as where it rests once; on PostgreSQL that would gain little, and triple the lag."""
MANY, GIVEN_WAY, LONGEST_WAY_S = 6, 4.0, 1.0
"""Where more than so many wait for an answer at a time, it rests so many times as long as a batch took, whatever its size: they come first,
since an event is safe when it is answered, and Stripe sends again what is answered late. All are settled as soon either way: the answers
and the batches are the same work. A fifth of the time is the settler's however long that lasts."""
TURN_S = 0.5
"""How long one workspace and mode is settled before the next has its turn."""
SELDOM = 20
"""To look what waits anywhere takes a twentieth of the time at most: of a million events that takes a fifth of a second."""
_log = structlog.get_logger("clickledger.settler")
Settled = Callable[[int, float], Awaitable[None]]
"""Is told how much a batch did, and the seconds that it took."""


async def _go_on(_done: int, _seconds: float) -> None:
    """At once."""


async def settle_everything(thorough: Callable[[], bool] = lambda: True, settled: Settled = _go_on) -> int:
    """Settle until nothing waits that can be settled now, and return how much was done.

    `thorough` is asked again and again, whether to look for every awaited click. `settled` is awaited after each batch that did something.
    """
    total = 0
    while scopes := await due.anywhere(thorough=thorough()):
        done = sum([(await settle_here(scope, thorough, settled))[0] for scope in scopes])
        if not done:
            break
        total += done
    return total


async def settle_here(
    scope: Scope, thorough: Callable[[], bool] = lambda: True, settled: Settled = _go_on, *, seconds: float = math.inf
) -> tuple[int, bool]:
    """The same of one workspace and mode, for about so long: how much was done, and whether time was up while more waited.

    While another settler is at it nothing is done: who has the lease looks again when a batch is done.
    """
    total, until = 0, time.monotonic() + seconds
    while done := await _batch(scope, thorough=thorough(), settled=settled):
        total += done
        if done < FEW and not await due.here(scope, thorough=thorough()):  # one statement says so, where a batch of none would take many
            break
        if time.monotonic() >= until:
            return total, True
    return total, False


async def _batch(scope: Scope, *, thorough: bool, settled: Settled) -> int:
    began = time.monotonic()
    done = await batch.settle(scope, thorough=thorough)
    if done:
        await settled(done, time.monotonic() - began)
    return done


class Settler:
    """The loop that a server runs. `wake` after a commit settles at once; a slow poll stands behind it for what other processes stored.

    Only the poll asks what waits anywhere, which costs more the more that is: not each of many events while a backlog is worked off. And
    nobody waits for the backlog of another: workspaces and modes take turns.
    """

    def __init__(
        self,
        *,
        poll_seconds: float = 1.0,
        rest: float = ELSEWHERE,
        waiting: Callable[[], int] = lambda: 0,
        after: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._poll_seconds, self._rest = poll_seconds, rest
        self._waiting, self._after = waiting, after
        self._woken, self._named = asyncio.Event(), set[Scope]()
        self._anywhere, self._look_at = True, 0.0
        self._late_at = 0.0
        self.failures = 0
        """Passes in a row that failed as a whole: the database is away."""

    def wake(self, *scopes: Scope) -> None:
        """Something was stored there; where no workspace and mode is named, anywhere."""
        self._named.update(scopes)
        self._anywhere = self._anywhere or not scopes
        self._woken.set()

    def wake_for_late_clicks(self) -> None:
        """Clicks were committed long after their time: somebody may have looked for them and given up."""
        self._late_at = time.monotonic()
        self.wake()

    def _thorough(self) -> bool:
        """For a while after late clicks, and so often again.

        One look would not do: another process may have the lease just then, and in its batch a look-up not yet committed. A start counts
        as late clicks, for whoever stored some and died before the wake; so does a failure, since they come when the database is back. The
        look of every hour stands behind both, as where other processes keep the lease for as long as this one looks.
        """
        return (time.monotonic() - self._late_at) % EVERY_S < THOROUGH_S

    async def run(self) -> None:
        """Settle whenever woken, and everywhere every `poll_seconds`; goes on until it is cancelled."""
        self._late_at = time.monotonic()
        while True:
            self._woken.clear()
            await self._pass()
            if self._named:  # they had a turn, and are not done
                continue
            with suppress(TimeoutError):
                async with asyncio.timeout(self._poll_seconds):  # wait_for can swallow a cancellation before Python 3.12
                    await self._woken.wait()

    async def _pass(self) -> None:
        """One turn for each workspace and mode of which it is known that something waits there."""
        try:
            if self._anywhere or time.monotonic() >= self._look_at:
                await self._look()
            named, self._named = sorted(self._named, key=lambda scope: scope.lock), set()
            for scope in named:
                _, more = await settle_here(scope, self._thorough, self._settled, seconds=TURN_S)
                if more:
                    self._named.add(scope)
        except Exception as error:  # the loop outlives a database that is away for a while
            self.failures += 1
            self._late_at, self._named = time.monotonic(), set()
            _log.warning("settling failed", error=type(error).__name__, failures=self.failures)
        else:
            self.failures = 0

    async def _look(self) -> None:
        """What waits anywhere joins those who are named; where to look takes long, it is done seldom."""
        self._anywhere, began = False, time.monotonic()
        self._named.update(await due.anywhere(thorough=self._thorough()))
        took = time.monotonic() - began
        self._look_at = began + max(self._poll_seconds, SELDOM * took)

    async def _settled(self, done: int, seconds: float) -> None:
        """Tell who follows, and let what comes meanwhile go together; those who wait for an answer go first where they are many."""
        if self._after:
            await self._after()
        if self._waiting() > MANY:
            await asyncio.sleep(min(GIVEN_WAY * seconds, LONGEST_WAY_S))
        elif done < FEW:
            await asyncio.sleep(min(self._rest * seconds, LONGEST_REST_S))
