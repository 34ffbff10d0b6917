"""The command `clickledger verify` on both databases: what it prints, and its code."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from typer.testing import CliRunner

from api.cli.commands import app
from api.database import connected
from ingest.models.ledger import Sale
from tests import story
from tests import stripe_events as stripe


def within(url: str, work: Callable[[], Awaitable[object]]) -> None:
    async def run() -> None:
        async with connected(url):
            await work()

    asyncio.run(run())


async def told() -> None:
    tale = await story.begin()
    await tale.hear(stripe.session_completed("cs_1", intent="pi_1"))
    await tale.settled()
    await tale.hear(stripe.session_completed("cs_2", intent="pi_2", livemode=True))


def test_an_honest_ledger_is_proved_and_what_waits_is_left_out(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    within(database_url, told)

    result = CliRunner().invoke(app, ["verify", "--seed", "4"])

    assert (result.exit_code, result.exception) == (0, None), result.output
    assert "reading the evidence again, shuffled by seed 4" in result.output
    assert "left out: 1 events and 0 statements" in result.output
    assert "1 pieces of evidence, 9 tables, the rollups and the change stream: no differences" in result.output


@pytest.mark.unproved
def test_a_row_that_was_touched_is_printed_and_the_code_is_1(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    within(database_url, told)
    within(database_url, lambda: Sale.all().update(gross_minor=1))

    result = CliRunner().invoke(app, ["verify"])

    assert result.exit_code == 1, result.output
    assert "gross_minor: here 1, rebuilt 5000" in result.output
