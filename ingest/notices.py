"""Wake-ups across processes, on PostgreSQL: LISTEN and NOTIFY over one connection that does nothing else.

They only make things quick. Nobody may rely on one: a poll of what they speak of stands behind each, but for late clicks, which are named.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson
import structlog

from ingest.arrivals import Arrived

CHANGED, LATE_CLICKS = "clickledger_changed", "clickledger_late_clicks"
SOONEST_S, LATEST_S = 0.5, 30.0
"""Pauses before another connection is tried."""
NAMED = 100
"""Clicks to one notice, whose text may have 8,000 bytes."""
BACKLOG = 1_000
"""Notices that may wait while the connection is away; more are dropped."""
_log = structlog.get_logger("clickledger.notices")


class Notices:
    """This process's connection. `connect` makes an asyncpg connection; what others tell is handed to the two callbacks."""

    def __init__(
        self, connect: Callable[[], Awaitable[Any]], *, on_changed: Callable[[], None], on_clicks: Callable[[list[Arrived]], None]
    ) -> None:
        self._connect, self._on_changed, self._on_clicks = connect, on_changed, on_clicks
        self._outgoing: asyncio.Queue[tuple[str, str]] = asyncio.Queue(BACKLOG)
        self._changed = False

    def changed(self) -> None:
        """Tell the others that something was settled."""
        if not self._changed:  # one empty notice says as much as many
            self._changed = self._put(CHANGED, "")

    def clicks(self, late: Sequence[Arrived]) -> None:
        """Tell the others of clicks that they would not find."""
        for start in range(0, len(late), NAMED):
            named = [(click.workspace_id, click.id, int(click.clicked_at.timestamp())) for click in late[start : start + NAMED]]
            self._put(LATE_CLICKS, orjson.dumps(named).decode())

    def _put(self, channel: str, text: str) -> bool:
        if self._outgoing.full():
            return False
        self._outgoing.put_nowait((channel, text))
        return True

    async def run(self) -> None:
        """Keep the connection; goes on until it is cancelled."""
        pause = SOONEST_S
        while True:
            try:
                connection = await self._connect()
            except Exception as error:  # whatever is wrong with the server, the polls go on and this tries again
                _log.warning("no connection to listen on", error=type(error).__name__, again_in_seconds=pause)
                await asyncio.sleep(pause)
                pause = min(pause * 2, LATEST_S)
                continue
            pause = SOONEST_S
            try:
                await self._speak(connection)
            except Exception as error:
                _log.warning("the connection to listen on was lost", error=type(error).__name__)
                await asyncio.sleep(pause)
            finally:
                connection.terminate()

    async def _speak(self, connection: Any) -> None:
        """Listen, and send what is to be told, until the connection ends."""
        ended = asyncio.Event()
        connection.add_termination_listener(lambda _: ended.set())
        await connection.add_listener(CHANGED, self._hear)
        await connection.add_listener(LATE_CLICKS, self._hear)
        self._on_changed()  # what was told meanwhile was not heard
        ending = asyncio.create_task(ended.wait())
        try:
            while not ended.is_set():
                getting = asyncio.create_task(self._outgoing.get())
                await asyncio.wait({getting, ending}, return_when=asyncio.FIRST_COMPLETED)
                if not getting.done():
                    getting.cancel()
                    raise ConnectionError
                channel, text = getting.result()
                self._changed = self._changed and channel != CHANGED
                await connection.execute("SELECT pg_notify($1, $2)", channel, text)
        finally:
            ending.cancel()

    def _hear(self, connection: Any, pid: int, channel: str, text: object) -> None:
        if pid == connection.get_server_pid():
            return
        if channel == CHANGED:
            self._on_changed()
        else:
            self._on_clicks(list(_named(str(text))))


def _named(text: str) -> Iterator[Arrived]:
    for workspace_id, name, clicked_at in orjson.loads(text):
        yield Arrived(workspace_id, name, datetime.fromtimestamp(clicked_at, UTC))
