"""Periods: what days, weeks and months a zone's clock has, and that the buckets within them leave nothing out and count nothing twice."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.models.rollups import DAY, HOUR
from resolvers.reports.periods import Edge, Interval, Period, Run, midnight, parts, periods

BERLIN, KOLKATA, SAO_PAULO = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Kolkata"), ZoneInfo("America/Sao_Paulo")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def found(first: date, last: date, interval: Interval | None, zone: ZoneInfo) -> list[Period]:
    made = periods(midnight(first, zone), midnight(last + timedelta(days=1), zone), interval, zone, most=1_000)
    assert made is not None
    return made


def hours(made: list[Period]) -> list[float]:
    return [(each.end - each.start) / timedelta(hours=1) for each in made]


def test_a_day_is_as_long_as_its_clock_says() -> None:
    spring = found(date(2026, 3, 28), date(2026, 3, 30), Interval.DAY, BERLIN)
    autumn = found(date(2026, 10, 24), date(2026, 10, 26), Interval.DAY, BERLIN)

    assert hours(spring) == [24, 23, 24]
    assert hours(autumn) == [24, 25, 24]
    assert spring[1].start == datetime(2026, 3, 28, 23, tzinfo=UTC)


def test_a_day_whose_midnight_is_passed_by_begins_when_it_is() -> None:
    made = found(date(2017, 10, 14), date(2017, 10, 16), Interval.DAY, SAO_PAULO)

    assert hours(made) == [24, 23, 24]
    assert made[1].start == datetime(2017, 10, 15, 3, tzinfo=UTC)


def test_weeks_begin_on_monday_and_months_on_the_first_and_are_cut_to_the_range() -> None:
    weeks = found(date(2026, 1, 1), date(2026, 1, 13), Interval.WEEK, BERLIN)
    months = found(date(2026, 1, 31), date(2026, 3, 1), Interval.MONTH, BERLIN)

    assert hours(weeks) == [4 * 24, 7 * 24, 2 * 24]
    assert hours(months) == [24, 28 * 24, 24]


def test_hours_strike_as_the_zones_clock_does() -> None:
    made = periods(datetime(2026, 1, 1, 0, 10, tzinfo=UTC), datetime(2026, 1, 1, 2, tzinfo=UTC), Interval.HOUR, KOLKATA, most=9)

    assert made is not None
    assert [each.start.minute for each in made] == [10, 30, 30]
    assert made[-1].end == datetime(2026, 1, 1, 2, tzinfo=UTC)


def test_too_many_are_not_made() -> None:
    assert periods(EPOCH, EPOCH + timedelta(hours=11), Interval.HOUR, KOLKATA, most=11) is None
    assert len(periods(EPOCH, EPOCH + timedelta(hours=11), Interval.HOUR, ZoneInfo("UTC"), most=11) or ()) == 11


def test_a_month_of_whole_days_is_read_from_days_and_its_ends_from_hours_and_rows() -> None:
    start, end = datetime(2026, 1, 1, 22, 30, tzinfo=UTC), datetime(2026, 1, 31, 1, 0, 0, 1, tzinfo=UTC)

    runs, edges = parts([Period(start, end)])

    first = (datetime(2026, 1, 2, tzinfo=UTC) - EPOCH) // timedelta(hours=1)
    assert runs == [Run(0, HOUR, first - 1, first), Run(0, DAY, first, first + 29 * 24), Run(0, HOUR, first + 29 * 24, first + 29 * 24 + 1)]
    assert edges == [Edge(0, start, start + timedelta(minutes=30)), Edge(0, end - timedelta(microseconds=1), end)]


moments = st.datetimes(datetime(2025, 1, 1), datetime(2025, 2, 1), timezones=st.just(UTC))  # noqa: DTZ001  # hypothesis adds the zone


@given(
    start=moments,
    end=moments,
    interval=st.sampled_from([None, *Interval]),
    zone=st.sampled_from([BERLIN, KOLKATA, SAO_PAULO, ZoneInfo("Australia/Lord_Howe")]),
)
def test_periods_follow_each_other_and_their_parts_cover_them_once(
    start: datetime, end: datetime, interval: Interval | None, zone: ZoneInfo
) -> None:
    if start >= end:
        start, end = end, start + timedelta(microseconds=1)
    made = periods(start, end, interval, zone, most=1_000)
    assert made is not None

    runs, edges = parts(made)

    assert (made[0].start, made[-1].end) == (start, end)
    assert all(one.end == next_.start for one, next_ in zip(made, made[1:], strict=False))  # noqa: RUF007  # as they stand
    for number, period in enumerate(made):
        pieces = [(EPOCH + timedelta(hours=run.first), EPOCH + timedelta(hours=run.past)) for run in runs if run.period == number]
        pieces += [(edge.start, edge.end) for edge in edges if edge.period == number]
        pieces.sort()
        assert (pieces[0][0], pieces[-1][1]) == (period.start, period.end)
        assert all(one[1] == next_[0] for one, next_ in zip(pieces, pieces[1:], strict=False))  # noqa: RUF007  # as above


@pytest.mark.parametrize("run", parts([Period(EPOCH + timedelta(hours=5), EPOCH + timedelta(days=9, hours=7))])[0])
def test_days_begin_at_midnight_of_utc(run: Run) -> None:
    assert run.span == HOUR or (run.first % DAY, run.past % DAY) == (0, 0)
