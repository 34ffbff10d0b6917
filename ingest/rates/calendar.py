"""The days on which the European Central Bank publishes reference rates, and the moment of a day that they are for. Pure.

The Bank publishes at about 16:00 in Frankfurt on every day that TARGET is open: so what comes next, and when, is known in advance.
Source: https://www.ecb.europa.eu/stats/policy_and_exchange_rates/euro_reference_exchange_rates/
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

FRANKFURT = ZoneInfo("Europe/Berlin")
PUBLICATION = time(16)
DAY = timedelta(days=1)
_FIXED = {(1, 1), (5, 1), (12, 25), (12, 26)}


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar. Source: the anonymous algorithm of Nature, 20 April 1876."""
    golden = year % 19
    century, rest = divmod(year, 100)
    correction = (century - (century + 8) // 25 + 1) // 3
    moon = (19 * golden + century - century // 4 - correction + 15) % 30
    sunday = (32 + 2 * (century % 4) + 2 * (rest // 4) - moon - rest % 4) % 7
    late = (golden + 11 * moon + 22 * sunday) // 451
    month, day = divmod(moon + sunday - 7 * late + 114, 31)
    return date(year, month, day + 1)


def is_open(day: date) -> bool:
    """Whether TARGET is open: not at weekends, New Year, Good Friday, Easter Monday, 1 May, 25 and 26 December."""
    sunday = easter(day.year)
    return day.weekday() < 5 and (day.month, day.day) not in _FIXED and day not in {sunday - 2 * DAY, sunday + DAY}


def open_after(day: date) -> date:
    """The next day of publication after `day`."""
    day += DAY
    while not is_open(day):
        day += DAY
    return day


def moment(day: date) -> datetime:
    """When the rates of a day count as published."""
    return datetime.combine(day, PUBLICATION, FRANKFURT).astimezone(UTC)


def day_of(at: datetime) -> date:
    """The day whose rates a moment of publication belongs to."""
    return at.astimezone(FRANKFURT).date()
