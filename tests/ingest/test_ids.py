"""Ids of clicks carry their time in their first characters."""

from hypothesis import given
from hypothesis import strategies as st

from ingest import ids

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
