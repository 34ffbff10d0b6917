"""Stripe events as it sends them: an object of `tests.stripe_objects` in its envelope, serialized and signed.

Every maker of an event takes the fields of its object by name, and those of the envelope: `at` (the event's `created`), `event_id`,
`account`, `livemode`, `era`, `api_version`, `previous_attributes`. An event keeps its id for good: send the same dict again to repeat it.
"""

import hmac
import inspect
import itertools
import json
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any

from tests import stripe_money, stripe_objects
from tests.stripe_objects import ERAS, NOON, Json

__all__ = ["ERAS", "NOON", "Json", "event", "raw", "sign"]

_numbers = itertools.count(1)


def seconds(at: int | datetime) -> int:
    return at if isinstance(at, int) else int(at.timestamp())


def event(
    type: str,  # noqa: A002  # Stripe's name of the field
    object: Mapping[str, Any],  # noqa: A002  # Stripe's name of the field
    *,
    id: str | None = None,  # noqa: A002  # Stripe's name of the field
    created: int | datetime = NOON,
    account: str | None = None,
    livemode: bool = False,
    api_version: str | None = ERAS["endive"],
    previous_attributes: Mapping[str, Any] | None = None,
) -> Json:
    data: Json = {"object": dict(object) | ({"livemode": livemode} if "livemode" in object else {})}
    if previous_attributes is not None:
        data["previous_attributes"] = dict(previous_attributes)
    body: Json = {
        "id": id or f"evt_{next(_numbers)}",
        "object": "event",
        "api_version": api_version,
        "created": seconds(created),
        "data": data,
        "livemode": livemode,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": type,
    }
    return body | ({"account": account} if account else {})


def raw(body: Mapping[str, Any]) -> bytes:
    """The bytes that Stripe would send: indented JSON, as it does."""
    return json.dumps(body, indent=2).encode()


def sign(body: bytes, secret: str, at: float | None = None) -> str:
    """The `Stripe-Signature` header of a body, made at a time of seconds since 1970.

    Source: https://docs.stripe.com/webhooks#verify-manually
    """
    moment = int(time.time() if at is None else at)
    digest = hmac.new(secret.encode(), f"{moment}.".encode() + body, sha256).hexdigest()
    return f"t={moment},v1={digest}"


def _maker(type_: str, build: Callable[..., Json], **always: Any) -> Callable[..., Json]:
    """A function that makes whole events of one type; `always` are fields that every one of them has unless a test says otherwise."""
    knows_era = "era" in inspect.signature(build).parameters

    def make(
        *ids: str,
        at: int | datetime = NOON,
        event_id: str | None = None,
        account: str | None = None,
        livemode: bool = False,
        era: str = "endive",
        api_version: str | None = None,
        previous_attributes: Mapping[str, Any] | None = None,
        **fields: Any,
    ) -> Json:
        body = build(*ids, **always | fields | ({"era": era} if knows_era else {}))
        return event(
            type_,
            body,
            id=event_id,
            created=at,
            account=account,
            livemode=livemode,
            api_version=api_version or ERAS[era],
            previous_attributes=previous_attributes,
        )

    return make


session_completed = _maker("checkout.session.completed", stripe_objects.session)
session_async_succeeded = _maker("checkout.session.async_payment_succeeded", stripe_objects.session)
session_async_failed = _maker("checkout.session.async_payment_failed", stripe_objects.session, payment_status="unpaid")
session_expired = _maker("checkout.session.expired", stripe_objects.session, payment_status="unpaid", status="expired")
invoice_paid = _maker("invoice.paid", stripe_objects.invoice)
invoice_payment_succeeded = _maker("invoice.payment_succeeded", stripe_objects.invoice)
invoice_updated = _maker("invoice.updated", stripe_objects.invoice)
invoice_payment_paid = _maker("invoice_payment.paid", stripe_objects.invoice_payment)
payment_intent_succeeded = _maker("payment_intent.succeeded", stripe_money.payment_intent)
charge_succeeded = _maker("charge.succeeded", stripe_money.charge_object)
charge_captured = _maker("charge.captured", stripe_money.charge_object)
charge_updated = _maker("charge.updated", stripe_money.charge_object)
charge_refunded = _maker("charge.refunded", stripe_money.charge_object)
charge_refund_updated = _maker("charge.refund.updated", stripe_money.refund)
refund_created = _maker("refund.created", stripe_money.refund)
refund_updated = _maker("refund.updated", stripe_money.refund)
refund_failed = _maker("refund.failed", stripe_money.refund, status="failed")
dispute_created = _maker("charge.dispute.created", stripe_money.dispute)
dispute_updated = _maker("charge.dispute.updated", stripe_money.dispute)
dispute_funds_withdrawn = _maker("charge.dispute.funds_withdrawn", stripe_money.dispute)
dispute_funds_reinstated = _maker("charge.dispute.funds_reinstated", stripe_money.dispute, status="won")
dispute_closed = _maker("charge.dispute.closed", stripe_money.dispute, status="lost")
customer_created = _maker("customer.created", stripe_money.customer)
customer_updated = _maker("customer.updated", stripe_money.customer)
customer_deleted = _maker("customer.deleted", stripe_money.customer)
subscription_created = _maker("customer.subscription.created", stripe_money.subscription)
subscription_updated = _maker("customer.subscription.updated", stripe_money.subscription)
subscription_deleted = _maker("customer.subscription.deleted", stripe_money.subscription, status="canceled")
