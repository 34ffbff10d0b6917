"""PostgreSQL for Tortoise, as a server needs it: a transaction that cannot begin gives its connection back.

Tortoise takes a connection from the pool and then begins; where that fails, because the server went away or the request was cancelled,
the connection is never returned, and after ten such moments the pool is empty for good.
"""

from typing import Any

from tortoise.backends.asyncpg.client import AsyncpgDBClient, TransactionWrapper
from tortoise.backends.base.client import TransactionalDBClient, TransactionContext, TransactionContextPooled
from tortoise.connection import get_connections


class ReturningContext(TransactionContextPooled):
    """A transaction's block, which returns its connection however it ends."""

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


class PostgresClient(AsyncpgDBClient):
    """The pool that Tortoise uses for a `postgres://` address."""

    def _in_transaction(self) -> TransactionContext:
        return ReturningContext(TransactionWrapper(self), self._pool_init_lock)


def get_client_class(_: dict[str, Any]) -> type[PostgresClient]:
    return PostgresClient
