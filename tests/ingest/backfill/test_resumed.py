"""Backfills that died on the way, over real HTTP and on both databases: the next goes on, and the ledger is as of one that lived."""

from collections import Counter
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from ingest.backfill import bookmark, reading
from ingest.backfill.bookmark import Bookmark
from ingest.backfill.intake import Outcome, Owner
from ingest.backfill.lists import Span
from ingest.models.evidence import StripeEvent
from ingest.settler import settle_everything
from ingest.stripe.client import Api
from ingest.stripe.errors import TryLater
from tests import stripe_events, stripe_money
from tests.fake_stripe import FakeStripe
from tests.ingest.backfill.held import EXPECTED, LONG_AFTER, NOW, TEN_DAYS, objects, place, sales, silent, week


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
