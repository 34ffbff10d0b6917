"""What a process hears of: changes of the ledger, and clicks. One for each server; on PostgreSQL the processes wake each other."""

from collections.abc import Awaitable, Callable
from typing import Any

from ingest.arrivals import Arrivals
from ingest.changes import Changes
from ingest.notices import Notices

Loop = Callable[[], Awaitable[None]]


class Feed:
    """`changes` and `clicks`, to be followed while the `loops` run."""

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

    def loops(self) -> dict[str, Loop]:
        """What must run, by name."""
        always: dict[str, Loop] = {"changes": self.changes.run, "arrivals": self.clicks.run}
        return always if self._notices is None else {**always, "notices": self._notices.run}
