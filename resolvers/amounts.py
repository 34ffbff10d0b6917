"""Amounts as they are shown: minor units with their currency, and the same money in two currencies. Pure."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Self

from ingest import money


@dataclass(frozen=True, slots=True)
class Amount:
    """Money in one currency."""

    minor: int
    currency: str

    @property
    def major(self) -> Decimal | None:
        """None for a currency whose decimals nobody told us."""
        return None if money.exponent(self.currency) is None else money.major(self.minor, self.currency)


@dataclass(frozen=True, slots=True)
class Pair:
    """Money in the currency it was paid in, and in the workspace's; the second is None while no rate is known."""

    original: Amount
    converted: Amount | None

    @classmethod
    def of(cls, minor: int, currency: str, converted_minor: int | None, converted_currency: str) -> Self:
        return cls(Amount(minor, currency), amount(converted_minor, converted_currency))


def amount(minor: int | None, currency: str | None) -> Amount | None:
    return None if minor is None or currency is None else Amount(minor, currency)
