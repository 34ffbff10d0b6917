"""Stripe's names that we depend on: the event types that an endpoint subscribes to, and the version that it is pinned to."""

API_VERSION = "2026-10-28.endive"
"""What `clickledger stripe install` pins its endpoint to. Bodies of any other version are read just the same."""

KINDS = {
    "checkout.session.completed": "session",
    "checkout.session.async_payment_succeeded": "session",
    "checkout.session.async_payment_failed": "session",
    "checkout.session.expired": "session",
    "invoice.paid": "invoice",
    "invoice.payment_succeeded": "invoice",
    "invoice_payment.paid": "invoice_payment",
    "payment_intent.succeeded": "intent",
    "charge.succeeded": "charge",
    "charge.captured": "charge",
    "charge.updated": "charge",
    "charge.refunded": "charge",
    "charge.refund.updated": "refund",
    "refund.created": "refund",
    "refund.updated": "refund",
    "refund.failed": "refund",
    "charge.dispute.created": "dispute",
    "charge.dispute.updated": "dispute",
    "charge.dispute.closed": "dispute",
    "charge.dispute.funds_withdrawn": "dispute",
    "charge.dispute.funds_reinstated": "dispute",
    "customer.created": "customer",
    "customer.updated": "customer",
    "customer.deleted": "customer",
    "customer.subscription.created": "subscription",
    "customer.subscription.updated": "subscription",
    "customer.subscription.deleted": "subscription",
}
EVENTS = tuple(KINDS)
"""What an endpoint of ours asks for: no more than what is read."""

LISTED = {
    "checkout.session.listed": "session",
    "invoice.listed": "invoice",
    "invoice_payment.listed": "invoice_payment",
    "payment_intent.listed": "intent",
    "charge.listed": "charge",
    "refund.listed": "refund",
    "charge.dispute.listed": "dispute",
    "customer.listed": "customer",
    "customer.subscription.listed": "subscription",
}
"""Types of our own: an object as a list of Stripe's showed it, with no event to say what happened to it (`ingest.backfill`)."""

_FAMILIES = {"invoice.": "invoice", "charge.dispute.": "dispute", "customer.subscription.": "subscription"}
"""Types that nobody need send us, and whose object tells the same as those above."""


def kind(event_type: str) -> str | None:
    """What an event of this type holds, None for one that is not read."""
    exact = KINDS.get(event_type) or LISTED.get(event_type)
    return exact or next((kind for family, kind in _FAMILIES.items() if event_type.startswith(family)), None)
