"""SQLite for Tortoise, as a server needs it: transactions that take the write lock when they begin, and that fail cleanly.

Tortoise sends a bare BEGIN, which takes the lock at the first write; two writers that have both read then cannot both go on, and one
fails at once whatever the busy timeout. BEGIN IMMEDIATE waits its turn instead. Source: https://www.sqlite.org/lang_transaction.html
And where a transaction cannot begin, or the first connection cannot be made, Tortoise keeps its own lock: everybody waits for ever.
"""

import asyncio
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, TypeVar

from tortoise.backends.base.client import ConnectionWrapper, NestedTransactionContext, TransactionalDBClient, TransactionContext
from tortoise.backends.sqlite.client import SqliteClient, SqliteTransactionContext, SqliteTransactionWrapper
from tortoise.connection import get_connections
from tortoise.exceptions import IntegrityError, OperationalError

T = TypeVar("T")


class ImmediateTransaction(SqliteTransactionWrapper):
    """A transaction that holds the write lock from its first moment."""

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

    async def create_connection(self, with_db: bool) -> None:
        """A new file is its owner's alone: e-mails and webhook secrets lie in it. SQLite gives the files beside it the same mode."""
        if self._connection is None and self.filename != ":memory:":
            with suppress(FileExistsError):
                os.close(os.open(self.filename, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        await super().create_connection(with_db)

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

    async def execute_many(self, query: str, values: list[Any]) -> None:
        """In a transaction of ours: Tortoise's stays open, and swallows what comes after, where its caller is cancelled."""
        async with self._in_transaction() as transaction:
            await transaction.execute_many(query, values)

    def acquire_connection(self) -> ConnectionWrapper[Any]:
        return ReleasingWrapper(self._lock, self)

    def _in_transaction(self) -> TransactionContext:
        return ReleasingContext(ImmediateTransaction(self), self._lock)


client_class = ImmediateClient
