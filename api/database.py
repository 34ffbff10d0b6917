"""The database: Tortoise's configuration, its connections, and migrations under a lock."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, nullcontext
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import asyncpg
import structlog
from tortoise import Tortoise
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.backends.base.config_generator import expand_db_url
from tortoise.context import TortoiseContext
from tortoise.exceptions import OperationalError
from tortoise.migrations.recorder import MigrationRecorder
from tortoise.transactions import in_transaction

import ingest.migrations
from api import planner, states
from api.sqlite import ImmediateClient, is_locked
from ingest.away import is_away
from ingest.models.workspace import Workspace

MODELS = [f"ingest.models.{name}" for name in ("workspace", "evidence", "facts", "people", "ledger", "stream", "privacy", "rollups")]
MIGRATION_LOCK = 0x636C6B  # "clk": any number of ours, the same in every process
CONNECT_SECONDS = 10
SILENT_S = 3.0  # of a wait for other processes, before it is said
_log = structlog.get_logger("database")


def is_sqlite(url: str) -> bool:
    return urlsplit(url).scheme == "sqlite"


def configuration(url: str, *, pool_size: int = 10) -> dict[str, Any]:
    """Tortoise's configuration for `sqlite://path` or `postgres://user:password@host:port/name`."""
    connection = expand_db_url(url)
    name = "sqlite" if is_sqlite(url) else "postgres"  # Tortoise caches SQL by connection name for the life of the process
    if name == "sqlite":
        connection["engine"] = "api.sqlite"
        connection["credentials"]["file_path"] = unquote(connection["credentials"]["file_path"])
    else:
        connection["engine"] = "api.postgres"
        connection["credentials"] = {"minsize": 1, "maxsize": pool_size, **_credentials(connection["credentials"])}
    return {
        "connections": {name: connection},
        "apps": apps(name),
        "use_tz": True,
        "timezone": "UTC",
    }


def apps(connection: str) -> dict[str, dict[str, Any]]:
    """Tortoise's one application, on the connection of this name."""
    return {"models": {"models": MODELS, "default_connection": connection, "migrations": "ingest.migrations"}}


def _credentials(credentials: dict[str, Any]) -> dict[str, Any]:
    """What asyncpg takes, of what libpq's addresses and the hosts that hand them out say."""
    found = {"timeout": CONNECT_SECONDS, "application_name": "clickledger", **credentials}
    for name in ("user", "database"):
        found[name] = unquote(found[name]) if found.get(name) else found.get(name)
    if "sslmode" in found:
        found["ssl"] = found.pop("sslmode")
    if found.pop("pgbouncer", "false") == "true":
        found["statement_cache_size"] = 0
    found.pop("channel_binding", None)  # asyncpg negotiates it by itself
    return found


@asynccontextmanager
async def connected(url: str, *, everywhere: bool = False, pool_size: int = 10) -> AsyncIterator[TortoiseContext]:
    """Connections for the length of the block; `everywhere` lets tasks that start outside the block use them too.

    The first connection is made here, so that a wrong address is known at once and first requests do not race to make it.
    """
    context = await Tortoise.init(config=configuration(url, pool_size=pool_size), _enable_global_fallback=everywhere)
    try:
        async with context:
            await context.db().create_connection(with_db=True)
            yield context
    finally:
        await context.close_connections()


async def listening(url: str) -> Any:
    """A connection to PostgreSQL outside the pool, to hear notices on: whoever makes it closes it."""
    given = {"port": 5432, **configuration(url)["connections"]["postgres"]["credentials"]}
    name = given.pop("application_name")
    for of_the_pool in ("minsize", "maxsize", "schema"):
        given.pop(of_the_pool, None)
    return await asyncpg.connect(**{**given, "port": int(given["port"] or 5432)}, server_settings={"application_name": f"{name} notices"})


async def migrate() -> list[str]:
    """Bring the connected database to the newest migration and return the names of those applied.

    Several processes may call this at once: one holds a lock, the others wait and find the work done. Everything happens on the
    connection that holds it, in one transaction: a migration is there whole and on record, or not at all. SQLite's planner is told
    there, too, what it may expect of the tables (`api/planner.py`).
    """
    applied: list[str] = []

    def note(event: str, _app: str, name: str) -> None:
        if event == "apply_done":
            applied.append(name)

    async with _turn() as connection:
        executor = states.Executor(connection, apps(connection.connection_name))
        await executor.recorder.ensure_schema(
            executor._schema_editor(atomic=False)
        )  # else its first look fails, and the transaction with it
        await executor.migrate(progress=note)
        if connection.capabilities.dialect == "sqlite":
            await planner.tell(connection)
    return applied


@asynccontextmanager
async def _turn() -> AsyncIterator[BaseDBAsyncClient]:
    """A transaction that no other process's migration is in, however long that takes. Who waits for long says so."""
    waiting = asyncio.get_running_loop().call_later(SILENT_S, _log.warning, "waiting for another process that migrates or writes")
    async with AsyncExitStack() as stack:
        stack.callback(waiting.cancel)
        await stack.enter_async_context(_migrating())
        connection = await _begun(stack)
        if connection.capabilities.dialect == "postgres":
            await connection.execute_query("SELECT pg_advisory_xact_lock($1)", [MIGRATION_LOCK])
        waiting.cancel()
        yield connection


async def _begun(stack: AsyncExitStack) -> BaseDBAsyncClient:
    """A transaction on this stack; on SQLite it is the file's own write lock, and who has it not yet tries again."""
    while True:
        try:
            return await stack.enter_async_context(in_transaction())
        except OperationalError as error:
            if not is_locked(error):
                raise


def _migrating() -> AbstractAsyncContextManager[None]:
    client: Any = Workspace._meta.db
    return client.migrating() if isinstance(client, ImmediateClient) else nullcontext()


async def unapplied() -> list[str]:
    """Names of migrations that this release has and the connected database does not."""
    applied = {key.name for key in await MigrationRecorder(Workspace._meta.db).applied_migrations()}
    return [name for name in released() if name not in applied]


@cache
def released() -> tuple[str, ...]:
    """Names of the migrations of this release, in order."""
    folder = Path(next(iter(ingest.migrations.__path__)))
    return tuple(sorted(path.stem for path in folder.glob("[0-9]*.py")))


async def answers() -> bool:
    """Whether the database answers at all, now."""
    try:
        async with asyncio.timeout(2):
            await Workspace._meta.db.execute_query("SELECT 1")
    except Exception as error:
        if is_away(error):
            return False
        raise
    return True
