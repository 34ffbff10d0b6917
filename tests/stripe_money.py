"""Stripe's objects of money that moved: intents, charges, refunds, disputes; and of people: customers and subscriptions.

The second half of `tests.stripe_objects`.
"""

from typing import Any

from tests.stripe_objects import NOON, Json, address, before, listed


def payment_intent(
    id: str = "pi_1",  # noqa: A002  # Stripe's name of the field
    *,
    era: str = "endive",
    amount: int = 5_000,
    currency: str = "usd",
    status: str = "succeeded",
    charge: Any = "ch_1",
    invoice: Any = None,
    customer: Any = None,
    email: str | None = None,
    metadata: Json | None = None,
    created: int = NOON - 60,
    **more: Any,
) -> Json:
    body = {
        "id": id,
        "object": "payment_intent",
        "amount": amount,
        "amount_capturable": 0,
        "amount_received": amount if status == "succeeded" else 0,
        "created": created,
        "currency": currency,
        "customer": customer,
        "livemode": False,
        "metadata": metadata or {},
        "payment_method_types": ["card"],
        "receipt_email": email,
        "status": status,
    }
    if before(era, "basil"):
        body["invoice"] = invoice
    if before(era, "acacia"):
        charges = [charge_object(charge, era=era, amount=amount, currency=currency, intent=id, created=created)] if charge else []
        body["charges"] = listed(charges, f"/v1/charges?payment_intent={id}")
    else:
        body["latest_charge"] = charge
    return {**body, **more}


def charge_object(
    id: str = "ch_1",  # noqa: A002  # Stripe's name of the field
    *,
    era: str = "endive",
    amount: int = 5_000,
    currency: str = "usd",
    refunded: int = 0,
    refunds: list[Json] | None = None,
    captured: bool = True,
    paid: bool = True,
    intent: Any = None,
    invoice: Any = None,
    customer: Any = None,
    email: str | None = None,
    name: str | None = None,
    country: str | None = None,
    metadata: Json | None = None,
    created: int = NOON,
    **more: Any,
) -> Json:
    body = {
        "id": id,
        "object": "charge",
        "amount": amount,
        "amount_refunded": refunded,
        "balance_transaction": "txn_1",
        "captured": captured,
        "created": created,
        "currency": currency,
        "customer": customer,
        "livemode": False,
        "metadata": metadata or {},
        "paid": paid,
        "receipt_email": email,
        "refunded": refunded == amount,
        "status": "succeeded" if paid else "failed",
    }
    if before(era, "basil"):
        body["invoice"] = invoice
    if before(era, "acacia"):
        body["refunds"] = listed(refunds or [], f"/v1/charges/{id}/refunds")
    if not before(era, "2020-08-27"):
        details = {"address": address(country), "email": email, "name": name, "phone": None}
        body |= {"amount_captured": amount if captured else 0, "billing_details": details, "payment_intent": intent}
    return {**body, **more}


def refund(
    id: str = "re_1",  # noqa: A002  # Stripe's name of the field
    *,
    amount: int = 5_000,
    currency: str = "usd",
    status: str = "succeeded",
    reason: str | None = "requested_by_customer",
    charge: Any = "ch_1",
    intent: Any = None,
    created: int = NOON + 3_600,
    **more: Any,
) -> Json:
    return {
        "id": id,
        "object": "refund",
        "amount": amount,
        "balance_transaction": "txn_2",
        "charge": charge,
        "created": created,
        "currency": currency,
        "metadata": {},
        "payment_intent": intent,
        "reason": reason,
        "status": status,
        **more,
    }


def dispute(
    id: str = "dp_1",  # noqa: A002  # Stripe's name of the field
    *,
    amount: int = 5_000,
    currency: str = "usd",
    status: str = "needs_response",
    reason: str = "fraudulent",
    charge: Any = "ch_1",
    intent: Any = None,
    moved: tuple[int, ...] = (),
    created: int = NOON + 7_200,
    **more: Any,
) -> Json:
    """`moved`: what it did to the balance, below zero for funds withdrawn."""
    return {
        "id": id,
        "object": "dispute",
        "amount": amount,
        "balance_transactions": [{"object": "balance_transaction", "amount": each, "type": "adjustment"} for each in moved],
        "charge": charge,
        "created": created,
        "currency": currency,
        "is_charge_refundable": False,
        "livemode": False,
        "metadata": {},
        "payment_intent": intent,
        "reason": reason,
        "status": status,
        **more,
    }


def customer(
    id: str = "cus_1",  # noqa: A002  # Stripe's name of the field
    *,
    email: str | None = "ada@example.com",
    name: str | None = "Ada",
    country: str | None = "GB",
    metadata: Json | None = None,
    created: int = NOON - 120,
    **more: Any,
) -> Json:
    return {
        "id": id,
        "object": "customer",
        "address": address(country),
        "balance": 0,
        "created": created,
        "email": email,
        "livemode": False,
        "metadata": metadata or {},
        "name": name,
        "phone": None,
        **more,
    }


def subscription(
    id: str = "sub_1",  # noqa: A002  # Stripe's name of the field
    *,
    era: str = "endive",
    status: str = "active",
    customer: Any = "cus_1",
    metadata: Json | None = None,
    created: int = NOON - 60,
    start_date: int | None = None,
    **more: Any,
) -> Json:
    start = created if start_date is None else start_date
    body = {
        "id": id,
        "object": "subscription",
        "created": created,
        "customer": customer,
        "items": listed([], f"/v1/subscription_items?subscription={id}"),
        "livemode": False,
        "metadata": metadata or {},
        "status": status,
    }
    started = {"start": start} if before(era, "2020-08-27") else {"start_date": start}
    return {**body, **started, **more}
