"""The same evidence gives the same ledger: every order of one payment's events, cut into batches anywhere."""

import itertools
import random
from collections.abc import Sequence

import pytest

from ingest import settler
from ingest.models.evidence import StripeEvent
from tests import story
from tests import stripe_events as stripe
from tests.crash import table
from tests.story import Books, Story
from tests.stripe_objects import Json

pytestmark = pytest.mark.careless


async def every_order(tale: Story, events: Sequence[Json], *, most: int = 720) -> Books:
    """The books after these events, which are the same in every order; raises where they are not."""
    first, rows = None, list[list[str]]()
    for number, order in enumerate(itertools.islice(itertools.permutations(events), most)):
        await tale.forget()
        cut = random.Random(number).randrange(len(order))
        await tale.hear(*order[:cut])
        await settler.settle_everything()
        await tale.hear(*order[cut:])
        await settler.settle_everything()
        assert await story.failures() == []
        if first is None:
            first, rows = await story.books(tale.workspace.id), await story.rows(tale.workspace.id)
        if await story.rows(tale.workspace.id) != rows:  # say what differs as values
            told = f"order {number}: {[event['type'] for event in order]}"
            assert await story.books(tale.workspace.id) == first, told
            raise AssertionError(told)
    assert first is not None
    table.note("every order of a payment's events", StripeEvent._meta.db.capabilities.dialect, orders=number + 1)
    return first


async def test_the_first_payment_of_a_subscription_is_one_sale_in_all_720_orders_of_its_events(database: str) -> None:
    tale = await story.begin()
    click = await tale.click()
    events = [
        stripe.session_completed(
            "cs_1", mode="subscription", subscription="sub_1", invoice="in_1", customer="cus_1", metadata={"pimmsClickId": click}
        ),
        stripe.invoice_paid("in_1", billing_reason="subscription_create", subscription="sub_1"),
        stripe.invoice_payment_succeeded("in_1", billing_reason="subscription_create", subscription="sub_1"),
        stripe.invoice_payment_paid("inpay_1", invoice="in_1", intent="pi_1"),
        stripe.customer_created("cus_1", metadata={"pimmsCustomerId": "user_1"}),
        stripe.customer_updated("cus_1", metadata={"pimmsCustomerId": "user_1", "pimmsClickId": click}),
    ]

    books = await every_order(tale, events)

    assert (books.sale["gross_minor"], books.sale["kind"].value, books.sale["click_id"]) == (5_000, "subscription_start", click)
    assert [(lead["click_id"], lead["source"]) for lead in books.leads] == [(click, "stripe")]
    assert [customer["external_id"] for customer in books.customers] == ["user_1"]
