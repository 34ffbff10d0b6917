"""Deadlines: so many seconds for each of many things at once, by one timer for all of them.

`asyncio.timeout` sets a timer for each block and takes it away again, which costs a quick answer a tenth of its time. All blocks of one
`Deadlines` have equally long, so the first to begin is the first to be late, and one timer for it is enough.
"""

import asyncio
from types import TracebackType


class Deadlines:
    """Blocks of so many seconds each: `async with deadlines.within(): …`"""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._running: dict[Within, None] = {}
        self._timer: asyncio.TimerHandle | None = None

    def within(self) -> "Within":
        """A block that raises TimeoutError where it takes longer."""
        return Within(self)

    def begin(self, block: "Within") -> None:
        loop = asyncio.get_running_loop()
        block.late_at = loop.time() + self.seconds
        self._running[block] = None
        if self._timer is None:
            self._timer = loop.call_at(block.late_at, self._look)

    def end(self, block: "Within") -> None:
        self._running.pop(block, None)

    def _look(self) -> None:
        """Stop what is late; look again when the next one would be."""
        loop = asyncio.get_running_loop()
        self._timer = None
        for block in list(self._running):
            if block.late_at > loop.time():
                self._timer = loop.call_at(block.late_at, self._look)
                return
            self.end(block)
            block.stop()


class Within:
    """One such block. It is stopped by cancelling its task, and knows its own cancelling from anybody else's."""

    __slots__ = ("_cancelling", "_deadlines", "_stopped", "_task", "late_at")

    def __init__(self, deadlines: Deadlines) -> None:
        self._deadlines, self._stopped = deadlines, False
        self.late_at = 0.0

    async def __aenter__(self) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._task, self._cancelling = task, task.cancelling()
        self._deadlines.begin(self)

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._deadlines.end(self)
        if self._stopped and self._task.uncancel() <= self._cancelling and kind is asyncio.CancelledError:
            raise TimeoutError from error

    def stop(self) -> None:
        self._stopped = True
        self._task.cancel()
