"""What `verify` and whole lives found: each bug stays as a test of its own."""

import asyncio

from ingest import inbox, workspaces
from ingest.models.evidence import StripeEvent
from ingest.models.facts import Fact
from tests import story
from tests import stripe_events as stripe


async def test_a_lead_with_a_click_of_another_workspace_settles_once_and_rests(database: str) -> None:
    tale, other = await story.begin(), await story.begin("other")
    click = await other.click()
    await tale.lead("user_1", click)

    async with asyncio.timeout(20):
        books = await tale.settled()

    assert [lead["click_id"] for lead in books.leads] == [None]


async def test_a_payment_with_the_click_of_a_bot_settles_once_and_rests(database: str) -> None:
    tale = await story.begin()
    click = await tale.click(bot=True)
    await tale.hear(stripe.session_completed("cs_1", metadata={"pimmsClickId": click}))

    async with asyncio.timeout(20):
        books = await tale.settled()

    assert (books.sale["reason"], books.sale["click_id"]) == ("click_unknown", None)


async def test_an_event_that_is_read_again_has_its_facts_once(database: str) -> None:
    tale = await story.begin()
    await tale.hear(stripe.session_completed("cs_1", intent="pi_1"))
    before = await tale.settled()

    await inbox.replay(tale.workspace.id, (await StripeEvent.get()).id)
    after = await tale.settled()

    assert (after, await Fact.all().count()) == (before, 1)


async def test_a_workspace_that_changes_its_currency_has_all_its_sales_in_the_new_one(database: str) -> None:
    tale = await story.begin()
    await tale.hear(stripe.session_completed("cs_1", intent="pi_1", currency="eur"))
    await tale.settled()

    await workspaces.update(tale.workspace.id, {"currency": "EUR"})
    books = await tale.settled()

    assert (books.sale["converted_currency"], books.sale["converted_net_minor"]) == ("EUR", 5_000)


async def test_a_customer_who_waited_for_a_click_and_became_nobody_is_not_woken_for_ever(database: str) -> None:
    tale = await story.begin()
    click = "0000000000Click0"
    await tale.hear(stripe.invoice_paid("in_1", customer="cus_1", metadata={"pimmsClickId": click}))
    await tale.settled()
    await tale.hear(stripe.customer_updated("cus_1", metadata={"pimmsCustomerId": "user_1"}))
    await tale.settled()

    await tale.click_with(click, at=story.PAID_AT)
    async with asyncio.timeout(20):
        books = await tale.settled()

    assert (books.sale["click_id"], [lead["click_id"] for lead in books.leads]) == (click, [click])


async def test_a_renewal_shows_one_place_of_its_subscriptions_click_id_whichever_version_of_its_event_came_first(database: str) -> None:
    tale = await story.begin()
    click = await tale.click()
    first = {"subscription": "sub_1", "subscription_metadata": {"pimmsClickId": click}, "event_id": "evt_first"}
    newer, older = (stripe.invoice_paid("in_1", era=era, **first) for era in ("endive", "2020-08-27"))
    renewal = stripe.invoice_paid("in_2", subscription="sub_1", billing_reason="subscription_cycle", at=stripe.NOON + 60)

    await tale.hear(newer, renewal)
    await tale.settled()
    await tale.hear(older)
    books = await tale.settled()

    await tale.forget()
    await tale.hear(renewal, older, newer)
    assert books == await tale.settled()
