"""Ids of clicks and browsers carry their time in their first characters; none is given out twice."""

import multiprocessing
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import hits, ids

MOMENTS = st.integers(0, 4_000_000_000_000).map(lambda milliseconds: milliseconds / 1_000)
SPANS = st.integers(0, 200_000_000).map(lambda milliseconds: milliseconds / 1_000)
SIX_HOURS_S = 62**13 / 2**53 / 1_000


@given(earliest=MOMENTS, span=SPANS, part=st.floats(0, 1), secret=st.sampled_from([0, 1, 2**53 - 1]), length=st.sampled_from([2, 3]))
def test_the_beginnings_of_a_span_are_those_of_each_id_within_it(
    earliest: float, span: float, part: float, secret: int, length: int
) -> None:
    within = [ids.click_id(at, secret=secret) for at in (earliest, earliest + span * part, earliest + span)]

    assert {click[:length] for click in within} <= set(ids.click_beginnings(earliest, earliest + span, length))


@given(earliest=MOMENTS, span=SPANS)
def test_the_beginnings_of_a_span_are_no_more_than_it_takes(earliest: float, span: float) -> None:
    found = ids.click_beginnings(earliest, earliest + span, 3)

    assert found == sorted(set(found))
    assert len(found) <= span / SIX_HOURS_S + 2


def test_ids_made_in_order_sort_by_the_second_and_are_what_a_browser_may_say(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    for at in (0.0, 61.0, 62.0, 1_800_000_000.5, 1_800_000_001.5, 4_000_000_000.0):
        monkeypatch.setattr(time, "time", lambda at=at: at)
        made.append(ids.made_in_order("anon"))

    assert made == sorted(made)
    assert {len(each) for each in made} == {len(ids.made("anon"))}
    assert all(hits.anonymous_id(each) == each for each in made)


def test_no_id_is_given_out_twice_whoever_asks() -> None:
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda _: ids.made("x"), range(20_000)))

    assert len(set(made)) == len(made)


def test_a_child_does_not_give_out_the_ids_of_its_parent() -> None:
    ids.made("x")
    context = multiprocessing.get_context("fork")
    told = context.SimpleQueue()
    child = context.Process(target=lambda: told.put([ids.made("x") for _ in range(200)]))
    child.start()
    theirs = told.get()
    child.join()

    assert set(theirs).isdisjoint(ids.made("x") for _ in range(200))
