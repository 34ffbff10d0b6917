"""`clickledger serve` as people start it: nothing set, one thing wrong, several processes, and a stop that loses nothing."""

import asyncio
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from api.cli.commands import run
from api.database import connected
from ingest import keys, links
from ingest.models.evidence import StripeEvent
from ingest.models.workspace import WebhookEndpoint, Workspace
from tests import capturing, stripe_events
from tests.conftest import WEBHOOK_SECRET, unstarted
from tests.server import Server, environment, ran


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Server]:
    """A server in an empty folder, not started, that asks nobody outside for rates."""
    running = Server(tmp_path, {"CLICKLEDGER_FX_FEED": "off"})
    yield running
    if running.process is not None:
        running.kill()


def an_event(number: int) -> bytes:
    return stripe_events.raw(stripe_events.event("customer.created", {"id": "cus_1", "object": "customer"}, id=f"evt_{number}"))


def post(url: str, body: bytes) -> httpx2.Response:
    return httpx2.post(f"{url}/webhooks/stripe", content=body, headers={"stripe-signature": stripe_events.sign(body, WEBHOOK_SECRET)})


async def stored(url: str) -> set[str]:
    async with connected(url):
        return {event.event_id for event in await StripeEvent.all()}


async def test_with_nothing_set_it_serves_and_shows_its_keys_once(fresh: Server) -> None:
    first = fresh.start()
    live, test, url = first.word("Live key"), first.word("Test key"), first.url
    ready, hook = httpx2.get(f"{url}/readyz"), post(url, an_event(1))
    stopped = first.stop()

    second = fresh.start()
    again = second.word("Live key")
    second.stop()

    assert (ready.status_code, hook.status_code, stopped, again) == (200, 503, 0, None)
    assert first.word("GraphiQL") is not None
    assert live is not None
    assert test is not None
    async with connected(f"sqlite://{fresh.folder}/clickledger.sqlite3"):
        opened = [await keys.find(key) for key in (live, test)]
    assert [(access.livemode, access.scopes) for access in opened if access] == [
        (True, frozenset({"admin"})),
        (False, frozenset({"admin"})),
    ]
    assert live not in fresh.log + "".join(str(path) for path in fresh.folder.iterdir())
    assert live.encode() not in (fresh.folder / "clickledger.sqlite3").read_bytes()


async def test_a_start_says_that_the_webhook_lacks_a_secret_only_while_it_does(fresh: Server) -> None:
    fresh.start().stop()
    lacking = fresh.said
    async with connected(f"sqlite://{fresh.folder}/clickledger.sqlite3"):
        owner = await Workspace.get(slug="default")
        await WebhookEndpoint.create(
            workspace_id=owner.id, stripe_endpoint="we_1", livemode=True, url="https://a.example", secret="whsec_a", api_version="a"
        )
    fresh.start()

    assert "(answers 503 until STRIPE_WEBHOOK_SECRET is set)" in lacking
    assert fresh.word("Webhook") == f"{fresh.url}/webhooks/stripe"
    assert "503" not in fresh.said


async def test_keys_that_are_given_are_not_printed_and_end_when_they_are_given_no_more(fresh: Server) -> None:
    fresh.settings = {"CLICKLEDGER_ADMIN_KEY": "clk_live_mine,clk_test_mine", "CLICKLEDGER_FX_FEED": "off"}
    fresh.start().stop()
    said = fresh.said

    fresh.settings = {"CLICKLEDGER_ADMIN_KEY": "clk_live_other", "CLICKLEDGER_FX_FEED": "off"}
    fresh.start().stop()

    assert "mine" not in said + fresh.log
    async with connected(f"sqlite://{fresh.folder}/clickledger.sqlite3"):
        assert await keys.find("clk_live_mine") is None
        assert await keys.find("clk_live_other") is not None


async def test_what_was_acknowledged_survives_a_kill(server: Server, database_url: str) -> None:
    answers = [post(server.url, an_event(number)) for number in range(5)]
    server.kill()

    assert [answer.status_code for answer in answers] == [200] * 5
    assert await stored(database_url) == {f"evt_{number}" for number in range(5)}
    server.start()
    assert post(server.url, an_event(0)).json()["outcome"] == "duplicate"


async def test_a_stop_in_the_middle_of_requests_loses_nothing_that_was_acknowledged(server: Server, database_url: str) -> None:
    acknowledged: set[str] = set()

    async def send(client: httpx2.AsyncClient, number: int) -> None:
        body = an_event(number)
        answer = await client.post("/webhooks/stripe", content=body, headers={"stripe-signature": stripe_events.sign(body, WEBHOOK_SECRET)})
        if answer.status_code == 200:
            acknowledged.add(f"evt_{number}")

    async with httpx2.AsyncClient(base_url=server.url, limits=httpx2.Limits(max_connections=20)) as client:
        await client.get("/readyz")
        sending = asyncio.gather(*(send(client, number) for number in range(300)), return_exceptions=True)
        await asyncio.sleep(0.3)
        code = await asyncio.to_thread(server.stop)
        await sending

    assert code == 0
    assert acknowledged
    assert acknowledged <= await stored(database_url)


@pytest.mark.parametrize("engine", ["postgres"], indirect=True)
async def test_several_workers_share_one_postgresql_and_stop_together(tmp_path: Path, database_url: str) -> None:
    server = unstarted(tmp_path, database_url, "--workers", "2").start()
    async with asyncio.timeout(60):
        while server.log.count("Application startup complete") < 2:  # noqa: ASYNC110 it happens in other processes
            await asyncio.sleep(0.1)

    answers = [post(server.url, an_event(number)) for number in range(20)]
    code = server.stop()

    assert {answer.status_code for answer in answers} == {200}
    assert len(await stored(database_url)) == 20
    assert (code, server.log.count("Application shutdown complete")) == (0, 2)


async def test_a_link_changed_or_archived_by_one_process_is_obeyed_by_another_within_a_second(tmp_path: Path, database_url: str) -> None:
    server = unstarted(tmp_path, database_url).start()
    async with connected(database_url), httpx2.AsyncClient(base_url=server.url) as visitor:
        link = await capturing.link("spring")

        async def after(seconds: float) -> tuple[int, str | None]:
            """What a busy link answers so long after a change, by when its process has looked it up anew of its own accord."""
            until = asyncio.get_running_loop().time() + seconds
            while asyncio.get_running_loop().time() < until:
                answer = await visitor.get("/spring", headers={"user-agent": capturing.GOOGLEBOT})
                await asyncio.sleep(0.02)
            return answer.status_code, answer.headers.get("location")

        before = await after(0.1)
        await links.update(link.workspace_id, link.id, {"url": "https://shop.example/new"})
        changed = await after(1)
        await links.archive(link.workspace_id, link.id)
        archived = await after(1)
    server.kill()

    assert (before, changed) == ((302, "https://shop.example/pricing"), (302, "https://shop.example/new"))
    assert archived == (404, None)


def test_a_second_server_on_one_sqlite_file_is_refused(fresh: Server) -> None:
    fresh.start()

    second = ran(fresh.folder, "serve", "--port", "0")

    assert second.returncode == 1
    assert second.stderr == "clickledger: another process serves sqlite://clickledger.sqlite3; SQLite is for one process\n"


@pytest.mark.parametrize(
    ("arguments", "settings", "said"),
    [
        (["serve"], {"PORT": "http"}, "PORT: "),
        (["serve"], {"DATABASE_URL": "mysql://me:hunter2@h/n"}, "DATABASE_URL: "),
        (["serve"], {"DATABASE_URL": "sqlite:///nowhere/at/all/a.sqlite3"}, "DATABASE_URL: "),
        (["serve"], {"CLICKLEDGER_ADMIN_KEY": "hunter2"}, "CLICKLEDGER_ADMIN_KEY: "),
        (["serve"], {"CLICKLEDGER_SPOOL": "/dev/null/spool"}, "CLICKLEDGER_SPOOL: "),
        (["serve", "--workers", "2"], {}, "--workers: "),
        (["serve", "--host", "192.0.2.1"], {}, "HOST: "),
        (["serve", "--nonsense"], {}, "No such option"),
        (["keys", "create", "--name", "a"], {}, "Missing option"),
    ],
)
def test_what_is_wrong_with_a_start_is_one_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    settings: dict[str, str],
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["clickledger", *arguments])
    monkeypatch.setattr("os.environ", settings)
    monkeypatch.setattr("api.logging.start", lambda level: None)
    monkeypatch.setattr("signal.signal", lambda sign, handler: None)

    with pytest.raises(SystemExit) as ended:
        run()

    error = capsys.readouterr().err
    assert ended.value.code == 2
    assert re.fullmatch(rf"clickledger: {re.escape(said)}.+\n", error)
    assert "hunter2" not in error


def test_a_port_that_is_taken_is_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ended = ran(tmp_path, "serve", "--port", str(taken.getsockname()[1]))

    assert ended.returncode == 2
    assert ended.stderr.startswith("clickledger: PORT: cannot listen on 127.0.0.1:")


@pytest.mark.parametrize(("address", "said"), [("postgres://u@127.0.0.1:1/n", "the database does not do as asked: ")])
def test_a_database_that_is_away_is_one_line(tmp_path: Path, address: str, said: str) -> None:
    ended = ran(tmp_path, "serve", "--port", "0", settings={"DATABASE_URL": address})

    assert ended.returncode == 1
    assert re.fullmatch(rf"clickledger: {said}.+\n", ended.stderr)


def test_keys_are_made_listed_and_revoked_beside_a_running_server(server: Server) -> None:
    folder, settings = server.folder, server.settings
    made = ran(folder, "keys", "create", "--name", "shop", "--scope", "read", "--test", settings=settings)
    plaintext = made.stdout.strip()
    listed = ran(folder, "keys", "list", settings=settings).stdout
    found = re.search(rf"^(key_\w+) +{plaintext[:13]}…{plaintext[-4:]} +shop +test +read ", listed, re.MULTILINE)
    assert found is not None
    assert plaintext not in listed

    revoked = ran(folder, "keys", "revoke", found[1], settings=settings)
    missing = ran(folder, "keys", "revoke", "key_nothing", settings=settings)

    assert revoked.returncode == 0
    assert (missing.returncode, missing.stderr) == (1, "clickledger: no API key key_nothing\n")


def test_an_account_is_claimed_from_the_command_line(server: Server) -> None:
    body = stripe_events.raw(stripe_events.event("customer.created", {"id": "cus_1", "object": "customer"}, account="acct_1"))
    assert post(server.url, body).json()["outcome"] == "quarantined"
    waiting = ran(server.folder, "accounts", "list", settings=server.settings).stdout

    claimed = ran(server.folder, "accounts", "claim", "acct_1", settings=server.settings)

    assert "1 events wait" in waiting
    assert claimed.stdout == "acct_1 belongs to default; 1 events left the quarantine\n"
    assert post(server.url, body).json()["outcome"] == "duplicate"


def test_a_command_without_a_database_says_what_to_do(tmp_path: Path) -> None:
    ended = ran(tmp_path, "keys", "list")

    assert ended.returncode == 1
    assert "clickledger migrate" in ended.stderr
    assert list(tmp_path.iterdir()) == []


def test_what_a_server_is_made_of_is_looked_through_by_no_later_collection(tmp_path: Path) -> None:
    said = "import gc; gc.disable(); from api.app import from_environment; from_environment(); print(gc.isenabled(), gc.get_freeze_count())"

    told = subprocess.run([sys.executable, "-c", said], cwd=tmp_path, env=environment({}), capture_output=True, text=True, check=True)

    enabled, frozen = told.stdout.split()
    assert enabled == "True"
    assert int(frozen) > 100_000


def test_a_start_waits_for_no_library_that_asks_others(tmp_path: Path) -> None:
    loaded = "import sys, api.cli.commands, api.app; print({'stripe', 'aiohttp', 'requests'} & sys.modules.keys())"

    told = subprocess.run([sys.executable, "-c", loaded], cwd=tmp_path, env=environment({}), capture_output=True, text=True, check=True)

    assert told.stdout == "set()\n"
