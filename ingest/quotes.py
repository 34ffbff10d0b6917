"""Quotes: the sources of exchange rates, and the rate between two currencies of what a source published. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal
from types import MappingProxyType

_CROSS = Context(prec=15, rounding=ROUND_HALF_EVEN)


@dataclass(frozen=True, slots=True)
class Source:
    """Where rates come from: `base` is what they are units for one of; a rate serves for `good_for` after it was published."""

    name: str
    base: str
    good_for: timedelta


ECB = Source("ECB", "EUR", timedelta(days=7))  # the Bank's longest closing is five days; older is a currency that it gave up
FILE = Source("FILE", "USD", timedelta(days=35))
OXR = Source("OXR", "USD", timedelta(hours=26))
SOURCES: Mapping[str, Source] = MappingProxyType({source.name: source for source in (ECB, FILE, OXR)})


@dataclass(frozen=True, slots=True)
class Quote:
    """Major units of the target for one of the currency; `published_at` is that of the older rate where two were crossed."""

    rate: Decimal
    source: str
    published_at: datetime


def crossed(target_per_base: Decimal, currency_per_base: Decimal) -> Decimal:
    """Units of the target for one of the currency: one division of what was published, to 15 significant digits."""
    return _CROSS.divide(target_per_base, currency_per_base)
