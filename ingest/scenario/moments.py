"""Times in a scenario: written from its clock, such as `-90d` or `+1h30m`, or as a whole date and time. Pure."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

_FROM_CLOCK = re.compile(r"([+-])(?=\d)(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)us)?")


def offset(text: str) -> timedelta | None:
    """How far from the clock that is; None for text that is no offset."""
    match = _FROM_CLOCK.fullmatch(text)
    if match is None:
        return None
    days, hours, minutes, seconds, microseconds = (int(part or 0) for part in match.groups()[1:])
    distance = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds, microseconds=microseconds)
    return -distance if match[1] == "-" else distance


def moment(value: Any, clock: datetime) -> datetime | None:
    """The time that a value means: an offset, a time, or seconds since 1970; None for anything else."""
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    if isinstance(value, int) and not isinstance(value, bool):
        return datetime.fromtimestamp(value, UTC)
    distance = offset(value) if isinstance(value, str) else None
    return None if distance is None else clock + distance
