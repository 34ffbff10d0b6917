"""Totals: what a customer paid, summed by the database for all customers of a page at once."""

from dataclasses import dataclass
from typing import Any

from pypika_tortoise.functions import Count, Sum

from resolvers import statements
from resolvers.amounts import Amount
from resolvers.context import Context
from resolvers.entities import SALE, Row

_SUMMED = ("gross", "refunded", "disputed", "net")


@dataclass(frozen=True, slots=True)
class Total:
    """One customer's sales in one currency."""

    currency: str
    sales: int
    gross: Amount
    refunded: Amount
    disputed: Amount
    net: Amount


async def of_customer(context: Context, customer: Row) -> list[Total]:
    """A total for each currency that the customer paid in, by the currency's code."""

    async def load(keys: list[str]) -> list[list[Total]]:
        query, table = statements.rows(SALE, context.access, lambda table: [table["customer_id"].isin(keys)])
        sums = [Sum(table[f"{name}_minor"]).as_(name) for name in _SUMMED]
        query = query.select(table["customer_id"], table["currency"], Count("*").as_("sales"), *sums)
        query = query.groupby(table["customer_id"], table["currency"])
        found: dict[str, list[Total]] = {key: [] for key in keys}
        for record in await statements.together(SALE.model, [query]):
            found[record["customer_id"]].append(_total(record))
        return [sorted(found[key], key=lambda total: total.currency) for key in keys]

    totals: list[Total] = await context.loader("totals", load).load(customer["id"])
    return totals


def _total(record: dict[str, Any]) -> Total:
    currency = record["currency"]
    sums = {name: Amount(int(record[name]), currency) for name in _SUMMED}
    return Total(currency, record["sales"], **sums)
