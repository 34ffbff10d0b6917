"""Clicks as they are committed, for who listens now. They are not replayed; each that is committed while one listens is told once.

A click of this process is told by its recorder. Those of other processes are found in the table among the clicks of the last moments; a
click that is committed later than that, from a spool, is told by its recorder to the others by name (`on_late`).
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import structlog

from ingest.errors import Overrun
from ingest.models.evidence import Click

OVERLAP = timedelta(seconds=15)
"""How far back the table is looked at: a flush takes three seconds at most, and machines' clocks differ."""
LATE = OVERLAP / 2
"""A click that is older than this when it is committed is told to the other processes by name."""
BACKLOG = 10_000
"""Clicks that may wait for one listener."""
_log = structlog.get_logger("clickledger.arrivals")


@dataclass(frozen=True, slots=True)
class Arrived:
    """A click that was committed."""

    workspace_id: int
    id: str
    clicked_at: datetime


@dataclass(eq=False, slots=True)
class _Listener:
    waiting: list[str] = field(default_factory=list)
    behind: bool = False
    something: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self, ids: Sequence[str]) -> None:
        self.behind = self.behind or len(self.waiting) + len(ids) > BACKLOG
        if not self.behind:
            self.waiting += ids
        self.something.set()


@dataclass(eq=False, slots=True)
class _Heard:
    """The clicks of one workspace that were told, or were there before anybody listened: each with the moment it may be forgotten."""

    listeners: set[_Listener] = field(default_factory=set)
    until: dict[str, float] = field(default_factory=dict)

    def new(self, clicks: Iterable[Arrived]) -> list[str]:
        """Those of them that are new here."""
        now = time.time()
        found = [click for click in clicks if click.id not in self.until]
        self.until |= {click.id: max(now, click.clicked_at.timestamp()) + 3 * OVERLAP.total_seconds() for click in found}
        return [click.id for click in found]

    def forget(self) -> None:
        now = time.time()
        self.until = {name: until for name, until in self.until.items() if until > now}


class Arrivals:
    """The workspaces whose clicks somebody in this process listens for."""

    def __init__(self, *, poll_seconds: float = 1.0, on_late: Callable[[Sequence[Arrived]], None] = lambda _: None) -> None:
        self._poll_seconds, self.on_late = poll_seconds, on_late
        self._heard: dict[int, _Heard] = {}

    def stored(self, clicks: Sequence[Arrived]) -> None:
        """This process committed them."""
        self.tell(clicks)
        limit = datetime.now(UTC) - LATE
        if late := [click for click in clicks if click.clicked_at < limit]:
            self.on_late(late)

    def tell(self, clicks: Iterable[Arrived]) -> None:
        """They were committed, by whomever."""
        if not self._heard:
            return
        by_workspace: dict[int, list[Arrived]] = {}
        for click in clicks:
            by_workspace.setdefault(click.workspace_id, []).append(click)
        for workspace_id in by_workspace.keys() & self._heard.keys():
            heard = self._heard[workspace_id]
            if new := heard.new(by_workspace[workspace_id]):
                for listener in heard.listeners:
                    listener.tell(new)

    async def run(self) -> None:
        """Look for what other processes committed; goes on until it is cancelled."""
        while True:
            await asyncio.sleep(self._poll_seconds)
            try:
                for workspace_id in list(self._heard):
                    self.tell(await _recent(workspace_id))
                    if workspace_id in self._heard:
                        self._heard[workspace_id].forget()
            except Exception as error:  # the loop outlives a database that is away for a while
                _log.warning("clicks could not be looked for", error=type(error).__name__)

    async def follow(self, workspace_id: int) -> AsyncIterator[list[str]]:
        """The ids of clicks as they are committed from now on, for ever.

        Raises:
            Overrun: more than BACKLOG of them wait.
        """
        listener = _Listener()
        before = await _recent(workspace_id)
        heard = self._heard.setdefault(workspace_id, _Heard())
        if not heard.listeners:
            heard.new(before)
        heard.listeners.add(listener)
        try:
            while True:
                await listener.something.wait()
                listener.something.clear()
                if listener.behind:
                    raise Overrun(BACKLOG)
                ids, listener.waiting = listener.waiting, []
                yield ids
        finally:
            heard.listeners.discard(listener)
            if not heard.listeners:
                self._heard.pop(workspace_id, None)


async def _recent(workspace_id: int) -> list[Arrived]:
    since = datetime.now(UTC) - OVERLAP
    rows = await Click.filter(workspace_id=workspace_id, clicked_at__gte=since).order_by("clicked_at", "id").values_list("id", "clicked_at")
    return [Arrived(workspace_id, name, clicked_at) for name, clicked_at in rows]
