"""What a report answers with: figures of everything, of each group, and of the periods of both."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ingest.text import unescape
from resolvers.amounts import Amount
from resolvers.reports import extras, texts
from resolvers.reports.extras import Counted
from resolvers.reports.periods import Period
from resolvers.reports.question import Dimension, Extra

NONE = (0,) * len(texts.SUMS)


class Figures:
    """What something came to; amounts in the workspace's currency."""

    __slots__ = ("currency", "extras", "sums")

    def __init__(self, sums: Sequence[int], currency: str, extras: Mapping[Extra, int]) -> None:
        self.sums, self.currency, self.extras = sums, currency, extras

    clicks = property(lambda self: self.sums[0])
    leads = property(lambda self: self.sums[1])
    sales = property(lambda self: self.sums[2])
    pending_sales = property(lambda self: self.sums[3])
    gross = property(lambda self: Amount(self.sums[4], self.currency))
    refunded = property(lambda self: Amount(self.sums[5], self.currency))
    disputed = property(lambda self: Amount(self.sums[6], self.currency))
    net = property(lambda self: Amount(self.sums[7], self.currency))
    visitors = property(lambda self: self.extras.get(Extra.VISITORS))
    median_seconds_to_sale = property(lambda self: self.extras.get(Extra.MEDIAN_SECONDS_TO_SALE))

    @property
    def median_net(self) -> Amount | None:
        found = self.extras.get(Extra.MEDIAN_NET)
        return None if found is None else Amount(found, self.currency)


class Part(Figures):
    """Of one period."""

    __slots__ = ("period",)

    def __init__(self, sums: Sequence[int], currency: str, extras: Mapping[Extra, int], period: Period) -> None:
        super().__init__(sums, currency, extras)
        self.period = period

    start = property(lambda self: self.period.start)
    end = property(lambda self: self.period.end)


class Whole(Figures):
    """Of all periods, and of each."""

    __slots__ = ("_counted", "_parts", "_shown", "key")

    def __init__(
        self,
        parts: Mapping[int, Sequence[int]],
        currency: str,
        shown: Sequence[Period],
        counted: Counted,
        key: tuple[str, ...] | None = None,
    ) -> None:
        super().__init__([sum(each) for each in zip(*parts.values(), strict=True)] or NONE, currency, counted.of(key, extras.WHOLE))
        self._parts, self._shown, self._counted, self.key = parts, shown, counted, key

    @property
    def periods(self) -> list[Part]:
        return [
            Part(self._parts.get(number, NONE), self.currency, self._counted.of(self.key, number), period)
            for number, period in enumerate(self._shown)
        ]


class Group(Whole):
    """Of what has the same dimensions; those that the report is not grouped by are None, as are those that are not known."""

    __slots__ = ("_dimensions",)

    def __init__(
        self,
        key: tuple[str, ...],
        by: Sequence[Dimension],
        parts: Mapping[int, Sequence[int]],
        currency: str,
        shown: Sequence[Period],
        counted: Counted,
    ) -> None:
        super().__init__(parts, currency, shown, counted, key)
        self._dimensions = {each.value: unescape(value) or None for each, value in zip(by, key, strict=True)}

    def __getattr__(self, name: str) -> str | None:
        if name.startswith("_"):
            raise AttributeError(name)
        found: str | None = self._dimensions.get(name)
        return found


@dataclass(frozen=True, slots=True)
class Pending:
    """Sales whose amounts are not in the sums: not yet converted to the workspace's currency. Amounts in the one that they are in."""

    currency: str
    sales: int
    gross: Amount
    net: Amount


@dataclass(frozen=True, slots=True)
class Report:
    start: datetime
    end: datetime
    timezone: str
    currency: str
    totals: Whole
    rows: list[Group]
    groups: int
    pending: list[Pending]
