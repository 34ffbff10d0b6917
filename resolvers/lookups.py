"""Look-ups: a sale by any of its names, a customer by the ids that sites and Stripe use, a link by its address."""

from typing import Any

from pypika_tortoise.queries import Table
from pypika_tortoise.terms import Criterion

from ingest.models.ledger import SaleReference
from ingest.models.people import StripeCustomer
from ingest.models.workspace import Domain
from ingest.text import unescape
from resolvers import statements
from resolvers.context import Access, Context
from resolvers.cursors import Order
from resolvers.entities import CUSTOMER, LEAD, LINK, SALE, Entity, Row
from resolvers.filters import storable

FALLBACK = "*"


async def sale(context: Context, name: str) -> Row | None:
    """The sale of this name: a Stripe id of its payment; the latest paid one where several accounts use it."""
    return await _first(context.access, SALE, "paid_at", lambda table: [table["id"].isin(_named(context.access, name))], descending=True)


def _named(access: Access, name: str) -> Any:
    query, table = statements.scoped(SaleReference, access)
    return query.select(table["sale_id"]).where(table["name"] == storable(name))


async def customer_by_external_id(context: Context, external_id: str) -> Row | None:
    return await _first(context.access, CUSTOMER, "first_seen_at", lambda table: [table["external_id"] == storable(external_id)])


async def customer_by_stored_id(context: Context, external_id: str | None) -> Row | None:
    """The same, of an id as the database holds it."""
    return None if external_id is None else await customer_by_external_id(context, unescape(external_id))


async def lead(context: Context, customer: Row, event_name: str) -> Row | None:
    """A customer's lead of this name, as the database holds it."""
    return await _first(
        context.access, LEAD, "at", lambda table: [table["customer_id"] == customer["id"], table["event_name"] == event_name]
    )


async def payment_key(context: Context, sale: Row) -> str:
    """A key that names the payment of a sale: one of Stripe's ids of it, or the statement that told of it."""
    for kind in ("invoice", "intent", "charge", "session"):
        if sale[f"{kind}_id"] is not None:
            return f"{kind}:{sale[f'{kind}_id']}"
    query, table = statements.scoped(SaleReference, context.access)
    records = await statements.together(SaleReference, [query.select(table["name"]).where(table["sale_id"] == sale["id"])])
    return "statement:" + min((record["name"] for record in records if record["name"].startswith("stm_")), default="")


async def customer_by_email(context: Context, email: str) -> Row | None:
    """The customer first seen of those who have this address; letters' case does not matter."""
    return await _first(context.access, CUSTOMER, "first_seen_at", lambda table: [table["email_key"] == storable(email.strip().lower())])


async def customer_by_stripe_id(context: Context, stripe_id: str) -> Row | None:
    """The customer that a `cus_…` points to now."""

    def where(table: Table) -> list[Criterion]:
        query, between = statements.scoped(StripeCustomer, context.access)
        return [table["id"].isin(query.select(between["customer_id"]).where(between["stripe_id"] == storable(stripe_id)))]

    return await _first(context.access, CUSTOMER, "first_seen_at", where)


async def link(context: Context, key: str, domain: str | None) -> Row | None:
    """The link at this address; without a domain, at the workspace's first one."""
    name = domain.strip().lower() if domain is not None else await _default_domain(context.access)
    return await _first(
        context.access, LINK, "created_at", lambda table: [table["domain"] == storable(name), table["key"] == storable(key)]
    )


async def _default_domain(access: Access) -> str:
    query, table = statements.scoped(Domain, access)
    query = query.where(table["name"] != FALLBACK).orderby(table["id"]).limit(1).select(table["name"])
    records = await statements.together(Domain, [query])
    return records[0]["name"] if records else FALLBACK


async def _first(access: Access, entity: Entity, order: str, where: Any, *, descending: bool = False) -> Row | None:
    query, table = statements.rows(entity, access, where)
    query = statements.ordered(statements.columns(entity, query, table), table, Order(order, descending=descending), forward=True).limit(1)
    rows = await statements.fetch(entity, query)
    return rows[0] if rows else None


async def referred(access: Access, names: list[str]) -> dict[str, str]:
    """The sales that old ids now resolve to."""
    query, table = statements.scoped(SaleReference, access)
    query = query.select(table["name"], table["sale_id"]).where(table["name"].isin([storable(name) for name in names]))
    return {record["name"]: record["sale_id"] for record in await statements.together(SaleReference, [query])}
