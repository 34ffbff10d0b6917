"""Periods of a report: hours, days, weeks and months as a time zone has them, and the whole hours and days of UTC within each. Pure."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from zoneinfo import ZoneInfo

from ingest.models.rollups import DAY, HOUR

_HOUR = timedelta(hours=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Interval(Enum):
    """What a report's periods are."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Period:
    """From `start` to just before `end`, both in UTC."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Run:
    """Buckets of one span that a period is made of: hours since 1970, `past` excluded."""

    period: int
    span: int
    first: int
    past: int


@dataclass(frozen=True, slots=True)
class Edge:
    """What of a period is in no whole hour of UTC."""

    period: int
    start: datetime
    end: datetime


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The moment at which a day begins, in UTC; where clocks pass midnight by, the moment at which they do."""
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


def periods(start: datetime, end: datetime, interval: Interval | None, zone: ZoneInfo, *, most: int) -> list[Period] | None:
    """The periods from `start` to `end`, the first and the last cut to them; None where there are more than `most`."""
    if interval is None:
        return [Period(start, end)]
    found: list[Period] = []
    for until in _ends(start, interval, zone):
        if len(found) == most:
            return None
        found.append(Period(found[-1].end if found else start, min(until, end)))
        if until >= end:
            break
    return found


def _ends(start: datetime, interval: Interval, zone: ZoneInfo) -> Iterator[datetime]:
    """Where the periods end, from the one that `start` is in."""
    local = start.astimezone(zone)
    if interval is Interval.HOUR:  # sixty minutes each, as the zone's clock strikes at the start
        until = start - timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
        while True:
            until += _HOUR
            yield until
    day = _FIRST[interval](local.date())
    while True:
        day = _NEXT[interval](day)
        if (until := midnight(day, zone)) > start:
            yield until


_FIRST: dict[Interval, Callable[[date], date]] = {
    Interval.DAY: lambda day: day,
    Interval.WEEK: lambda day: day - timedelta(days=day.weekday()),
    Interval.MONTH: lambda day: day.replace(day=1),
}
_NEXT: dict[Interval, Callable[[date], date]] = {
    Interval.DAY: lambda day: day + timedelta(days=1),
    Interval.WEEK: lambda day: day + timedelta(days=7),
    Interval.MONTH: lambda day: (day.replace(day=1) + timedelta(days=32)).replace(day=1),
}


def parts(found: Sequence[Period]) -> tuple[list[Run], list[Edge]]:
    """The buckets that the periods are made of, and what is left over."""
    runs, edges = list[Run](), list[Edge]()
    for number, period in enumerate(found):
        first, past = -(-(period.start - _EPOCH) // _HOUR), (period.end - _EPOCH) // _HOUR
        if first >= past:
            edges.append(Edge(number, period.start, period.end))
            continue
        runs += _runs(number, first, past)
        sides = ((period.start, _EPOCH + first * _HOUR), (_EPOCH + past * _HOUR, period.end))
        edges += [Edge(number, start, end) for start, end in sides if start < end]
    return runs, edges


def _runs(number: int, first: int, past: int) -> Iterator[Run]:
    """Whole days where there are any, and the hours before and after them."""
    begins, ends = -(-first // DAY) * DAY, past // DAY * DAY
    if begins >= ends:
        yield Run(number, HOUR, first, past)
        return
    if first < begins:
        yield Run(number, HOUR, first, begins)
    yield Run(number, DAY, begins, ends)
    if ends < past:
        yield Run(number, HOUR, ends, past)


def whole(found: Sequence[Period]) -> list[Edge]:
    """All of them as what is in no bucket."""
    return [Edge(number, period.start, period.end) for number, period in enumerate(found)]
