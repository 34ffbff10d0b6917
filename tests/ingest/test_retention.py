"""An old body shrinks to what is read of it; what the ledger says stays, and the fixture proves it from the short bodies."""

from datetime import UTC, datetime, timedelta

from ingest import retention
from ingest.erase import erase
from ingest.models.evidence import StripeEvent
from ingest.models.people import Customer
from tests import story
from tests import stripe_events as stripe

LATER = datetime.now(UTC) + timedelta(days=1)


async def test_a_settled_body_shrinks_and_the_ledger_stays(database: str) -> None:
    tale = await story.begin()
    click = await tale.click()
    paid = stripe.session_completed("cs_1", customer="cus_1", metadata={"pimmsClickId": click, "note": "12 Mill Lane"})
    await tale.hear(paid, stripe.customer_updated("cus_1"), stripe.event("price.created", {"id": "price_1", "nickname": "12 Mill Lane"}))
    before = await tale.settled()

    assert await retention.reduce(LATER) == 3
    assert await retention.reduce(LATER) == 0

    bodies = [row.body for row in await StripeEvent.all()]
    await StripeEvent.all().update(state="stored")
    assert (await tale.settled()).tables == before.tables
    assert all(b"Mill Lane" not in body for body in bodies)
    assert {row.tombstone for row in await StripeEvent.all()} == {retention.REDUCED}


async def test_what_is_young_or_not_settled_is_left_whole(database: str) -> None:
    tale = await story.begin()
    await tale.hear(stripe.session_completed("cs_1"))
    await tale.settled()
    await tale.hear(stripe.session_completed("cs_2"))

    assert await retention.reduce(datetime.now(UTC) - timedelta(days=1)) == 0
    assert await retention.reduce(LATER) == 1


async def test_who_is_in_a_short_body_can_still_be_erased(database: str) -> None:
    tale = await story.begin()
    await tale.hear(stripe.session_completed("cs_1", customer="cus_1", email="ada@example.com"))
    await tale.settled()
    await retention.reduce(LATER)

    await erase(tale.workspace.id, False, (await Customer.get(email="ada@example.com")).id, by="key_1")

    assert [b"ada@" in row.body for row in await StripeEvent.all()] == [False]
