"""Work beside the requests: loops that run for the server's life, are started again when they fall, and stop with it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager

import structlog

Loop = Callable[[], Awaitable[None]]
LONGEST_PAUSE_SECONDS = 60.0
PATIENCE_SECONDS = 0.5
_log = structlog.get_logger("background")


class Background:
    """Named loops of one server."""

    def __init__(self) -> None:
        self._fallen: dict[str, bool] = {}

    def alive(self) -> Mapping[str, bool]:
        """Each loop's name, and whether it runs now (not ended, and not resting after a fall)."""
        return {name: not fallen for name, fallen in self._fallen.items()}

    @asynccontextmanager
    async def running(self, loops: Mapping[str, Loop]) -> AsyncIterator[None]:
        """The loops run for the length of the block; at its end each is cancelled and awaited."""
        tasks = [asyncio.create_task(self._kept(name, loop), name=name) for name, loop in loops.items()]
        try:
            yield
        finally:
            await _ended(tasks)

    async def _kept(self, name: str, loop: Loop) -> None:
        pause = 1.0
        while True:
            self._fallen[name] = False
            try:
                await loop()
            except Exception:
                _log.exception("fell", loop=name, again_in_seconds=pause)
            self._fallen[name] = True
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)


async def _ended(tasks: Iterable[asyncio.Task[None]]) -> None:
    """Cancel until each has ended: what a loop waits for may swallow a cancellation that comes as it is answered."""
    running = {task for task in tasks if not task.done()}
    while running:
        for task in running:
            task.cancel()
        _, running = await asyncio.wait(running, timeout=PATIENCE_SECONDS)
