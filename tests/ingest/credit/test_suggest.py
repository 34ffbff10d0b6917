"""Suggestions are ranked by what speaks for a click; equal hints in any order rank alike."""

import random
from datetime import UTC, datetime, timedelta

from ingest.credit.rules import Rules
from ingest.credit.suggest import MOST, Hint, Why, rank

PAID_AT = datetime(2026, 1, 1, 12, tzinfo=UTC)
A, B = "A" * 16, "B" * 16


def hint(click_id: str, why: Why, *, minutes: float = 10, source: str = "row_1") -> Hint:
    return Hint(click_id, PAID_AT - timedelta(minutes=minutes), why, source)


def test_stronger_hints_come_first_and_hints_add_up() -> None:
    alone = rank([hint(A, Why.SAME_EMAIL)], PAID_AT, Rules())
    both = rank([hint(A, Why.SAME_EMAIL), hint(A, Why.SHORTLY_BEFORE), hint(B, Why.SAME_BROWSER)], PAID_AT, Rules())

    assert [each.click_id for each in both] == [B, A]
    assert alone[0].score < both[1].score < both[0].score < 1
    assert [each.why for each in both[1].hints] == [Why.SAME_EMAIL, Why.SHORTLY_BEFORE]


def test_one_thing_said_twice_weighs_once() -> None:
    once, twice = hint(A, Why.SAME_EMAIL), hint(A, Why.SAME_EMAIL, source="row_2")

    assert rank([once, twice], PAID_AT, Rules())[0].score == rank([once], PAID_AT, Rules())[0].score


def test_time_and_country_say_less_the_more_clicks_they_fit_and_the_longer_ago() -> None:
    near, far = hint(A, Why.SHORTLY_BEFORE, minutes=1), hint(B, Why.SHORTLY_BEFORE, minutes=50)

    found = rank([near, far], PAID_AT, Rules())

    assert [each.click_id for each in found] == [A, B]
    assert found[0].score < rank([near], PAID_AT, Rules())[0].score


def test_what_could_not_be_credited_is_not_suggested() -> None:
    late, old = hint(A, Why.SAME_BROWSER, minutes=-30), hint(B, Why.SAME_BROWSER, minutes=91 * 24 * 60)

    assert rank([late, old, hint("C" * 16, Why.SAME_BROWSER)], PAID_AT, Rules(), refused=frozenset({"C" * 16})) == ()


def test_every_order_ranks_alike_and_a_few_are_enough() -> None:
    hints = [hint(f"{number:016}", why, minutes=number % 7) for number in range(20) for why in Why]
    shuffled = random.Random(1).sample(hints, len(hints))

    assert rank(shuffled, PAID_AT, Rules()) == rank(hints, PAID_AT, Rules())
    assert len(rank(hints, PAID_AT, Rules())) == MOST
