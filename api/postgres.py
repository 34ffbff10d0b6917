"""PostgreSQL for Tortoise, as a server needs it: a transaction gives its connection back however it begins and ends.

Tortoise takes a connection from the pool and then begins; where that fails, because the server went away or the request was cancelled,
the connection is never returned, and after ten such moments the pool is empty for good. And where a connection is lost within the
transaction, returning it fails, and the task keeps the dead one for every later statement: a loop never settles again.
"""

from typing import Any

import asyncpg
from tortoise.backends.asyncpg.client import AsyncpgDBClient, TransactionWrapper
from tortoise.backends.base.client import NestedTransactionContext, TransactionalDBClient, TransactionContext, TransactionContextPooled
from tortoise.connection import get_connections

from api import rows


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


class RowsTogether(TransactionWrapper):
    """A transaction in which the rows of one INSERT go together."""

    async def execute_many(self, query: str, values: list[Any]) -> None:
        await self._translate_exceptions(RowsTogether._many, query, values)

    async def _many(self, query: str, values: list[Any]) -> None:
        async with self.acquire_connection() as connection:
            if not await rows.insert_many(connection, query, values):
                await connection.executemany(query, values)

    def _in_transaction(self) -> TransactionContext:
        return NestedTransactionContext(RowsTogether(self))


class PlainConnection(asyncpg.Connection):  # type: ignore[misc]  # it ships no types
    """A connection that is given back as it is: nothing here changes a session, and to reset one costs a round trip each time."""

    def get_reset_query(self) -> str:
        return ""


READING = "SET plan_cache_mode = force_generic_plan; SET enable_memoize = off; SET jit = off; SET random_page_cost = 1.1"
"""Of connections that only read. Their statements walk an index whatever the values are, so they are planned once: for `= ANY($1)`
PostgreSQL would plan anew each time, which took 0.41 of the 0.52 ms of one sale by id. Memoize costs more than it finds on rows that
differ, 0.08 of 0.50 ms of a page. By the default cost of a random page, that of a turning disk, the planner reads all of 5,000 customers to
find the 51 of a page, 2.2 ms instead of 0.9. Not for the settler's: a plan for any value cannot use an index of the rows that wait.
Source: https://www.postgresql.org/docs/current/sql-prepare.html, https://www.postgresql.org/docs/current/runtime-config-query.html
"""


class PostgresClient(AsyncpgDBClient):
    """The pool that Tortoise uses for a `postgres://` address, and beside it one for readers alone."""

    connection_class = PlainConnection
    _readers: asyncpg.Pool | None = None

    @property
    def readers(self) -> Any:
        """The pool for statements that only read, outside any transaction."""
        return self._readers or self._pool

    async def create_connection(self, with_db: bool) -> None:
        await super().create_connection(with_db)
        if with_db and self._template.get("statement_cache_size") != 0:  # behind PgBouncer no session is ours
            few = {"min_size": 0, "max_size": max(1, self.pool_maxsize // 2)}
            self._readers = await self.create_pool(password=self.password, init=_prepared, **{**self._template, **few})

    async def _close(self) -> None:
        readers, self._readers = self._readers, None
        if readers is not None:
            readers.terminate()  # nothing that they do is left half done
        await super()._close()

    def _in_transaction(self) -> TransactionContext:
        return ReturningContext(RowsTogether(self), self._pool_init_lock)


async def _prepared(connection: asyncpg.Connection) -> None:
    await connection.execute(READING)


def get_client_class(_: dict[str, Any]) -> type[PostgresClient]:
    return PostgresClient
