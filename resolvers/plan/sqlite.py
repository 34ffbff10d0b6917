"""Reading SQLite on the event loop itself, where a thread would cost more than the statement: but only as long as a statement is short.

Each request has a connection of its own while it lasts, which sees one state of the database throughout. A statement that takes too
long is stopped and begun again on a thread, and its text remembered, so that no reader holds up the others for more than milliseconds.
To begin at a state takes locks of the file, half the time of one sale by id; requests that are answered within one turn of the loop share
it. Nobody sees less than they could know of: whoever wrote is told so in a later turn.
"""

import asyncio
import sqlite3
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from weakref import WeakKeyDictionary

SHORT_S = 0.005
"""Time of the processor that a statement may take on the loop."""
STEPS = 10_000
"""Of SQLite's machine, between two looks at the clock."""
THREADS = 4
_REMEMBERED = 1_000
_PRAGMAS = ("query_only = ON", "cache_size = -16000", "mmap_size = 268435456")
_threads = ThreadPoolExecutor(THREADS, "reading")


class Timed(sqlite3.Connection):
    """A connection whose statements are stopped when they have taken too long.

    The clock of a thread is a call of the system's, which cost more than a short statement: it is first looked at after so many steps.
    """

    _until: float | None = None

    def started(self) -> None:
        self._until = None

    def watched(self) -> None:
        self.set_progress_handler(self._is_over, STEPS)

    def _is_over(self) -> bool:
        if self._until is None:
            self._until = time.thread_time() + SHORT_S
        return time.thread_time() > self._until

    def freed(self) -> None:
        self.set_progress_handler(None, 0)


class Readers:
    """Open connections to one file that nobody reads from now, and the texts that take long."""

    def __init__(self, path: str) -> None:
        self._path, self._free, self._slow = path, list[Timed](), set[str]()
        self._ending: asyncio.Handle | None = None
        self._turn = 0

    def __del__(self) -> None:
        for connection in self._free:
            connection.close()

    def taken(self) -> "Reader":
        """A connection for one request, at the state of its first statement, or of this turn's."""
        connection = self._free.pop() if self._free else self._opened()
        if not connection.in_transaction:
            connection.execute("BEGIN")
        if self._ending is None:
            self._ending = asyncio.get_running_loop().call_soon(self._end)
        return Reader(self, connection, self._turn)

    def _opened(self) -> Timed:
        connection = sqlite3.connect(
            self._path, timeout=0, isolation_level=None, check_same_thread=False, cached_statements=512, factory=Timed
        )
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        connection.watched()
        return connection

    def give_back(self, connection: Timed, turn: int) -> None:
        """A state of another turn is left: whoever asks in this one may have been told of a write since."""
        if turn != self._turn:
            connection.execute("COMMIT")
        self._free.append(connection)

    def _end(self) -> None:
        """Leave the state of this turn."""
        self._ending = None
        self._turn += 1
        for connection in self._free:
            if connection.in_transaction:
                connection.execute("COMMIT")

    def is_slow(self, text: str) -> bool:
        return text in self._slow

    def note_slow(self, text: str) -> None:
        if len(self._slow) < _REMEMBERED:
            self._slow.add(text)


class Reader:
    """One request's connection."""

    def __init__(self, readers: Readers, connection: Timed, turn: int) -> None:
        self._readers, self._connection, self._turn, self._lost = readers, connection, turn, False

    async def fetch(self, text: str, values: Sequence[Any]) -> list[Any]:
        if not self._readers.is_slow(text):
            self._connection.started()
            try:
                return self._connection.execute(text, values).fetchall()
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF not in {sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_BUSY}:
                    raise
                if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
                    self._readers.note_slow(text)
        return await self._aside(lambda: self._connection.execute(text, values).fetchall())

    async def _aside(self, fetch: Callable[[], list[Any]]) -> list[Any]:
        self._connection.freed()
        self._connection.execute("PRAGMA busy_timeout = 5000")
        reading = asyncio.get_running_loop().run_in_executor(_threads, fetch)
        try:
            found = await asyncio.shield(reading)
        except asyncio.CancelledError:
            self._lost = True
            self._connection.interrupt()
            reading.add_done_callback(self._closed)
            raise
        self._connection.execute("PRAGMA busy_timeout = 0")
        self._connection.watched()
        return found

    def _closed(self, reading: "asyncio.Future[Any]") -> None:
        reading.exception()  # it was interrupted, and nobody waits for it
        self._connection.close()

    def release(self) -> None:
        if not self._lost:
            self._readers.give_back(self._connection, self._turn)


_readers: "WeakKeyDictionary[Any, Readers]" = WeakKeyDictionary()


def readers(client: Any) -> Readers:
    """The readers beside a client's own connection, which writes."""
    found = _readers.get(client)
    if found is None:
        found = _readers[client] = Readers(client.filename)
    return found
