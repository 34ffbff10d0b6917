"""What a process hears of: changes of the ledger, and clicks. One for each server; on PostgreSQL the processes wake each other."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from ingest.arrivals import Arrivals
from ingest.changes import Changes
from ingest.notices import Notices


class Feed:
    """`changes` and `clicks`, to be followed while `run` does."""

    def __init__(self, connect: Callable[[], Awaitable[Any]] | None = None) -> None:
        """`connect` makes a connection to listen on; None where this process is alone with its database."""
        self.changes, self.clicks = Changes(), Arrivals()
        self._notices: Notices | None = None
        if connect is not None:
            self._notices = Notices(connect, on_changed=self.changes.wake, on_clicks=self.clicks.tell)
            self.clicks.on_late = self._notices.clicks

    async def settled(self) -> None:
        """This process settled something."""
        self.changes.wake()
        if self._notices is not None:
            self._notices.changed()

    async def run(self) -> None:
        """Keep hearing; goes on until it is cancelled."""
        async with asyncio.TaskGroup() as loops:
            loops.create_task(self.changes.run())
            loops.create_task(self.clicks.run())
            if self._notices is not None:
                loops.create_task(self._notices.run())
