"""Wake-ups between processes: heard by the others and not by oneself, and heard again after the connection was lost."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest

from api import database
from ingest import notices
from ingest.arrivals import Arrived
from ingest.notices import Notices
from tests.talking import until


@pytest.fixture
def engine() -> str:
    """Only PostgreSQL has them."""
    return "postgres"


class Process:
    """What stands for another process."""

    def __init__(self, connect: Callable[[], Awaitable[Any]]) -> None:
        self.woken, self.clicks = 0, asyncio.Queue[list[Arrived]]()
        self.notices = Notices(connect, on_changed=self._wake, on_clicks=self.clicks.put_nowait)

    def _wake(self) -> None:
        self.woken += 1


async def test_notices_reach_the_others_and_come_again_after_the_connection_is_lost(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notices, "SOONEST_S", 0.05)
    made: list[asyncpg.Connection] = []

    async def connect() -> Any:
        made.append(await database.listening(database_url))
        return made[-1]

    speaker, hearer = Process(connect), Process(connect)
    running = [asyncio.create_task(process.notices.run()) for process in (speaker, hearer)]
    await until(lambda: speaker.woken == hearer.woken == 1)  # each looks when it begins to listen

    click = Arrived(7, "0000000000Click1", datetime.fromtimestamp(1_700_000_000, UTC))
    speaker.notices.changed()
    speaker.notices.clicks([click])
    await until(lambda: hearer.woken == 2)
    assert await asyncio.wait_for(hearer.clicks.get(), 5) == [click]
    assert speaker.woken == 1

    for connection in made:
        connection.terminate()
    await until(lambda: hearer.woken == 3 and speaker.woken == 2)
    speaker.notices.changed()
    await until(lambda: hearer.woken == 4)
    for task in running:
        task.cancel()
