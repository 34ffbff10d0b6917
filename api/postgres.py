"""PostgreSQL for Tortoise, as a server needs it: a transaction gives its connection back however it begins and ends.

Tortoise takes a connection from the pool and then begins; where that fails, because the server went away or the request was cancelled,
the connection is never returned, and after ten such moments the pool is empty for good. And where a connection is lost within the
transaction, returning it fails, and the task keeps the dead one for every later statement: a loop never settles again.
"""

from typing import Any

import asyncpg
from tortoise.backends.asyncpg.client import AsyncpgDBClient, TransactionWrapper
from tortoise.backends.base.client import TransactionalDBClient, TransactionContext, TransactionContextPooled
from tortoise.connection import get_connections


class ReturningContext(TransactionContextPooled):
    """A transaction's block, which returns its connection however it ends, and leaves its task with the pool."""

    async def __aenter__(self) -> TransactionalDBClient:
        await self.ensure_connection()
        pool = self.client._parent._pool
        self.client._connection = await pool.acquire()
        try:
            await self.client.begin()
        except BaseException:
            await pool.release(self.client._connection)
            raise
        self.token = get_connections().set(self.connection_name, self.client)
        return self.client

    async def __aexit__(self, exc_type: Any, exc_val: Any, exc_tb: Any) -> None:
        try:
            await super().__aexit__(exc_type, exc_val, exc_tb)
        finally:
            if not self.token._used:
                get_connections().reset(self.token)


class PlainConnection(asyncpg.Connection):  # type: ignore[misc]  # it ships no types
    """A connection that is given back as it is: nothing here changes a session, and to reset one costs a round trip each time."""

    def get_reset_query(self) -> str:
        return ""


class PostgresClient(AsyncpgDBClient):
    """The pool that Tortoise uses for a `postgres://` address."""

    connection_class = PlainConnection

    def _in_transaction(self) -> TransactionContext:
        return ReturningContext(TransactionWrapper(self), self._pool_init_lock)


def get_client_class(_: dict[str, Any]) -> type[PostgresClient]:
    return PostgresClient
