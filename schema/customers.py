"""Customers: who bought, or may, and what they paid."""

from datetime import datetime

import strawberry

from resolvers import totals
from resolvers.entities import CUSTOMER, LEAD, SALE
from resolvers.reads import Asked
from schema.conditions import LeadFilter, SaleFilter
from schema.money import Money
from schema.nodes import Node
from schema.orders import LeadOrder, SaleOrder
from schema.reading import attribute, column, computed, field, many, row_type
from schema.references import LeadConnection, SaleConnection


@strawberry.type(description="A customer's sales in one currency, summed.")
class CustomerTotal:
    currency: str = attribute("currency", "The currency: ISO 4217, upper case.")
    sales: int = attribute("sales", "How many sales.")
    gross: Money = attribute("gross", "What was paid.")
    refunded: Money = attribute("refunded", "What was given back.")
    disputed: Money = attribute("disputed", "What banks took back.")
    net: Money = attribute("net", "What is left.")


@row_type(CUSTOMER, "A buyer or lead: one id of the site's, or one Stripe customer without one, or one guest.")
class Customer(Node):
    id: strawberry.ID = computed(CUSTOMER.global_id, "id", description="The global id: `cust_…`.")
    livemode: bool = column("livemode", "Whether this is live rather than test data.")
    external_id: str | None = column("external_id", "The site's own id of them.")
    email: str | None = column("email", "The e-mail address.")
    name: str | None = column("name", "The name.")
    avatar: str | None = column("avatar", "The address of a picture.")
    country: str | None = column("country", "The country: two letters, ISO 3166.")
    stripe_customer_ids: list[str] = column("stripe_customers", "Every Stripe customer that ever was this one: `cus_…`.")
    first_seen_at: datetime = column("first_seen_at", "When we first heard of them.")
    deleted_at: datetime | None = column("deleted_at", "When Stripe said that the customer was deleted; the money stays.")
    sales: SaleConnection = many(SALE, "What they paid.", by="customer_id", filter=SaleFilter, order=SaleOrder)
    leads: LeadConnection = many(LEAD, "Their steps before paying.", by="customer_id", filter=LeadFilter, order=LeadOrder)
    totals: list[CustomerTotal] = field(Asked(totals.of_customer), "Their sales summed, one total for each currency.")
