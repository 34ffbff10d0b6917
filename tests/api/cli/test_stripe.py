"""`clickledger stripe …` as people type it, against a fake Stripe over real HTTP."""

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from api.cli.stripe import app
from api.database import connected
from api.settings import SettingError
from ingest import workspaces
from tests import fake_stripe
from tests.fake_stripe import FakeStripe


@pytest.fixture
def stripe(sqlite_file: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeStripe]:
    with fake_stripe.running() as fake:
        monkeypatch.setenv("DATABASE_URL", f"sqlite://{sqlite_file}")
        monkeypatch.setenv("STRIPE_API_KEY", fake.key)
        monkeypatch.setenv("STRIPE_API_BASE", fake.url)
        yield fake


@pytest.fixture
def sqlite_file(sqlite_template: Path, tmp_path: Path) -> Path:
    path = tmp_path / "clickledger.sqlite3"
    shutil.copy(sqlite_template, path)

    async def fill() -> None:
        async with connected(f"sqlite://{path}"):
            await workspaces.ensure_default()

    asyncio.run(fill())
    return path


def typed(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def test_the_whole_life_of_an_endpoint(stripe: FakeStripe) -> None:
    made = typed("install", "--url", "https://go.example.com")
    again = typed("install", "--url", "https://go.example.com")
    standing = typed("status")
    renewed = typed("rotate")
    gone = typed("uninstall")
    none = typed("status")

    assert "Made we_1 in test mode of acct_fake1." in made.output
    assert "https://go.example.com/webhooks/stripe/default" in made.output
    assert "Left as it was we_1" in again.output
    assert (standing.exit_code, standing.output.split()[:2]) == (0, ["we_1", "enabled"])
    assert "we_2 stands in for the old endpoint" in renewed.output
    assert "Took away we_2." in gone.output
    assert (none.exit_code, stripe.objects) == (1, {})
    assert "whsec_" not in "".join(result.output for result in (made, again, standing, renewed, gone))


def test_without_a_key_it_says_what_to_set(stripe: FakeStripe, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STRIPE_API_KEY")

    result = typed("status")

    assert isinstance(result.exception, SettingError)
    assert result.exception.name == "STRIPE_API_KEY"


def test_an_endpoint_that_is_not_as_it_should_be_fails_the_status(stripe: FakeStripe) -> None:
    typed("install", "--url", "https://go.example.com")
    stripe.of("webhook_endpoint")[0]["status"] = "disabled"

    result = typed("status")

    assert result.exit_code == 1
    assert "install` again" in result.output
