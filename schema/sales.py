"""Sales: what each payment paid, what went back, and the chain to the click that caused it."""

from datetime import datetime

import strawberry

from ingest.models.facts import Fact
from ingest.models.ledger import SaleKind, SaleStatus
from resolvers import converting, suggestions
from resolvers.amounts import Pair, amount
from resolvers.entities import CLICK, CUSTOMER, DISPUTE, LINK, REFUND, SALE, STRIPE_EVENT
from resolvers.reads import Asked, Bridge
from schema.attribution import Attribution
from schema.clicks import Click
from schema.conditions import DisputeFilter, RefundFilter, StripeEventFilter
from schema.customers import Customer
from schema.journeys import Journey
from schema.links import Link
from schema.money import ExchangeRate, Money, MoneyPair, SaleAmounts
from schema.nodes import Node
from schema.orders import DisputeOrder, RefundOrder, StripeEventOrder
from schema.reading import column, computed, field, many, one, row_type, same
from schema.references import DisputeConnection, RefundConnection, StripeEventConnection
from schema.scalars import Json
from schema.suggestions import Suggestion


def _pair(name: str) -> tuple[str, str, str, str]:
    return f"{name}_minor", "currency", f"converted_{name}_minor", "converted_currency"


@strawberry.type(description="The names that Stripe has for a payment. What it did not say is null.")
class StripeIds:
    session: str | None = column("session_id", "The Checkout session: `cs_…`.")
    invoice: str | None = column("invoice_id", "The invoice: `in_…`.")
    intent: str | None = column("intent_id", "The payment intent: `pi_…`.")
    charge: str | None = column("charge_id", "The charge: `ch_…` or `py_…`.")
    subscription: str | None = column("subscription_id", "The subscription: `sub_…`.")
    customer: str | None = column("stripe_customer_id", "The Stripe customer: `cus_…`.")


@row_type(SALE, "What one payment paid, less what went back.")
class Sale(Node):
    id: strawberry.ID = computed(SALE.global_id, "id", description="The global id: `sale_…`. Ids that it had before resolve to it.")
    livemode: bool = column("livemode", "Whether this is live rather than test data.")
    kind: SaleKind = column("kind", "What it is part of.")
    status: SaleStatus = column("status", "What became of the money.")
    paid_at: datetime = column("paid_at", "When it was paid, as Stripe says.")
    event_name: str | None = column("event_name", "What the site called it. Null where only Stripe told us of it.")
    processor: str = column("processor", "What processed the payment, such as stripe.")
    metadata: Json = column("metadata", "What the site said beside it.")
    off_stripe: bool = column("off_stripe", "Whether it was marked as paid without money passing through Stripe.")
    gross: MoneyPair = computed(Pair.of, *_pair("gross"), description="What was paid: tax and shipping inside, discount taken off.")
    tax: MoneyPair = computed(Pair.of, *_pair("tax"), description="The tax inside gross.")
    shipping: MoneyPair = computed(Pair.of, *_pair("shipping"), description="The shipping inside gross.")
    discount: MoneyPair = computed(Pair.of, *_pair("discount"), description="What was taken off before gross.")
    refunded: MoneyPair = computed(Pair.of, *_pair("refunded"), description="What was given back: refunds that succeeded.")
    disputed: MoneyPair = computed(Pair.of, *_pair("disputed"), description="What the buyer's bank took back and has not returned.")
    net: MoneyPair = computed(Pair.of, *_pair("net"), description="What is left: gross less refunded less disputed, never below zero.")
    presentment: Money | None = computed(
        amount, "presentment_minor", "presentment_currency", description="What the buyer saw, where Stripe showed another currency."
    )
    rate: ExchangeRate | None = same(
        "The rate it was converted at. Null while none is known, and where none is needed.", when="rate_source"
    )
    amount_in: SaleAmounts | None = field(
        Asked(converting.of_sale),
        "Its amounts in any currency, at the rate of the moment when it was paid, by the workspace's source. Null while none is known.",
        {"currency": (str, "The currency: ISO 4217, such as EUR.")},
    )
    customer: Customer = one(CUSTOMER, "customer_id", "Who paid.")
    identity_conflict: bool = column("identity_conflict", "Whether its own customer id and its Stripe customer's were not the same.")
    link: Link | None = one(LINK, "link_id", "The link that got the credit.")
    click: Click | None = one(CLICK, "click_id", "The click that got the credit.")
    refunds: RefundConnection = many(REFUND, "Its refunds, in every state.", by="sale_id", filter=RefundFilter, order=RefundOrder)
    disputes: DisputeConnection = many(DISPUTE, "Its disputes.", by="sale_id", filter=DisputeFilter, order=DisputeOrder)
    attribution: Attribution = same("Who got the credit, and why.")
    journey: Journey = same("The clicks that led to it.")
    suggestions: list[Suggestion] = field(
        Asked(suggestions.suggestions),
        "Where no click has the credit: the likeliest ones, five at most, with what speaks for each. `clickAttach` takes one up.",
    )
    stripe: StripeIds = same("The names that Stripe has for it.")
    evidence: StripeEventConnection = many(
        STRIPE_EVENT,
        "The events of Stripe's that it was made from.",
        bridge=Bridge(Fact, local="payment_id", near="payment_id", far="event_id"),
        filter=StripeEventFilter,
        order=StripeEventOrder,
    )
