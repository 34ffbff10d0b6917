"""What no event told is asked of Stripe, over real HTTP: once, later when it is busy, and the answer is evidence like any other."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ingest import enrich
from ingest.backfill import reading
from ingest.backfill.intake import Owner
from ingest.enrich import Place
from ingest.models.evidence import StripeEvent
from ingest.models.privacy import Enquiry
from ingest.stripe.client import Api
from ingest.stripe.errors import KeyRefused, TryLater
from tests import story as stories
from tests import stripe_events as events
from tests import stripe_money, stripe_objects
from tests.fake_stripe import FakeStripe
from tests.story import Story

NOW = datetime(2026, 6, 1, tzinfo=UTC)
LATER = NOW + enrich.GRACE


@pytest.fixture
async def api(stripe: FakeStripe) -> AsyncIterator[Api]:
    async with Api(stripe.key, base=stripe.url, tries=1) as asking:
        yield asking


@pytest.fixture
async def tale(database: str) -> Story:
    return await stories.begin()


@pytest.fixture
async def whose(tale: Story, api: Api) -> Owner:
    found, _ = await reading.owner(api, tale.workspace.id)
    return replace(found, source="api")


async def asked(api: Api, whose: Owner, *, at: datetime = LATER) -> int:
    await enrich.notice(whose, Place(), livemode=False, now=NOW)
    return await enrich.ask(api, whose, now=at, pause_seconds=0)


async def test_a_charge_of_today_finds_its_invoice(tale: Story, whose: Owner, api: Api, stripe: FakeStripe) -> None:
    stripe.add(stripe_objects.invoice_payment("inpay_1", invoice="in_1", intent="pi_1"))
    await tale.hear(events.invoice_paid("in_1"), events.charge_succeeded("ch_1", intent="pi_1"))
    provisional = await tale.settled()

    assert await asked(api, whose) == 1

    books = await tale.settled()
    assert (len(provisional.sales), len(books.sales)) == (2, 1)
    assert {row["name"] for row in books.tables["SaleReference"]} >= {sale["id"] for sale in provisional.sales}
    assert await StripeEvent.filter(source="api").count() == 1


async def test_a_charge_finds_the_session_that_knows_the_click(tale: Story, whose: Owner, api: Api, stripe: FakeStripe) -> None:
    click = await tale.click()
    stripe.add(stripe_objects.session("cs_1", intent="pi_1", metadata={"pimmsClickId": click}))
    await tale.hear(events.charge_succeeded("ch_1", intent="pi_1"))
    before = await tale.settled()

    await asked(api, whose)

    after = await tale.settled()
    assert (before.sale["click_id"], after.sale["click_id"]) == (None, click)
    assert after.sale["gross_minor"] == before.sale["gross_minor"]


async def test_a_refund_whose_payment_nobody_told_finds_the_charge_then_the_rest(
    tale: Story, whose: Owner, api: Api, stripe: FakeStripe
) -> None:
    stripe.add(stripe_money.charge_object("ch_1", intent="pi_1", amount=5_000))
    await tale.hear(events.refund_created("re_1", charge="ch_1", amount=1_200))
    await tale.settled()

    await asked(api, whose)

    sale = (await tale.settled()).sale
    assert (sale["gross_minor"], sale["net_minor"]) == (5_000, 3_800)


async def test_what_was_answered_is_never_asked_again(tale: Story, whose: Owner, api: Api, stripe: FakeStripe) -> None:
    await tale.hear(events.charge_succeeded("ch_1", intent="pi_1"))
    await tale.settled()
    await asked(api, whose)
    requests = len(stripe.asked)

    assert await asked(api, whose, at=LATER + timedelta(days=30)) == 0

    assert len(stripe.asked) == requests
    assert {row.question for row in await Enquiry.all()} == {"payments:pi_1", "sessions:pi_1"}


async def test_nothing_is_asked_before_its_time_nor_what_an_event_tells_meanwhile(
    tale: Story, whose: Owner, api: Api, stripe: FakeStripe
) -> None:
    await tale.hear(events.charge_succeeded("ch_1", intent="pi_1"))
    await tale.settled()
    requests = len(stripe.asked)

    await asked(api, whose, at=NOW)
    await tale.hear(events.session_completed("cs_1", intent="pi_1"))
    await tale.settled()
    await asked(api, whose)

    assert len(stripe.asked) == requests
    assert await Enquiry.filter(answered_at=None).count() == 0


@pytest.mark.parametrize("status", [429, 500, 0])
async def test_a_busy_stripe_is_asked_later_and_later(tale: Story, whose: Owner, api: Api, stripe: FakeStripe, status: int) -> None:
    await tale.hear(events.charge_succeeded("ch_1", intent="pi_1"))
    await tale.settled()
    stripe.fail(status, times=2)

    for attempts in (1, 2):
        with pytest.raises(TryLater):
            await asked(api, whose, at=LATER + timedelta(seconds=100 * attempts))
    requests = len(stripe.asked)
    waiting = await Enquiry.filter(attempts__gte=1)
    await asked(api, whose, at=LATER + timedelta(days=1))

    assert all(row.error for row in waiting)
    assert len(stripe.asked) == requests + 2
    assert await Enquiry.filter(answered_at=None).count() == 0


async def test_a_key_that_may_not_ask_leaves_the_questions_open(tale: Story, whose: Owner, stripe: FakeStripe) -> None:
    await tale.hear(events.charge_succeeded("ch_1", intent="pi_1"))
    await tale.settled()

    async with Api("sk_test_wrong", base=stripe.url, tries=1) as wrong:
        with pytest.raises(KeyRefused):
            await asked(wrong, whose)

    assert await Enquiry.filter(answered_at=None).count() == 2


async def test_a_charge_that_is_gone_is_answered_with_nothing(tale: Story, whose: Owner, api: Api) -> None:
    await tale.hear(events.refund_created("re_1", charge="ch_gone"))
    await tale.settled()

    assert await asked(api, whose) == 0

    assert [(row.found, row.answered_at is not None) for row in await Enquiry.filter(question="charge:ch_gone")] == [(0, True)]
