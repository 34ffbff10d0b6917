"""Backfills over real HTTP and on both databases: what was lost comes back, and what is held changes nothing."""

import asyncio
from collections import Counter
from datetime import timedelta

import orjson
import pytest

from ingest import inbox
from ingest.backfill import gaps, intake, lists, reading
from ingest.backfill.intake import Outcome, Owner
from ingest.backfill.lists import Span
from ingest.errors import Invalid
from ingest.models.evidence import EventState, StripeEvent
from ingest.settler import settle_everything
from ingest.stripe import wire
from ingest.stripe.client import Api
from tests import stripe_events, stripe_money, stripe_objects
from tests.fake_stripe import FakeStripe
from tests.ingest.backfill.held import EXPECTED, LONG_AFTER, NOW, TEN_DAYS, objects, place, sales, silent, week


async def test_a_lost_week_comes_back_as_if_it_had_been_delivered(stripe: FakeStripe, api: Api, whose: Owner) -> None:
    stripe.add(*week(), stripe_events.event("product.created", {"id": "prod_1"}))

    tally = await reading.from_stripe(api, whose, place(), tell=silent)
    await settle_everything()

    assert tally == Counter({Outcome.STORED: 5})
    assert await sales() == EXPECTED
    assert {event.source for event in await StripeEvent.all()} == {"backfill"}


async def test_what_was_delivered_is_not_taken_twice_even_in_another_version(stripe: FakeStripe, api: Api, whose: Owner) -> None:
    delivered = week()
    for event in delivered:
        body = stripe_events.raw(event)
        await inbox.store(body, inbox.envelope(event), workspace_id=whose.workspace_id, account_id=whose.account_id)
    stripe.add(*(event | {"api_version": "2020-08-27"} for event in delivered))

    tally = await reading.from_stripe(api, whose, place(), tell=silent)

    assert tally == Counter({Outcome.HELD: 5})
    assert await StripeEvent.all().count() == 5


async def test_what_is_older_than_events_comes_back_from_the_objects(stripe: FakeStripe, api: Api, whose: Owner) -> None:
    stripe.add(*objects())

    first = await reading.from_stripe(api, whose, place(now=LONG_AFTER), tell=silent)
    stripe.objects["ch_1"]["receipt_url"] = "https://pay.example/2"
    again = await reading.from_stripe(api, whose, place(now=LONG_AFTER), tell=silent)
    await settle_everything()

    assert (first, again) == (Counter({Outcome.STORED: 6}), Counter({Outcome.HELD: 6}))
    assert await sales() == EXPECTED


async def test_a_span_that_is_part_old_and_part_new_is_read_from_both(stripe: FakeStripe, api: Api, whose: Owner) -> None:
    old = stripe_money.customer("cus_old", created=int((NOW - timedelta(days=100)).timestamp()))
    new = stripe_events.customer_created("cus_new")
    stripe.add(old, new, new["data"]["object"])

    await reading.from_stripe(api, whose, place(Span(NOW - timedelta(days=200), NOW)), tell=silent)

    assert sorted(event.type for event in await StripeEvent.all()) == ["customer.created", "customer.listed"]


async def test_old_objects_are_read_month_by_month_the_oldest_first(stripe: FakeStripe, api: Api, whose: Owner) -> None:
    """So that the first word of a subscription comes before all that follow it: no invoice of these settles another one again."""
    months = [int((NOW - timedelta(days=days)).timestamp()) for days in range(15, 15 + 12 * 30, 30)]
    metadata = {"pimmsClickId": "Abcdefghij012345"}
    stripe.add(
        *(stripe_objects.invoice(f"in_{at}", subscription="sub_1", subscription_metadata=metadata, created=at, paid_at=at) for at in months)
    )

    tally = await reading.from_stripe(api, whose, place(Span(NOW - timedelta(days=365), NOW), now=LONG_AFTER), tell=silent)

    read = [orjson.loads(row.body)["data"]["object"]["created"] for row in await StripeEvent.all().order_by("id")]
    assert (tally, read) == (Counter({Outcome.STORED: 12}), sorted(months))


async def test_a_dry_run_counts_and_stores_nothing(stripe: FakeStripe, api: Api, whose: Owner) -> None:
    stripe.add(*week())
    dry, _ = await reading.owner(api, whose.workspace_id, dry_run=True)

    tally = await reading.from_stripe(api, dry, place(), tell=silent)

    assert (tally, await StripeEvent.all().count()) == (Counter({Outcome.STORED: 5}), 0)


async def test_an_export_is_read_without_a_network(whose: Owner, stripe: FakeStripe) -> None:
    asked = len(stripe.asked)
    events = week()
    lines = [
        *(stripe_events.raw(event).replace(b"\n", b"") for event in events[:3]),
        b'{"object": "list", "data": [%s]}' % b",".join(stripe_events.raw(event) for event in events[3:]).replace(b"\n", b""),
        stripe_events.raw(stripe_money.customer("cus_1")).replace(b"\n", b""),
        stripe_events.raw(stripe_events.customer_created(account="acct_stranger")).replace(b"\n", b""),
        b"",
        b"not json",
        b"[]",
    ]

    tally = await reading.from_lines(lines, whose, livemode=False, tell=silent)
    await settle_everything()

    assert tally == Counter({Outcome.STORED: 6, Outcome.UNREADABLE: 2, Outcome.NOT_OURS: 1})
    assert await sales() == EXPECTED
    assert len(stripe.asked) == asked


async def test_text_that_no_database_holds_is_settled_all_the_same(whose: Owner) -> None:
    event = stripe_events.session_completed("cs_1", name="\ud800\x00", metadata={"pimmsCustomerId": "\ud800"})

    await intake.take([event], whose)
    await settle_everything()

    assert [(found.state, found.error) for found in await StripeEvent.all()] == [(EventState.SETTLED, None)]


@pytest.mark.parametrize("engine", ["postgres"], indirect=True)
async def test_two_runs_that_take_the_same_events_in_opposite_orders_do_not_block_each_other(whose: Owner) -> None:
    events = [stripe_events.customer_created(f"cus_{number}", event_id=f"evt_{number}") for number in range(50)]

    await asyncio.gather(intake.take(events, whose), intake.take(events[::-1], whose))

    assert await StripeEvent.all().count() == 50


async def test_an_event_twice_in_one_bundle_is_one(whose: Owner) -> None:
    event = stripe_events.customer_created()

    assert await intake.take([event, event], whose) == Counter({Outcome.STORED: 1, Outcome.HELD: 1})


async def test_gaps_name_what_is_missing_and_nothing_else(stripe: FakeStripe, api: Api, whose: Owner) -> None:
    stripe.add(*week(), *objects())
    missing = {gap.name: gap.missing async for gap in gaps.find(api, whose, TEN_DAYS, now=NOW)}

    await reading.from_stripe(api, whose, place(), tell=silent)
    await reading.from_stripe(api, whose, place(now=LONG_AFTER), tell=silent)
    await settle_everything()

    after = [gap async for gap in gaps.find(api, whose, TEN_DAYS, now=NOW)]
    assert (missing["charges"], missing["refunds"], missing["customers"]) == (("ch_1",), ("re_1",), ("cus_1",))
    assert len(missing["events 1"]) + len(missing["events 2"]) == 5
    assert [gap.name for gap in after if gap.missing] == []
    assert {gap.name: gap.there for gap in after}["charges"] == 1


async def test_the_key_of_another_account_is_refused(stripe: FakeStripe, api: Api, whose: Owner) -> None:
    stripe.account = "acct_other"

    with pytest.raises(Invalid):
        await reading.owner(api, whose.workspace_id)
    with pytest.raises(Invalid):
        await reading.owner(api, whose.workspace_id, account="acct_unclaimed")


def test_every_kind_of_object_that_is_read_has_its_list() -> None:
    assert {source.type for source in lists.OBJECTS} == set(wire.LISTED)
    assert all(lists.of_object({"object": kind}) is not None for kind in lists.BY_OBJECT)
    assert sorted(name for source in lists.EVENTS for name in source.asked["types"]) == sorted(wire.EVENTS)
