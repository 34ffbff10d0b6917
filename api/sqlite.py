"""SQLite for Tortoise, as a server needs it: transactions that take the write lock when they begin, and that fail cleanly.

Tortoise sends a bare BEGIN, which takes the lock at the first write; two writers that have both read then cannot both go on, and one
fails at once whatever the busy timeout. BEGIN IMMEDIATE waits its turn instead. Source: https://www.sqlite.org/lang_transaction.html
And where a transaction cannot begin, or the first connection cannot be made, Tortoise keeps its own lock: everybody waits for ever.
"""

import asyncio
import os
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeVar

import aiosqlite
from tortoise.backends.base.client import ConnectionWrapper, NestedTransactionContext, TransactionalDBClient, TransactionContext
from tortoise.backends.sqlite.client import SqliteClient, SqliteTransactionContext, SqliteTransactionWrapper
from tortoise.connection import get_connections
from tortoise.exceptions import IntegrityError, OperationalError

T = TypeVar("T")
TURN_S = 0.002
"""How long statements that run on the loop may follow each other before what else waits there has its turn."""
TRY_MS = 500
"""How long one try to migrate waits for the file's lock: nothing else is heard meanwhile, not even Ctrl-C."""


class ImmediateTransaction(SqliteTransactionWrapper):
    """A transaction that holds the write lock from its first moment."""

    _turn_began: float | None = None

    def stay_on_the_loop(self) -> None:
        """Run its statements where they are asked, and not on the connection's thread: for one that makes many of some microseconds each.

        A turn to the thread and back takes longer than such a statement, and under load several times as long. To begin and to commit,
        which wait for locks and disks, it still goes there.
        """
        self._turn_began = time.monotonic()

    async def execute_query(self, query: str, values: list[Any] | None = None) -> tuple[int, Any]:
        if self._turn_began is None:
            found: tuple[int, Any] = await super().execute_query(query, values)
            return found
        return await self._here(_queried, query, values)

    async def execute_query_dict(self, query: str, values: list[Any] | None = None) -> list[dict[str, Any]]:
        if self._turn_began is None:
            found: list[dict[str, Any]] = await super().execute_query_dict(query, values)
            return found
        return [dict(row) for row in (await self._here(_queried, query, values))[1]]

    async def execute_many(self, query: str, values: list[Any]) -> None:
        if self._turn_began is None:
            await super().execute_many(query, values)
        else:
            await self._here(sqlite3.Connection.executemany, query, values)

    async def _here(self, work: Callable[[sqlite3.Connection, str, Any], T], query: str, values: Any) -> T:
        if self._turn_began is not None and time.monotonic() > self._turn_began + TURN_S:
            await asyncio.sleep(0)
            self._turn_began = time.monotonic()
        try:
            return work(self._connection._conn, query, values)
        except sqlite3.IntegrityError as error:
            raise IntegrityError(error) from error
        except sqlite3.OperationalError as error:
            raise OperationalError(error) from error

    async def begin(self) -> None:
        try:
            await self._connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            raise OperationalError(error) from error
        except asyncio.CancelledError:
            await self._connection.rollback()  # the statement is queued and will run: undo it before anybody else's
            raise

    async def commit(self) -> None:
        try:
            await super().commit()
        except sqlite3.OperationalError as error:  # such as a full disk: the transaction is still open
            await self._connection.rollback()
            self._finalized = True
            raise OperationalError(error) from error

    async def execute_script(self, query: str) -> None:
        """Each statement by itself: `executescript` would commit the transaction first."""
        for statement in statements(query):
            await self.execute_query(statement)

    def _in_transaction(self) -> TransactionContext:
        return NestedTransactionContext(ImmediateTransaction(self))


def is_locked(error: OperationalError) -> bool:
    """Whether another connection has the lock that was wanted."""
    cause = error.__cause__
    return isinstance(cause, sqlite3.OperationalError) and cause.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY


def _queried(connection: sqlite3.Connection, query: str, values: list[Any] | None) -> tuple[int, list[Any]]:
    """The rows, and as Tortoise counts them: those that were changed, or were found."""
    before = connection.total_changes
    rows = connection.execute(query, values or ()).fetchall()
    return (connection.total_changes - before) or len(rows), rows


def statements(script: str) -> Iterator[str]:
    """The statements of a script; SQLite itself says where one ends."""
    statement = ""
    for piece in script.split(";"):
        statement += piece + ";"
        if sqlite3.complete_statement(statement):
            if statement.strip(" \t\r\n;"):
                yield statement.strip()
            statement = ""


class ReleasingContext(SqliteTransactionContext):
    """A transaction's block, which gives the connection's lock back however it ends."""

    async def __aenter__(self) -> TransactionalDBClient:
        await self._trxlock.acquire()
        try:
            await self.ensure_connection()
            await self.connection.begin()
        except BaseException:
            self._trxlock.release()
            raise
        self.token = get_connections().set(self.connection_name, self.connection)
        transaction: TransactionalDBClient = self.connection
        return transaction


class ReleasingWrapper(ConnectionWrapper[Any]):
    """The connection for one statement; a connection that cannot be made gives the lock back."""

    async def __aenter__(self) -> Any:
        await self._lock.acquire()
        try:
            await self.ensure_connection()
        except BaseException:
            self._lock.release()
            raise
        return self.connection


def _whole(connection: sqlite3.Connection, work: Callable[[sqlite3.Connection], T]) -> T:
    connection.execute("BEGIN IMMEDIATE")
    try:
        found = work(connection)
        connection.execute("COMMIT")
    except BaseException:
        connection.rollback()
        raise
    return found


class ImmediateClient(SqliteClient):
    """The connection that Tortoise uses for a `sqlite://` address."""

    def __init__(self, file_path: str, **kwargs: Any) -> None:
        super().__init__(file_path, **kwargs)
        self.pragmas.setdefault("busy_timeout", 10_000)
        self.pragmas.setdefault("synchronous", "FULL")
        # 16 MB of log before it is copied into the file: the ends of tables and indexes are copied once for many commits.
        self.pragmas.setdefault("wal_autocheckpoint", "4000")
        # What undoes one statement stays in memory: that of eight clicks outgrows what SQLite keeps there by itself, and was a file.
        self.pragmas.setdefault("temp_store", "MEMORY")
        # Who is erased is gone from free pages, too; some builds of SQLite do so by themselves.
        self.pragmas.setdefault("secure_delete", "ON")

    async def create_connection(self, with_db: bool) -> None:  # noqa: ARG002  # Tortoise's signature
        """A new file is its owner's alone: e-mails and webhook secrets lie in it. SQLite gives the files beside it the same mode."""
        if self._connection is None and self.filename != ":memory:":
            with suppress(FileExistsError):
                os.close(os.open(self.filename, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        if self._connection is None:
            self._connection = await self._opened()
            await self._post_connect()

    async def _opened(self) -> aiosqlite.Connection:
        """As Tortoise opens it, and for any thread: never for two at once, since whoever uses it holds its lock."""
        connection = await aiosqlite.connect(self.filename, isolation_level=None, check_same_thread=False, cached_statements=512)
        connection._conn.row_factory = sqlite3.Row
        for pragma, value in self.pragmas.items():
            await (await connection.execute(f"PRAGMA {pragma}={value}")).close()
        return connection

    async def write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do this on the connection's thread, in a transaction of its own: one turn there and back, where each statement would cost one."""
        async with self.acquire_connection() as connection:
            try:
                found: T = await connection._execute(_whole, connection._conn, work)
            except sqlite3.IntegrityError as error:
                raise IntegrityError(error) from error
            except sqlite3.OperationalError as error:
                raise OperationalError(error) from error
        return found

    @asynccontextmanager
    async def migrating(self) -> AsyncIterator[None]:
        """For the length of the block, outside of a transaction.

        To make an index of millions of rows sorts more than memory holds; and whoever waits for a process that does so tries again
        and again.
        """
        await self._told(temp_store="FILE", busy_timeout=TRY_MS)
        try:
            yield
        finally:
            await self._told(temp_store=self.pragmas["temp_store"], busy_timeout=self.pragmas["busy_timeout"])

    async def _told(self, **pragmas: str | int) -> None:
        for name, value in pragmas.items():
            await self.execute_query(f"PRAGMA {name} = {value}")

    async def execute_many(self, query: str, values: list[Any]) -> None:
        """In a transaction of ours: Tortoise's stays open, and swallows what comes after, where its caller is cancelled."""
        async with self._in_transaction() as transaction:
            await transaction.execute_many(query, values)

    def acquire_connection(self) -> ConnectionWrapper[Any]:
        return ReleasingWrapper(self._lock, self)

    def _in_transaction(self) -> TransactionContext:
        return ReleasingContext(ImmediateTransaction(self), self._lock)


client_class = ImmediateClient
