"""The database: Tortoise's configuration, its connections, and migrations under a lock."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

from tortoise import Tortoise
from tortoise.backends.base.config_generator import expand_db_url
from tortoise.context import TortoiseContext
from tortoise.migrations.executor import MigrationExecutor
from tortoise.transactions import in_transaction

from ingest.models.workspace import Workspace

MODELS = ["ingest.models.workspace", "ingest.models.evidence", "ingest.models.facts", "ingest.models.ledger"]
MIGRATION_LOCK = 0x636C6B  # "clk": any number of ours, the same in every process


def is_sqlite(url: str) -> bool:
    return urlsplit(url).scheme == "sqlite"


def configuration(url: str, *, pool_size: int = 10) -> dict[str, Any]:
    """Tortoise's configuration for `sqlite://path` or `postgres://user:password@host:port/name`."""
    connection = expand_db_url(url)
    name = "sqlite" if is_sqlite(url) else "postgres"  # Tortoise caches SQL by connection name for the life of the process
    if name == "sqlite":
        connection["engine"] = "api.sqlite"
    else:
        connection["engine"] = "tortoise.backends.asyncpg"
        connection["credentials"] = {"minsize": 1, "maxsize": pool_size, **connection["credentials"]}
    return {
        "connections": {name: connection},
        "apps": {"models": {"models": MODELS, "default_connection": name, "migrations": "ingest.migrations"}},
        "use_tz": True,
        "timezone": "UTC",
    }


@asynccontextmanager
async def connected(url: str, *, everywhere: bool = False, pool_size: int = 10) -> AsyncIterator[TortoiseContext]:
    """Connections for the length of the block; `everywhere` lets tasks that start outside the block use them too."""
    context = await Tortoise.init(config=configuration(url, pool_size=pool_size), _enable_global_fallback=everywhere)
    try:
        async with context:
            yield context
    finally:
        await context.close_connections()


async def migrate() -> list[str]:
    """Bring the connected database to the newest migration and return the names of those applied.

    Several processes may call this at once: on PostgreSQL one holds an advisory lock and the others find the work done.
    """
    applied: list[str] = []
    connection = Workspace._meta.db
    executor = MigrationExecutor(
        connection, {"models": {"models": MODELS, "default_connection": connection.connection_name, "migrations": "ingest.migrations"}}
    )

    def note(event: str, _app: str, name: str) -> None:
        if event == "apply_done":
            applied.append(name)

    if connection.capabilities.dialect == "sqlite":
        await executor.migrate(progress=note)
        return applied
    async with in_transaction() as lock:
        await lock.execute_query("SELECT pg_advisory_xact_lock($1)", [MIGRATION_LOCK])
        await executor.migrate(progress=note)
    return applied
