"""Which loops a server runs for its evidence, and that the one which asks Stripe does so over real HTTP."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from api.settings import Settings
from api.upkeep import loops
from ingest import enrich, workspaces
from ingest.askers import Key
from ingest.models.evidence import StripeEvent
from tests import fake_stripe, story, stripe_objects
from tests import stripe_events as stripe

PLAIN = Settings(database_url="sqlite://:memory:", spool=str(Path("spool")))


def test_what_is_not_asked_for_does_not_run() -> None:
    assert set(loops(PLAIN, lambda: None)) == {"reparse", "quarantine", "cutting"}
    assert set(loops(replace(PLAIN, stripe_api_keys=(Key("sk_test_1"),), keep_bodies_days=90, keep_changes_days=0), lambda: None)) == {
        "reparse",
        "quarantine",
        "enrich",
        "retention",
    }
    assert "statistics" in loops(replace(PLAIN, database_url="postgres://localhost/x"), lambda: None)


async def test_with_a_key_stripe_is_asked_and_the_settler_is_woken(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(enrich, "GRACE", -enrich.GRACE)
    tale, woken = await story.begin(), asyncio.Event()
    await tale.hear(stripe.charge_succeeded("ch_1", intent="pi_1"))
    await tale.settled()
    with fake_stripe.running() as fake:
        fake.add(stripe_objects.session("cs_1", intent="pi_1"))
        chosen = replace(PLAIN, stripe_api_keys=(Key(fake.key),), stripe_api_base=fake.url)
        asking = asyncio.ensure_future(loops(chosen, woken.set)["enrich"]())
        await asyncio.wait_for(woken.wait(), 20)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)

    assert [row.type for row in await StripeEvent.filter(source="api")] == ["checkout.session.listed"]
    assert (await workspaces.primary_account(tale.workspace.id)).stripe_account == fake.account
