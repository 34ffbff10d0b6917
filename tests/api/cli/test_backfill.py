"""`clickledger backfill` and `clickledger gaps` as people type them, against a fake Stripe over real HTTP."""

import asyncio
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from api.cli.commands import app
from api.database import connected
from ingest import accounts, workspaces
from ingest.errors import Invalid
from ingest.models.evidence import StripeEvent
from tests import fake_stripe, stripe_events
from tests.fake_stripe import FakeStripe


@pytest.fixture
def stripe(sqlite_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeStripe]:
    """A fake Stripe, a working folder and a database with the workspace `default`."""
    path = tmp_path / "clickledger.sqlite3"
    shutil.copy(sqlite_template, path)

    async def fill() -> None:
        async with connected(f"sqlite://{path}"):
            await workspaces.ensure_default()

    asyncio.run(fill())
    monkeypatch.chdir(tmp_path)
    with fake_stripe.running() as fake:
        for name, value in (("DATABASE_URL", f"sqlite://{path}"), ("STRIPE_API_KEY", fake.key), ("STRIPE_API_BASE", fake.url)):
            monkeypatch.setenv(name, value)
        yield fake


def typed(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def test_a_gap_is_shown_counted_and_filled(stripe: FakeStripe, tmp_path: Path) -> None:
    event = stripe_events.customer_created(at=datetime.now(UTC) - timedelta(hours=1), event_id="evt_lost")
    stripe.add(event)

    before, counted, filled, again, after = (
        typed("gaps"),
        typed("backfill", "--dry-run"),
        typed("backfill"),
        typed("backfill"),
        typed("gaps"),
    )

    assert (before.exit_code, "evt_lost" in before.output) == (1, True)
    assert "1  would be stored" in counted.output
    assert "1  stored" in filled.output
    assert "0  stored" in again.output
    assert "1  held" in again.output
    assert after.exit_code == 0
    assert [path.name for path in tmp_path.glob("*.json")] == []


def test_a_file_needs_no_key_and_a_bad_line_fails_the_command(stripe: FakeStripe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STRIPE_API_KEY")
    export = tmp_path / "events.jsonl"
    export.write_bytes(stripe_events.raw(stripe_events.customer_created()).replace(b"\n", b"") + b"\nnot json\n")

    result = typed("backfill", "--file", str(export))

    assert result.exit_code == 1
    assert "1  stored" in result.output
    assert "1  unreadable" in result.output
    assert stripe.asked == []


def test_an_account_of_a_platform_is_filled_once_it_is_claimed(stripe: FakeStripe, tmp_path: Path) -> None:
    stripe.connected["acct_2"] = FakeStripe(account="acct_2")
    stripe.add(stripe_events.customer_created(at=datetime.now(UTC) - timedelta(hours=1), event_id="evt_platforms"))
    stripe.connected["acct_2"].add(stripe_events.customer_created(at=datetime.now(UTC) - timedelta(hours=1), event_id="evt_theirs"))

    unclaimed = typed("backfill", "--account", "acct_2")
    claimed = typed("accounts", "claim", "acct_2")
    filled, again = typed("backfill", "--account", "acct_2"), typed("backfill", "--account", "acct_2")

    assert isinstance(unclaimed.exception, Invalid)
    assert unclaimed.exception.code == "NOT_CLAIMED"
    assert [each.exit_code for each in (claimed, filled, again)] == [0, 0, 0]
    assert "1  stored" in filled.output
    assert "0  stored" in again.output
    assert "1  held" in again.output
    assert asyncio.run(_held(f"sqlite://{tmp_path / 'clickledger.sqlite3'}")) == [("evt_theirs", True)]


async def _held(url: str) -> list[tuple[str, bool]]:
    """The events that are here, and whether each is of `acct_2`."""
    async with connected(url):
        account = await accounts.find("acct_2")
        return [(row.event_id, account is not None and row.account_id == account.id) for row in await StripeEvent.all()]


def test_times_that_make_no_span_are_refused(stripe: FakeStripe) -> None:
    result = typed("backfill", "--since", "2026-02-01", "--until", "2026-01-01")

    assert isinstance(result.exception, Invalid)
    assert result.exception.field == "since"
