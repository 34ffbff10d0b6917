"""Journeys: the clicks that led to a sale. Those of the credited click's browser and those that were considered, none after the payment."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pypika_tortoise.functions import Count
from pypika_tortoise.queries import Table
from pypika_tortoise.terms import Criterion

from resolvers import statements
from resolvers.context import Access, Context
from resolvers.cursors import Order, Place
from resolvers.entities import CLICK, CONSIDERATION, SALE, Row
from resolvers.pages import Parent


@dataclass(frozen=True, slots=True)
class Trail:
    """What tells a sale's touches: the clicks named for it, the browser of the credited one, and when it was paid."""

    clicks: tuple[str, ...]
    browser: str | None
    paid_at: datetime


def touched(trail: Trail) -> Parent:
    """The clicks of a trail: those of the browser, of which there may be many, and those that are named and of none or another."""
    browser = trail.browser

    def named(table: Table, _access: Access) -> Criterion:
        found: Criterion = table["id"].isin(trail.clicks or ("",)) & (table["clicked_at"] <= trail.paid_at)
        return found if browser is None else found & (table["anonymous_id"].isnull() | (table["anonymous_id"] != browser))

    def of_the_browser(table: Table, _access: Access) -> Criterion:
        found: Criterion = (table["anonymous_id"] == browser) & (table["clicked_at"] <= trail.paid_at)
        return found

    return [named] if browser is None else [named, of_the_browser]


async def trail(context: Context, sale: Row) -> Trail:
    """The trail of a sale; those of a page of sales take two statements together."""

    async def load(sales: list[Row]) -> list[Trail]:
        considered = await _considered(context.access, sales)
        browsers = await _browsers(context.access, [each["click_id"] for each in sales if each["click_id"] is not None])
        return [_trail(each, considered.get(each["id"], set()), browsers) for each in sales]

    found: Trail = await context.loader("trail", load).load(sale)
    return found


def _trail(sale: Row, considered: set[str], browsers: dict[str, str | None]) -> Trail:
    credited = sale["click_id"]
    named = considered if credited is None else considered | {credited}
    return Trail(tuple(sorted(named)), browsers.get(credited) if credited is not None else None, sale["paid_at"])


async def _considered(access: Access, sales: Sequence[Row]) -> dict[str, set[str]]:
    query, table = statements.rows(
        CONSIDERATION, access, lambda table: [table["sale_id"].isin([sale["id"] for sale in sales]), table["click_id"].notnull()]
    )
    found: dict[str, set[str]] = {}
    for record in await statements.together(CONSIDERATION.model, [query.select(table["sale_id"], table["click_id"])]):
        found.setdefault(record["sale_id"], set()).add(record["click_id"])
    return found


async def _browsers(access: Access, clicks: Sequence[str]) -> dict[str, str | None]:
    if not clicks:
        return {}
    query, table = statements.rows(CLICK, access, lambda table: [table["id"].isin(sorted(set(clicks)))])
    records = await statements.together(CLICK.model, [query.select(table["id"], table["anonymous_id"])])
    return {record["id"]: record["anonymous_id"] for record in records}


async def order_index(context: Context, sale: Row) -> int:
    """Which sale of its customer this is, 1 for the first, by time of payment."""

    async def load(sales: list[Row]) -> list[int]:
        queries = [_up_to(context.access, each) for each in sales]
        counted = {record[statements.PARENT]: record["count_"] for record in await statements.together(SALE.model, queries)}
        return [counted[place] for place in range(len(sales))]

    found: int = await context.loader("order_index", load).load(sale)
    return found


def _up_to(access: Access, sale: Row) -> Any:
    query, _ = statements.rows(
        SALE,
        access,
        lambda table: [
            table["customer_id"] == sale["customer_id"],
            statements.beyond(table, _BY_PAYMENT, Place(sale["paid_at"], sale["id"]), forward=False, inclusive=True),
        ],
    )
    return query.select(Count("*").as_("count_"))


_BY_PAYMENT = Order("paid_at", descending=False)


def days_between(first_touch_at: datetime, paid_at: datetime) -> int:
    """Whole days from the first touch to the payment."""
    return (paid_at - first_touch_at) // timedelta(days=1)
