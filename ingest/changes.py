"""The numbered stream of what changed, followed: whoever names the last number that they have gets every later one, once, in order.

Numbers have no gap and are committed in order, because one settler at a time gives them; so a number is all that a reader must keep.
Old changes are cut off (`ingest.cutting`): who would go on from before that is told so, at once or in the middle.
"""

import asyncio
from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import contextmanager, suppress

import structlog

from ingest.errors import Cut
from ingest.models.ledger import Change
from ingest.settle.scope import Scope

PAGE = 100
"""Changes to one read."""
TOGETHER = 100
"""Workspaces and modes to one look: SQLite takes 500 terms of a compound SELECT."""
_LATEST = "SELECT workspace_id, livemode, seq FROM change WHERE workspace_id = {} AND livemode = {} ORDER BY seq DESC LIMIT 1"
_log = structlog.get_logger("clickledger.changes")


async def head(scope: Scope) -> int:
    """The number of the latest change; 0 before the first."""
    return (await _heads([scope])).get(scope, 0)


async def read(scope: Scope, after: int, *, limit: int = PAGE) -> list[Change]:
    """The changes that follow number `after`, in order.

    Raises:
        Cut: the first of them is no longer kept.
    """
    found = await Change.filter(seq__gt=after, **scope.filter).order_by("seq").limit(limit)
    if found and found[0].seq != after + 1:
        raise Cut(after)
    return found


async def _heads(scopes: Collection[Scope]) -> dict[Scope, int]:
    """The latest number of each that has one: the end of an index, in one statement for all."""
    parts = [f"SELECT * FROM ({_LATEST.format(scope.workspace_id, scope.livemode)}) AS h{place}" for place, scope in enumerate(scopes)]  # noqa: S608  # a number and a truth of ours
    rows = await Change._meta.db.execute_query_dict(" UNION ALL ".join(parts))
    return {Scope(row["workspace_id"], bool(row["livemode"])): row["seq"] for row in rows}


class _Head:
    """How far one stream is known to go, and those who wait for more."""

    def __init__(self) -> None:
        self.readers, self._number, self._moved = 0, 0, asyncio.Event()

    def move(self, number: int) -> None:
        if number > self._number:
            self._number = number
            moved, self._moved = self._moved, asyncio.Event()
            moved.set()

    async def beyond(self, after: int) -> None:
        while self._number <= after:
            await self._moved.wait()


class Changes:
    """The streams that somebody in this process follows: all are looked at when woken, and every `poll_seconds` in any case."""

    def __init__(self, *, poll_seconds: float = 1.0) -> None:
        self._poll_seconds = poll_seconds
        self._woken = asyncio.Event()
        self._followed: dict[Scope, _Head] = {}

    def wake(self) -> None:
        """Something was settled, here or in another process."""
        self._woken.set()

    async def run(self) -> None:
        """Look; goes on until it is cancelled."""
        while True:
            self._woken.clear()
            try:
                await self._look()
            except Exception as error:  # the loop outlives a database that is away for a while
                _log.warning("the stream could not be looked at", error=type(error).__name__)
            with suppress(TimeoutError):
                async with asyncio.timeout(self._poll_seconds):  # wait_for can swallow a cancellation before Python 3.12
                    await self._woken.wait()

    async def _look(self) -> None:
        scopes = list(self._followed)
        for start in range(0, len(scopes), TOGETHER):
            for scope, number in (await _heads(scopes[start : start + TOGETHER])).items():
                if scope in self._followed:
                    self._followed[scope].move(number)

    async def head(self, workspace_id: int, livemode: bool) -> int:
        return await head(Scope(workspace_id, livemode))

    async def reach(self, workspace_id: int, livemode: bool, after: int) -> None:
        """Whether every change after number `after` is kept.

        Raises:
            Cut: it is not.
        """
        await read(Scope(workspace_id, livemode), after, limit=1)

    async def follow(self, workspace_id: int, livemode: bool, after: int) -> AsyncIterator[list[Change]]:
        """Every change after number `after`, for ever, in pages.

        Raises:
            Cut: a reader so slow that what follows was cut off meanwhile.
        """
        scope = Scope(workspace_id, livemode)
        with self._following(scope) as its:
            while True:
                page = await read(scope, after)
                if page:
                    after = page[-1].seq
                    yield page
                else:
                    await its.beyond(after)

    @contextmanager
    def _following(self, scope: Scope) -> Iterator[_Head]:
        its = self._followed.setdefault(scope, _Head())
        its.readers += 1
        try:
            yield its
        finally:
            its.readers -= 1
            if not its.readers:
                del self._followed[scope]
