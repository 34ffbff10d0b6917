"""Money, as it is served: exact, with its currency, and in two currencies where there are two."""

from datetime import datetime
from decimal import Decimal

import strawberry

from schema.reading import attribute, column, computed
from schema.scalars import BigInt


@strawberry.type(description="An amount of one currency.")
class Money:
    amount: Decimal | None = attribute(
        "major", "In major units, such as 12.30 for 1230 cents. Null for a currency whose decimals are not known here."
    )
    minor: BigInt = attribute("minor", "In minor units as Stripe sends them, such as 1230 cents.")
    currency: str = attribute("currency", "The currency: ISO 4217, upper case.")


@strawberry.type(description="The same money twice: as it was paid, and in the workspace's currency.")
class MoneyPair:
    original: Money = attribute("original", "In the currency it was paid in.")
    converted: Money | None = attribute(
        "converted", "In the workspace's currency, at the rate of the sale. Null while no rate is known; never a guess."
    )


@strawberry.type(description="The rate that a sale was converted at. It stays with the sale.")
class ExchangeRate:
    rate: Decimal = computed(Decimal, "rate", description="Units of the workspace's currency for one unit of the sale's.")
    source: str = column("rate_source", "Who published it, such as ECB.")
    published_at: datetime = column("rate_published_at", "When its source published it.")
