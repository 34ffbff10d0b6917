"""What a report is asked, checked: which days or moments, grouped by what, narrowed to what, in which order and how many. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from zoneinfo import ZoneInfo

from ingest.models.rollups import SETS, Bucket
from resolvers.errors import BadInput
from resolvers.filters import Condition
from resolvers.reports import periods
from resolvers.reports.periods import Interval, Period

GROUPS = 100
"""Groups of one report at the most."""
PERIODS = 1_000
CELLS = 10_000
"""Groups times periods."""
DIMENSIONS = 5
LONGEST = timedelta(days=3_660)
LONGEST_OF_ROWS = timedelta(days=400)
"""Of a report that no rollup answers."""
EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


class Dimension(Enum):
    """What clicks, leads and sales can be told apart by: columns of the click that they come from."""

    LINK = "link_id"
    UTM_SOURCE = "utm_source"
    UTM_MEDIUM = "utm_medium"
    UTM_CAMPAIGN = "utm_campaign"
    UTM_TERM = "utm_term"
    UTM_CONTENT = "utm_content"
    COUNTRY = "country"
    DEVICE = "device"
    BROWSER = "browser"
    OS = "os"
    REFERER = "referer"
    TRIGGER = "trigger"


class Measure(Enum):
    """What groups go by: a figure of theirs."""

    CLICKS = "clicks"
    LEADS = "leads"
    SALES = "sales"
    GROSS = "gross_minor"
    REFUNDED = "refunded_minor"
    DISPUTED = "disputed_minor"
    NET = "net_minor"


class Extra(Enum):
    """Figures that are no sums: each is counted row by row, for whatever it is of."""

    VISITORS = "visitors"
    MEDIAN_NET = "median_net"
    MEDIAN_SECONDS_TO_SALE = "median_seconds_to_sale"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A report as it is asked for."""

    start: datetime | None = None
    end: datetime | None = None
    first_day: date | None = None
    last_day: date | None = None
    """Included."""
    group_by: tuple[Dimension, ...] = ()
    interval: Interval | None = None
    conditions: tuple[Condition, ...] = ()
    order: Measure = Measure.NET
    descending: bool = True
    limit: int = 20
    extras: tuple[Extra, ...] = ()

    @property
    def bucket(self) -> type[Bucket] | None:
        """The smallest named set of dimensions that answers it; None where rows must."""
        wanted = {each.value for each in self.group_by} | {condition.column for condition in self.conditions}
        fitting = [table for table, dimensions in SETS.items() if wanted <= set(dimensions)]
        return min(fitting, key=lambda table: len(SETS[table]), default=None)

    def periods(self, zone: ZoneInfo) -> list[Period]:
        """The periods that it asks for, in this time zone.

        Raises:
            BadInput: for the first thing that cannot be taken.
        """
        self._checked()
        start, end = self._range(zone)
        if end - start > LONGEST:
            raise BadInput("input.to" if self.end else "input.lastDay", f"is more than {LONGEST.days:,} days after the beginning")
        if self.bucket is None and end - start > LONGEST_OF_ROWS:
            raise BadInput(
                "input.groupBy",
                f"no rollup has these dimensions together, and row by row at most {LONGEST_OF_ROWS.days} days are counted: "
                "ask for fewer dimensions or a shorter range",
            )
        if self.extras and end - start > LONGEST_OF_ROWS:
            raise BadInput("input.extras", f"are counted row by row, over at most {LONGEST_OF_ROWS.days} days: ask for a shorter range")
        found = periods.periods(start, end, self.interval, zone, most=PERIODS)
        if found is None:
            raise BadInput("input.interval", f"gives more than {PERIODS:,} periods: take a longer one, or a shorter range")
        if self.group_by and len(found) * self.limit > CELLS:
            raise BadInput("input.limit", f"times the {len(found)} periods is more than {CELLS:,}: ask for fewer groups or longer periods")
        return found

    def _checked(self) -> None:
        if not 1 <= self.limit <= GROUPS:
            raise BadInput("input.limit", f"must be 1 to {GROUPS}")
        if len(set(self.group_by)) != len(self.group_by) or len(self.group_by) > DIMENSIONS:
            raise BadInput("input.groupBy", f"names at most {DIMENSIONS} dimensions, each once")

    def _range(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        moments, days = (self.start, self.end), (self.first_day, self.last_day)
        if any(moments) == any(days):
            raise BadInput("input.from", "give either from and to, or firstDay and lastDay")
        if self.start and self.end:
            return _ordered(self.start, self.end, ("input.from", "input.to"))
        if self.first_day and self.last_day:
            for name, day in (("input.firstDay", self.first_day), ("input.lastDay", self.last_day)):
                _bounded(name, datetime(day.year, day.month, day.day, tzinfo=UTC))
            begins, ends = periods.midnight(self.first_day, zone), periods.midnight(self.last_day + timedelta(days=1), zone)
            return _ordered(begins, ends, ("input.firstDay", "input.lastDay"))
        names = ("from", "to") if any(moments) else ("firstDay", "lastDay")
        missing = next(name for name, value in zip(names, moments if any(moments) else days, strict=True) if value is None)
        raise BadInput(f"input.{missing}", "is missing: a range has both of its ends")


def _ordered(start: datetime, end: datetime, names: Sequence[str]) -> tuple[datetime, datetime]:
    for name, moment in zip(names, (start, end), strict=True):
        _bounded(name, moment)
    if not start < end:
        raise BadInput(names[1], f"must be after {names[0].removeprefix('input.')}")
    return start, end


def _bounded(name: str, moment: datetime) -> None:
    if not EARLIEST <= moment <= LATEST + timedelta(days=2):
        raise BadInput(name, f"must be between {EARLIEST:%Y} and {LATEST:%Y}")
