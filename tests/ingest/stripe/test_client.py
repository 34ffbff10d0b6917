"""Asking Stripe over real HTTP: pages, refusals, and faults that pass."""

import pytest

from ingest.stripe import wire
from ingest.stripe.client import Api
from ingest.stripe.errors import Gone, KeyRefused, TryLater
from tests import fake_stripe, stripe_money, stripe_objects
from tests.fake_stripe import FakeStripe


def api(stripe: FakeStripe, *, key: str = "sk_test_fake", tries: int = 4) -> Api:
    return Api(key, base=stripe.url, tries=tries, first_wait_seconds=0.001)


async def test_a_list_of_many_pages_is_whole_and_newest_first(stripe: FakeStripe) -> None:
    stripe.add(*(stripe_money.charge_object(f"ch_{number}", created=1_000 + number) for number in range(250)))

    async with api(stripe) as asking:
        found = [charge["id"] async for charge in asking.objects("/v1/charges", created={"gte": 1_010})]

    assert found == [f"ch_{number}" for number in range(249, 9, -1)]
    assert len(stripe.asked) == 3
    assert stripe.versions == {wire.API_VERSION}


async def test_limits_faults_and_broken_answers_are_waited_out(stripe: FakeStripe) -> None:
    stripe.fail(429, Retry_After="0")
    stripe.fail(500)
    stripe.fail(0)

    async with api(stripe) as asking:
        assert (await asking.account())["id"] == "acct_fake1"


async def test_an_endpoint_is_made_once_however_often_the_answer_is_lost(stripe: FakeStripe) -> None:
    stripe.fail(503, times=2)

    async with api(stripe) as asking:
        made = await asking.create_endpoint(url="https://go.example.com/x", events=["a.b"], description="", metadata={})

    assert [found["id"] for found in stripe.of("webhook_endpoint")] == [made["id"]]


async def test_what_stays_refused_says_why(stripe: FakeStripe) -> None:
    async with api(stripe) as asking:
        with pytest.raises(Gone):
            await asking.delete_endpoint("we_none")
        stripe.fail(429, times=4)
        with pytest.raises(TryLater) as caught:
            await asking.account()
    async with api(stripe, key="sk_test_other") as asking:
        with pytest.raises(KeyRefused):
            await asking.account()

    assert caught.value.status == 429


async def test_no_connection_is_a_reason_to_try_later() -> None:
    with fake_stripe.running() as gone:
        address = gone.url
    async with Api("sk_test_fake", base=address, tries=2, first_wait_seconds=0.001) as asking:
        with pytest.raises(TryLater):
            await asking.account()


async def test_the_links_that_bodies_no_longer_hold_can_be_asked_for(stripe: FakeStripe) -> None:
    stripe.add(
        stripe_objects.invoice_payment("inpay_1", invoice="in_1", intent="pi_1"),
        stripe_objects.invoice_payment("inpay_2", invoice="in_2", intent="pi_2"),
        stripe_objects.session("cs_1", intent="pi_1"),
    )

    async with api(stripe) as asking:
        by_invoice = await asking.invoice_payments(invoice="in_1")
        by_intent = await asking.invoice_payments(intent="pi_2")
        sessions = await asking.sessions_of("pi_1")

    assert [found["id"] for found in (*by_invoice, *by_intent, *sessions)] == ["inpay_1", "inpay_2", "cs_1"]
