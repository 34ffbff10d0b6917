"""clickledger erase and reparse: what they do and say, over a real database."""

import asyncio
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from api.cli.commands import app
from api.database import connected
from ingest.models.people import Customer
from ingest.models.privacy import Erasure
from tests import story
from tests import stripe_events as stripe


@pytest.fixture(autouse=True)
def told(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ada paid, in test mode."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("CLICKLEDGER_SPOOL", str(tmp_path / "spool"))

    async def tell() -> None:
        async with connected(database_url):
            tale = await story.begin()
            await tale.hear(stripe.session_completed("cs_1", metadata={"pimmsCustomerId": "user_ada"}))
            await tale.settled()

    asyncio.run(tell())


def run(*words: str, answer: str = "") -> Result:
    return CliRunner().invoke(app, words, input=answer)


def left(database_url: str) -> list[tuple[str | None, str | None]]:
    async def look() -> list[tuple[str | None, str | None]]:
        async with connected(database_url):
            assert all(row.asked_by.startswith("command line") for row in await Erasure.all())
            return [(row.external_id, row.email) for row in await Customer.all()]

    return asyncio.run(look())


def test_a_person_is_erased_by_the_sites_own_id_once_that_is_confirmed(database_url: str) -> None:
    refused = run("erase", "user_ada", "--test", answer="n\n")
    assert refused.exit_code == 1
    assert left(database_url) == [("user_ada", "ada@example.com")]

    done = run("erase", "user_ada", "--test", answer="y\n")

    assert "1 events, 0 statements, 0 clicks redacted" in done.output
    [(name, email)] = left(database_url)
    assert str(name).startswith("erased_")
    assert email is None


def test_somebody_unknown_is_not_erased(database_url: str) -> None:
    assert run("erase", "user_bob", "--test", "--yes").exit_code == 1
    assert run("erase", "user_ada", "--live", "--yes").exit_code == 1
    assert left(database_url) == [("user_ada", "ada@example.com")]


def test_reading_again_finds_nothing_to_do_when_nothing_is_old() -> None:
    assert "0 events read again" in run("reparse").output
