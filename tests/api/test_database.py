"""The database: migrations that many processes start at once, transactions that cannot begin, and addresses as people paste them."""

import asyncio
from pathlib import Path
from typing import Any

import aiosqlite
import asyncpg
import pytest
from tortoise.exceptions import IntegrityError
from tortoise.transactions import in_transaction

from api import database as databases
from api import sqlite
from api.database import configuration, connected
from api.sqlite import statements
from ingest import workspaces
from ingest.models.workspace import Domain, Workspace
from ingest.settle import batch
from ingest.settle.due import anywhere
from tests import locks, story, stripe_events
from tests.server import command, environment

ADDED = "INSERT INTO domain (workspace_id, name) VALUES (?, ?)"


async def test_processes_that_start_at_once_do_not_break_each_other(empty_url: str, tmp_path: Path) -> None:
    settings = environment({"DATABASE_URL": empty_url})
    started = [
        await asyncio.create_subprocess_exec(*command("migrate"), cwd=tmp_path, env=settings, stdout=asyncio.subprocess.PIPE)
        for _ in range(4)
    ]
    said = [(await process.communicate())[0] for process in started]

    assert [process.returncode for process in started] == [0] * 4
    assert sorted(b"nothing to apply" in text for text in said) == [False, True, True, True]
    async with connected(empty_url):
        assert await databases.unapplied() == []
        assert await Workspace.all().count() == 1


async def test_who_waits_for_another_process_that_migrates_says_so_and_waits_longer_than_for_any_other_writer(
    empty_url: str, engine: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(databases, "SILENT_S", 0.2)
    monkeypatch.setattr(sqlite, "TRY_MS", 50)
    async with connected(f"{empty_url}?busy_timeout=50" if engine == "sqlite" else empty_url):
        async with locks.held(empty_url, f"SELECT pg_advisory_xact_lock({databases.MIGRATION_LOCK})"):
            waiting = asyncio.create_task(databases.migrate())
            async with asyncio.timeout(20):
                while "waiting for another process" not in caplog.text:  # noqa: ASYNC110  # nobody else is told
                    await asyncio.sleep(0.05)
            assert not waiting.done()
        assert await waiting == list(databases.released())
        caplog.clear()

        assert await databases.migrate() == []

    assert "waiting" not in caplog.text


async def test_a_migration_that_fails_leaves_nothing_behind(empty_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def full(*_: object) -> None:
        raise OSError("no space left on device")

    async with connected(empty_url):
        with monkeypatch.context() as patched:
            patched.setattr("tortoise.migrations.recorder.MigrationRecorder.record_applied", full)
            with pytest.raises(OSError, match="no space"):
                await databases.migrate()
        missing = await databases.unapplied()
        again = await databases.migrate()

    assert missing == again == list(databases.released())


async def test_first_requests_at_once_share_the_connections(database_url: str) -> None:
    async with connected(database_url, pool_size=2):
        counts = await asyncio.gather(*(Workspace.all().count() for _ in range(50)))

    assert counts == [0] * 50


async def test_a_transaction_that_cannot_begin_holds_nobody_up(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    connection = Workspace._meta.db
    kind = type(connection._in_transaction().client if hasattr(connection, "_pool") else connection._in_transaction().connection)  # type: ignore[attr-defined]

    async def away(_: object) -> None:
        raise ConnectionResetError

    with monkeypatch.context() as patched:
        patched.setattr(kind, "begin", away)
        for _ in range(20):  # more than the pool has
            with pytest.raises(ConnectionResetError):
                async with in_transaction():
                    pass

    async with asyncio.timeout(2), in_transaction():
        await Workspace.create(slug="a", name="a")
    assert await Workspace.all().count() == 1


@pytest.mark.parametrize("engine", ["postgres"], indirect=True)
async def test_a_task_whose_connection_is_lost_in_a_transaction_goes_on_with_another(database: str) -> None:
    for _ in range(20):  # more than the pool has
        with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
            async with in_transaction() as connection:
                await connection.execute_query("SELECT pg_terminate_backend(pg_backend_pid())")

    assert await Workspace.all().count() == 0
    async with asyncio.timeout(2), in_transaction():
        await Workspace.create(slug="a", name="a")


async def test_a_request_that_is_cancelled_in_a_transaction_leaves_no_trace(database: str) -> None:
    entered = asyncio.Event()

    async def work() -> None:
        async with in_transaction():
            await Workspace.create(slug="a", name="a")
            entered.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(work())
    await entered.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    assert await Workspace.all().count() == 0
    await Workspace.create(slug="b", name="b")


async def test_rows_made_at_once_by_a_caller_who_is_cancelled_leave_no_transaction_open(database_url: str) -> None:
    async def make(name: int) -> None:
        await Workspace.bulk_create([Workspace(slug=f"{name}-{number}", name="a") for number in range(3)])

    async with connected(database_url, everywhere=True):
        for steps in range(12):
            making = asyncio.create_task(make(steps))
            for _ in range(steps):
                await asyncio.sleep(0)
            making.cancel()
            await asyncio.gather(making, return_exceptions=True)
            await Workspace.create(slug=f"after-{steps}", name="a")

    async with connected(database_url):  # what was not committed is gone
        assert await Workspace.filter(slug__startswith="after-").count() == 12


async def test_tasks_that_write_at_once_all_succeed(database: str) -> None:
    workspace = await Workspace.create(slug="a", name="a")

    async def work(number: int) -> None:
        async with in_transaction():
            before = await Domain.all().count()
            await Domain.create(workspace_id=workspace.id, name=f"{number}-{before}")

    await asyncio.gather(*(work(number) for number in range(40)))

    assert await Domain.all().count() == 40


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
async def test_a_transaction_that_stays_on_the_loop_gives_others_their_turn_and_ends_as_any_other(database: str) -> None:
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    beside = asyncio.create_task(others())
    await workspaces.ensure_default()
    before = await Domain.all().count()

    async def many(last: str) -> None:
        async with in_transaction() as connection:
            begun: Any = connection
            begun.stay_on_the_loop()
            for number in range(10_000):
                changed, _ = await connection.execute_query(ADDED, [1, f"{number}.{last}"])
                assert changed == 1
            assert await Domain.filter(name__endswith=last).count() == 10_000
            await connection.execute_many(ADDED, [[1, f"last.{last}"], [1, f"0.{last}"]])

    await asyncio.sleep(0)
    turns = 0
    with pytest.raises(IntegrityError):
        await many("example")
    assert turns > 5
    assert await Domain.all().count() == before
    async with asyncio.timeout(1.0):
        await Domain.create(workspace_id=1, name="after.example")
    beside.cancel()


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
async def test_a_batch_of_the_settler_makes_few_turns_to_the_connections_thread(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    tale = await story.begin()
    await tale.hear(stripe_events.session_completed("cs_1", intent="pi_1"), stripe_events.payment_intent_succeeded("pi_1"))
    texts: list[Any] = []
    real: Any = aiosqlite.Connection._execute

    async def heard(self: aiosqlite.Connection, work: Any, *values: Any, **named: Any) -> Any:
        texts.append(values[0] if values else work)
        return await real(self, work, *values, **named)

    monkeypatch.setattr(aiosqlite.Connection, "_execute", heard)
    (scope,) = await anywhere()
    texts.clear()

    assert await batch.settle(scope) > 0

    assert len(texts) < 8, texts


def test_a_script_is_cut_where_sqlite_says_that_a_statement_ends() -> None:
    script = "CREATE TABLE a (b TEXT DEFAULT ';');\n;CREATE TRIGGER c AFTER INSERT ON a BEGIN SELECT 1; SELECT 2; END;\nSELECT 3"

    found = list(statements(script))

    assert [text.split()[0:2] for text in found] == [["CREATE", "TABLE"], ["CREATE", "TRIGGER"], ["SELECT", "3;"]]


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgres://a%40b:p%40ss@h:1/n%20m", {"user": "a@b", "password": "p@ss", "database": "n m", "host": "h", "port": 1}),
        ("postgresql://u@h/n?sslmode=require&channel_binding=require", {"ssl": "require", "port": 5432}),
        ("postgres://u@h/n?pgbouncer=true", {"statement_cache_size": 0}),
    ],
)
def test_an_address_as_hosts_hand_it_out_is_understood(url: str, said: dict[str, Any]) -> None:
    credentials = configuration(url)["connections"]["postgres"]["credentials"]

    assert {name: credentials[name] for name in said} == said
    assert {"sslmode", "channel_binding", "pgbouncer"}.isdisjoint(credentials)


async def test_an_address_where_nobody_listens_is_known_at_once() -> None:
    with pytest.raises(OSError, match=r"[Cc]onnect"):
        async with connected("postgres://u@127.0.0.1:1/n"):
            pass
