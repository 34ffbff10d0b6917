"""Scenarios that no file can tell: an event again and again, metadata that nobody would write by hand, three years of renewals."""

import asyncio
import random
from datetime import timedelta

import pytest

from ingest import inbox
from ingest.inbox import Outcome
from ingest.models.evidence import EventState, StripeEvent
from ingest.models.ledger import Change, Sale
from ingest.text import escape
from tests import story
from tests import stripe_events as stripe
from tests.story import PAID_AT

pytestmark = pytest.mark.careless
HOSTILE = ["'; DROP TABLE sale; --", "<script>alert(1)</script>", "a\0b", "💸 \u202e", "${jndi:ldap://x}", "x" * 500]


async def test_the_same_event_again_at_once_and_after_eight_days_changes_nothing(database: str) -> None:
    tale = await story.begin()
    event = stripe.session_completed("cs_1", intent="pi_1", client_reference_id=f"pimms_id_{await tale.click()}")
    await tale.hear(event)
    first = await tale.settled()

    await asyncio.gather(*(tale.hear(event) for _ in range(10)))
    await StripeEvent.all().update(received_at=PAID_AT - timedelta(days=8))
    await tale.hear(event)

    assert await tale.settled() == first
    assert await StripeEvent.all().count() == 1


async def test_an_event_that_failed_when_it_was_read_is_one_sale_when_it_is_replayed(database: str) -> None:
    tale = await story.begin()
    event = stripe.session_completed("cs_1", intent="pi_1")
    await tale.hear(event)
    await StripeEvent.all().update(state=EventState.FAILED, next_try_at=PAID_AT + timedelta(days=36_500), error="it could not be read")
    assert (await tale.settled()).sales == []

    body = stripe.raw(event)
    account = (await StripeEvent.get()).account_id
    again = await inbox.store(body, inbox.envelope(event), workspace_id=tale.workspace.id, account_id=account)
    for _ in range(2):
        await inbox.replay(tale.workspace.id, (await StripeEvent.get()).id)
        books = await tale.settled()

    assert (again, books.sale["gross_minor"]) == (Outcome.DUPLICATE, 5_000)


async def test_every_event_of_a_life_replayed_changes_no_row_and_announces_nothing(database: str) -> None:
    tale = await story.begin()
    click = await tale.click()
    await tale.lead("user_1", click)
    await tale.hear(
        stripe.session_completed("cs_1", mode="subscription", subscription="sub_1", customer="cus_1", metadata={"pimmsClickId": click}),
        stripe.invoice_paid("in_1", billing_reason="subscription_create", subscription="sub_1", era="acacia", charge="ch_1"),
        stripe.customer_updated("cus_1", metadata={"pimmsCustomerId": "user_1"}),
        stripe.refund_created("re_1", charge="ch_1", amount=1_200),
        stripe.refund_updated("re_waiting", charge="ch_nobodys", amount=5, status="pending"),
        stripe.session_completed("cs_2", currency="eur", client_reference_id="pimms_id_0123456789abcdef"),
    )
    before, announced = await tale.settled(), await Change.all().count()

    for event in await StripeEvent.all():
        await inbox.replay(tale.workspace.id, event.id)
        await tale.settled()

    assert await tale.settled() == before
    assert await Change.all().count() == announced


async def test_hostile_metadata_is_data_and_names_its_customer_exactly(database: str) -> None:
    tale = await story.begin()
    crowd = {f"key {number} {text[:20]}": text for number, text in enumerate(HOSTILE * 8)}
    for number, text in enumerate(HOSTILE[:5]):
        await tale.hear(
            stripe.session_completed(f"cs_{number}", metadata={**crowd, "pimmsCustomerId": text, "pimmsClickId": text}, name=text)
        )

    books = await tale.settled()

    assert await story.failures() == []
    assert len(books.sales) == 5
    assert {sale["reason"] for sale in books.sales} == {"click_malformed"}
    assert {customer["external_id"] for customer in books.customers} == {escape(text) for text in HOSTILE[:5]}


async def test_thirty_six_renewals_of_one_customer_are_thirty_six_sales_of_one_click(database: str) -> None:
    tale = await story.begin()
    click = await tale.click()
    events = [stripe.session_completed("cs_1", mode="subscription", subscription="sub_1", metadata={"pimmsClickId": click})]
    for month in range(36):
        at = PAID_AT + timedelta(days=30 * month)
        reason = "subscription_cycle" if month else "subscription_create"
        seconds = stripe.seconds(at)
        events += [
            stripe.invoice_paid(f"in_{month}", billing_reason=reason, subscription="sub_1", customer="cus_1", at=at, paid_at=seconds),
            stripe.invoice_payment_paid(f"inpay_{month}", invoice=f"in_{month}", intent=f"pi_{month}", at=at),
        ]

    books = []
    for number in range(5):  # as they came, the last first, and shuffled, each settled somewhere in its middle
        order = [events, events[::-1]][number] if number < 2 else random.Random(number).sample(events, len(events))
        await tale.forget()
        await tale.hear(*order[: 13 * (number + 1)])
        await tale.settled()
        await tale.hear(*order[13 * (number + 1) :])
        books.append(await tale.settled())

    assert await Sale.all().count() == 36
    assert {(sale["gross_minor"], sale["click_id"]) for sale in books[0].sales} == {(5_000, click)}
    assert len({customer["id"] for customer in books[0].customers}) == 1
    assert all(each == books[0] for each in books)
