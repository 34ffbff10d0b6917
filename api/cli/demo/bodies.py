"""Stripe's events as the demo sends them: whole enough to be real, in the shapes of the newest API version."""

from datetime import datetime
from typing import Any

Json = dict[str, Any]
API_VERSION = "2026-10-28.endive"


def event(name: str, kind: str, at: datetime, body: Json) -> Json:
    """An event in its envelope; the same `name` is the same event, however often it is sent."""
    return {
        "id": f"evt_{name}",
        "object": "event",
        "api_version": API_VERSION,
        "created": int(at.timestamp()),
        "data": {"object": body},
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": kind,
    }


def session(name: str, amount: int, currency: str, email: str, **more: Any) -> Json:
    """A completed Checkout session."""
    return {
        "id": f"cs_test_{name}",
        "object": "checkout.session",
        "amount_total": amount,
        "client_reference_id": None,
        "currency": currency,
        "customer": None,
        "customer_details": {"email": email, "name": email.partition("@")[0].title(), "address": {"country": "US"}},
        "invoice": None,
        "livemode": False,
        "metadata": {},
        "mode": "payment",
        "payment_intent": None,
        "payment_status": "paid",
        "status": "complete",
        "subscription": None,
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        **more,
    }


def invoice(name: str, amount: int, currency: str, at: datetime, **more: Any) -> Json:
    """A paid invoice; `subscription` and `billing_reason` make it one of a subscription."""
    subscription = more.pop("subscription", None)
    parent = (
        {"type": "subscription_details", "subscription_details": {"subscription": subscription, "metadata": {}}} if subscription else None
    )
    return {
        "id": f"in_{name}",
        "object": "invoice",
        "amount_paid": amount,
        "billing_reason": "manual",
        "currency": currency,
        "customer": None,
        "livemode": False,
        "metadata": {},
        "parent": parent,
        "status": "paid",
        "status_transitions": {"paid_at": int(at.timestamp())},
        "total": amount,
        "total_taxes": [],
        **more,
    }


def intent(name: str, amount: int, currency: str, **more: Any) -> Json:
    return {
        "id": f"pi_{name}",
        "object": "payment_intent",
        "amount": amount,
        "amount_received": amount,
        "currency": currency,
        "customer": None,
        "latest_charge": f"ch_{name}",
        "livemode": False,
        "metadata": {},
        "status": "succeeded",
        **more,
    }


def charge(name: str, amount: int, currency: str, at: datetime, refunded: int) -> Json:
    """A charge with its running total of refunds."""
    return {
        "id": f"ch_{name}",
        "object": "charge",
        "amount": amount,
        "amount_captured": amount,
        "amount_refunded": refunded,
        "captured": True,
        "created": int(at.timestamp()),
        "currency": currency,
        "customer": None,
        "livemode": False,
        "metadata": {},
        "paid": True,
        "payment_intent": f"pi_{name}",
        "refunded": refunded >= amount,
        "status": "succeeded",
    }


def refund(name: str, amount: int, currency: str, at: datetime, *, of: str) -> Json:
    return {
        "id": f"re_{name}",
        "object": "refund",
        "amount": amount,
        "charge": f"ch_{of}",
        "created": int(at.timestamp()),
        "currency": currency,
        "payment_intent": f"pi_{of}",
        "reason": "requested_by_customer",
        "status": "succeeded",
    }


def customer(name: str, email: str, **metadata: str) -> Json:
    return {"id": f"cus_{name}", "object": "customer", "email": email, "livemode": False, "metadata": metadata, "name": None}
