"""An installation that crashes: a server that can be armed, its traffic, and the audit that must find nothing."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from api.database import connected
from tests.conftest import unstarted
from tests.crash import audit, table
from tests.crash import nursery as nurseries
from tests.crash.nursery import Forked, Nursery
from tests.crash.traffic import Traffic


@dataclass
class Installation:
    """One database, one folder, one server after another."""

    engine: str
    database_url: str
    empty: Path
    server: Forked
    traffic: Traffic = field(default_factory=Traffic)
    kills: int = 0
    losses: list[str] = field(default_factory=list)

    async def start(self, crash_at: str = "", passing: int = 1) -> None:
        """A server, which dies at that boundary."""
        self.server.crash_at, self.server.passing = crash_at, passing
        await asyncio.to_thread(self.server.start)

    async def died(self, within: float = 0.0) -> bool:
        """Whether the server is dead by then. One that killed itself is counted, and its losses are."""
        process = self.server.process
        assert process is not None
        for _ in range(int(within * 50)):
            if process.poll() is not None:
                break
            await asyncio.sleep(0.02)
        if process.poll() is None:
            return False
        assert process.returncode == -9, self.server.log[-4_000:]
        self.server.process = None
        await self._count()
        return True

    async def kill(self) -> None:
        """SIGKILL, now."""
        if not await self.died():
            await asyncio.to_thread(self.server.kill)
            await self._count()

    async def _count(self) -> None:
        self.kills += 1
        self.losses += await audit.lost(self.database_url, self.server.folder, self.traffic)

    async def trickle(self) -> bool:
        """Send what waits one by one, each once the server has settled the one before or died; False where it died."""
        async with connected(self.database_url):
            return await self.traffic.trickle(self.server.url, self._calm)

    async def _calm(self) -> None:
        process = self.server.process
        async with asyncio.timeout(audit.SETTLE_SECONDS):
            while process is not None and process.poll() is None and await audit.is_unsettled(self.server.folder):  # noqa: ASYNC110  # another process
                await asyncio.sleep(0.02)

    async def recover(self) -> None:
        """Start a server that nobody disturbs, come again with all that was not answered, and let it settle."""
        await self.start()
        await self.traffic.everything(self.server.url)
        await self.settle()

    async def settle(self) -> None:
        """Until the running server has nothing left to do."""
        await audit.settled(self.database_url, self.server.folder)

    async def prove(self, what: str) -> None:
        """No loss and no difference; and a line for the table."""
        self.losses += await audit.lost(self.database_url, self.server.folder, self.traffic)
        found = await audit.differences(self.database_url, self.traffic, self.empty, seed=self.kills)
        sums = {"kills": self.kills, "acknowledged": self.traffic.total, "redelivered": self.traffic.redelivered}
        table.note(what, self.engine, **sums, losses=len(self.losses), differences=len(found))
        assert (self.losses, found) == ([], [])


@pytest.fixture(scope="session")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    with nurseries.opened(tmp_path_factory.mktemp("nursery")) as opened:
        yield opened


@pytest.fixture
async def installation(
    engine: str, database_url: str, sqlite_template: Path, tmp_path: Path, nursery: Nursery
) -> AsyncIterator[Installation]:
    """A database with one link, and a server for it that is not started yet."""
    await audit.link(database_url)
    server = Forked(tmp_path, unstarted(tmp_path, database_url).settings, nursery=nursery)
    made = Installation(engine, database_url, sqlite_template, server)
    yield made
    if server.process is not None:
        server.kill()
