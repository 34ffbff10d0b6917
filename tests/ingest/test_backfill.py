"""Backfills over real HTTP and on both databases: what was lost comes back, and what is held changes nothing."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from ingest import inbox, workspaces
from ingest.backfill import bookmark, gaps, intake, lists, reading
from ingest.backfill.bookmark import Bookmark
from ingest.backfill.intake import Outcome, Owner
from ingest.backfill.lists import Span
from ingest.errors import Invalid
from ingest.models.evidence import EventState, StripeEvent
from ingest.models.ledger import Sale
from ingest.settler import settle_everything
from ingest.stripe import wire
from ingest.stripe.client import Api
from ingest.stripe.errors import TryLater
from tests import fake_stripe, stripe_events, stripe_money, stripe_objects
from tests.fake_stripe import FakeStripe

NOW = datetime(2026, 1, 10, tzinfo=UTC)
TEN_DAYS = Span(NOW - timedelta(days=10), NOW)
LONG_AFTER = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture
def stripe() -> Iterator[FakeStripe]:
    with fake_stripe.running() as fake:
        yield fake


@pytest.fixture
async def api(stripe: FakeStripe) -> AsyncIterator[Api]:
    async with Api(stripe.key, base=stripe.url, tries=2, first_wait_seconds=0.001) as asking:
        yield asking


@pytest.fixture
async def whose(database: str, api: Api) -> Owner:
    workspace = await workspaces.ensure_default()
    found, _ = await reading.owner(api, workspace.id)
    return found


def place(span: Span = TEN_DAYS, *, now: datetime = NOW, path: Path | None = None) -> Bookmark:
    return Bookmark(account="acct_fake1", livemode=False, span=span, started_at=now, path=path)


def silent(_: reading.Step) -> None:
    """Nobody looks."""


def week() -> list[dict[str, Any]]:
    """The events of a purchase, a subscription and a partial refund."""
    clicked = {"pimmsClickId": "Abcdefghij012345"}
    return [
        stripe_events.session_completed("cs_1", intent="pi_1", amount=5_000, metadata=clicked),
        stripe_events.charge_succeeded("ch_1", intent="pi_1", amount=5_000),
        stripe_events.refund_created("re_1", charge="ch_1", intent="pi_1", amount=1_200),
        stripe_events.invoice_paid("in_1", paid=900, billing_reason="subscription_create", subscription="sub_1"),
        stripe_events.session_completed("cs_2", mode="subscription", subscription="sub_1", amount=900, customer="cus_1"),
    ]


async def sales() -> list[tuple[int, int, str | None, str | None]]:
    rows = await Sale.all().order_by("gross_minor")
    return [(row.gross_minor, row.refunded_minor, row.session_id, row.invoice_id) for row in rows]


EXPECTED = [(900, 0, "cs_2", "in_1"), (5_000, 1_200, "cs_1", None)]


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


def objects() -> list[dict[str, Any]]:
    """The same as `week`, as lists show it."""
    return [
        stripe_objects.session(
            "cs_1", intent="pi_1", amount=5_000, metadata={"pimmsClickId": "Abcdefghij012345"}, created=stripe_objects.NOON
        ),
        stripe_money.charge_object("ch_1", intent="pi_1", amount=5_000, refunded=1_200, receipt_url="https://pay.example/1"),
        stripe_money.charge_object("ch_2", paid=False),
        stripe_money.refund("re_1", charge="ch_1", intent="pi_1", amount=1_200),
        stripe_objects.invoice("in_1", paid=900, billing_reason="subscription_create", subscription="sub_1"),
        stripe_objects.session("cs_2", mode="subscription", subscription="sub_1", amount=900, customer="cus_1"),
        stripe_money.customer("cus_1"),
    ]


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


async def test_a_run_that_died_between_any_two_pages_gives_the_ledger_of_one_that_did_not(
    stripe: FakeStripe, api: Api, whose: Owner, tmp_path: Path
) -> None:
    """Over two windows of objects and the events after them; each run is told of one page, and Stripe fails at the next."""
    span, now = Span(NOW - timedelta(days=45), NOW + timedelta(days=25)), NOW + timedelta(days=26)
    old = int((NOW - timedelta(days=40)).timestamp())
    stripe.add(*week(), *objects(), *(stripe_money.customer(f"cus_old{number}", created=old + number) for number in range(101)))
    path, runs, tally = tmp_path / "bookmark.json", 0, Counter[Outcome]()

    def dies(step: reading.Step) -> None:
        tally.update(step.taken)
        stripe.fail(500, times=2)

    while True:
        runs += 1
        left = bookmark.resume(path, account="acct_fake1", livemode=False, now=now) or place(span, now=now, path=path)
        try:
            await reading.from_stripe(api, whose, left, tell=dies)
        except TryLater:
            continue
        finally:
            stripe.mend()
            await settle_everything()
        break

    assert runs >= 8
    assert (await sales(), tally[Outcome.HELD]) == (EXPECTED, 0)
    assert tally[Outcome.STORED] == await StripeEvent.all().count()
    again = await reading.from_stripe(api, whose, place(span, now=now), tell=silent)
    assert set(again) == {Outcome.HELD}


class Killed(BaseException):
    """The process is gone."""


async def test_a_run_that_is_killed_before_a_page_is_marked_as_read_takes_it_again_and_nothing_twice(
    stripe: FakeStripe, api: Api, whose: Owner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stripe.add(*week(), *(stripe_events.customer_created(f"cus_a{number}", at=stripe_events.NOON) for number in range(230)))
    path, marked, deaths, tally = tmp_path / "bookmark.json", Bookmark.move, set[str](), Counter[Outcome]()

    def move(its: Bookmark, name: str, last: str) -> None:
        if last not in deaths:
            deaths.add(last)
            raise Killed
        marked(its, name, last)

    monkeypatch.setattr(Bookmark, "move", move)
    for _ in range(20):
        left = bookmark.resume(path, account="acct_fake1", livemode=False, now=NOW) or place(path=path)
        with suppress(Killed):
            await reading.from_stripe(api, whose, left, tell=lambda step: tally.update(step.taken))
            break
        await settle_everything()
    await settle_everything()

    assert len(deaths) == 4
    assert tally == Counter({Outcome.HELD: 235}), "every page was taken before it was marked"
    assert await StripeEvent.all().count() == 235
    assert await sales() == EXPECTED


async def test_a_run_that_died_goes_on_where_it_stopped(stripe: FakeStripe, api: Api, whose: Owner, tmp_path: Path) -> None:
    stripe.add(*(stripe_events.customer_created(f"cus_{number}", at=stripe_events.NOON + number) for number in range(250)))
    path = tmp_path / "bookmark.json"

    def dies(step: reading.Step) -> None:
        stripe.fail(500, times=2)

    with pytest.raises(TryLater):
        await reading.from_stripe(api, whose, place(path=path), tell=dies)
    stored, asked = await StripeEvent.all().count(), len(stripe.asked)
    left = bookmark.resume(path, account="acct_fake1", livemode=False, now=NOW + timedelta(hours=3))
    assert left is not None
    tally = await reading.from_stripe(api, whose, left, tell=silent)

    assert (stored, tally, len(stripe.asked) - asked) == (100, Counter({Outcome.STORED: 150}), 2)
    assert not path.exists()


def test_a_bookmark_of_another_run_is_not_taken_up(tmp_path: Path) -> None:
    path = tmp_path / "bookmark.json"
    place(path=path).move("charges", "ch_1")

    assert bookmark.resume(path, account="acct_other", livemode=False, now=NOW) is None
    assert bookmark.resume(path, account="acct_fake1", livemode=True, now=NOW) is None
    assert bookmark.resume(path, account="acct_fake1", livemode=False, now=NOW + timedelta(days=3)) is None
    left = bookmark.resume(path, account="acct_fake1", livemode=False, now=NOW)
    assert left is not None
    assert (left.span, left.after) == (TEN_DAYS, {"charges": "ch_1"})


async def test_a_list_whose_last_object_is_gone_is_read_again(stripe: FakeStripe, api: Api, whose: Owner) -> None:
    stripe.add(stripe_money.customer("cus_1"))
    begun = place(now=LONG_AFTER)
    begun.after["customers 2025-12-31"] = "cus_deleted"

    assert await reading.from_stripe(api, whose, begun, tell=silent) == Counter({Outcome.STORED: 1})


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
