"""SQLite for Tortoise, as a server needs it: transactions that take the write lock when they begin.

Tortoise sends a bare BEGIN, which takes the lock at the first write; two writers that have both read then cannot both go on, and one
fails at once whatever the busy timeout. BEGIN IMMEDIATE waits its turn instead. Source: https://www.sqlite.org/lang_transaction.html
"""

import sqlite3
from typing import Any

from tortoise.backends.base.client import NestedTransactionContext, TransactionContext
from tortoise.backends.sqlite.client import SqliteClient, SqliteTransactionContext, SqliteTransactionWrapper
from tortoise.exceptions import OperationalError


class ImmediateTransaction(SqliteTransactionWrapper):
    """A transaction that holds the write lock from its first moment."""

    async def begin(self) -> None:
        try:
            await self._connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            raise OperationalError(error) from error

    def _in_transaction(self) -> TransactionContext:
        return NestedTransactionContext(ImmediateTransaction(self))


class ImmediateClient(SqliteClient):
    """The connection that Tortoise uses for a `sqlite://` address."""

    def __init__(self, file_path: str, **kwargs: Any) -> None:
        super().__init__(file_path, **kwargs)
        self.pragmas.setdefault("busy_timeout", 10_000)
        self.pragmas.setdefault("synchronous", "FULL")

    def _in_transaction(self) -> TransactionContext:
        return SqliteTransactionContext(ImmediateTransaction(self), self._lock)


client_class = ImmediateClient
