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


@strawberry.type(description="A sale's amounts in a currency that was asked for, all at one rate: that of the moment when it was paid.")
class SaleAmounts:
    rate: Decimal = attribute("rate", "Units of this currency for one unit of the sale's.")
    source: str | None = attribute("source", "Who published the rate, such as ECB. Null where none is needed.")
    published_at: datetime | None = attribute("published_at", "When its source published it. Null where none is needed.")
    gross: Money = attribute("gross", "What was paid: tax and shipping inside, discount taken off.")
    tax: Money = attribute("tax", "The tax inside gross.")
    shipping: Money = attribute("shipping", "The shipping inside gross.")
    discount: Money = attribute("discount", "What was taken off before gross.")
    refunded: Money = attribute("refunded", "What was given back.")
    disputed: Money = attribute("disputed", "What the buyer's bank took back and has not returned.")
    net: Money = attribute("net", "What is left: gross less refunded less disputed.")


@strawberry.type(description="The rate that a sale was converted at. It stays with the sale.")
class ExchangeRate:
    rate: Decimal = computed(Decimal, "rate", description="Units of the workspace's currency for one unit of the sale's.")
    source: str = column("rate_source", "Who published it, such as ECB.")
    published_at: datetime = column("rate_published_at", "When its source published it.")
