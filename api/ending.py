"""The moment at which the server is told to stop: answers that would never end, end then.

Uvicorn tells the application only once all answers have ended, and until then waits for them.
"""

import asyncio
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGTERM, signal.SIGINT)


@contextmanager
def noticed(ending: asyncio.Event) -> Iterator[None]:
    """For the length of the block, set `ending` when a signal comes that the server itself takes, and let the server take it.

    A signal that nobody but Python takes is left alone, and so is every one where this is not the process's main thread.
    """
    before = {name: signal.getsignal(name) for name in SIGNALS} if threading.current_thread() is threading.main_thread() else {}
    taken = {name: handler for name, handler in before.items() if callable(handler) and handler is not signal.default_int_handler}
    loop = asyncio.get_running_loop()

    def notice(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(ending.set)
        taken[signal.Signals(number)](number, frame)

    for name in taken:
        signal.signal(name, notice)
    try:
        yield
    finally:
        for name, handler in taken.items():
            if signal.getsignal(name) is notice:
                signal.signal(name, handler)
