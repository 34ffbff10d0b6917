"""Stripe's objects as its API and events show them: whole bodies in the shapes of several years, each field a test may state by argument.

An era decides where links and amounts stand (`ERAS`), as `ingest.stripe` must read them. Amounts are minor units, times seconds since 1970.
"""

from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]

ERAS = {
    "2016": "2016-07-06",
    "2020-08-27": "2020-08-27",
    "acacia": "2024-09-30.acacia",
    "basil": "2025-03-31.basil",
    "endive": "2026-10-28.endive",
}
"""Era -> the API version that its bodies state. Checkout sessions of "2016" have the shape of the first ones, of 2019."""
NOON = 1_767_268_800
"""2026-01-01T12:00:00Z."""


def before(era: str, other: str) -> bool:
    order = list(ERAS)
    return order.index(era) < order.index(other)


def listed(items: list[Json], url: str) -> Json:
    return {"object": "list", "data": items, "has_more": False, "total_count": len(items), "url": url}


def address(country: str | None) -> Json:
    return {"city": None, "country": country, "line1": None, "line2": None, "postal_code": None, "state": None}


def session(
    id: str = "cs_1",  # noqa: A002  # Stripe's name of the field
    *,
    era: str = "endive",
    mode: str = "payment",
    status: str = "complete",
    payment_status: str = "paid",
    amount: int | None = 5_000,
    currency: str | None = "usd",
    tax: int = 0,
    shipping: int = 0,
    discount: int = 0,
    presentment: tuple[str, int] | None = None,
    intent: Any = None,
    invoice: Any = None,
    subscription: Any = None,
    customer: Any = None,
    email: str | None = "ada@example.com",
    name: str | None = "Ada",
    country: str | None = "GB",
    client_reference_id: str | None = None,
    metadata: Json | None = None,
    created: int = NOON - 600,
    **more: Any,
) -> Json:
    body: Json = {
        "id": id,
        "object": "checkout.session",
        "cancel_url": None,
        "client_reference_id": client_reference_id,
        "customer": customer,
        "customer_email": None,
        "livemode": False,
        "locale": None,
        "metadata": metadata or {},
        "payment_intent": intent,
        "payment_method_types": ["card"],
        "subscription": subscription,
        "success_url": "https://shop.example/thanks",
    }
    if before(era, "2020-08-27"):
        return {**body, "customer_email": email, "display_items": [], **more}
    details: Json = {"email": email, "name": name, "phone": None, "address": address(country), "tax_exempt": "none", "tax_ids": []}
    body |= {
        "amount_subtotal": None if amount is None else amount + discount - tax - shipping,
        "amount_total": amount,
        "created": created,
        "currency": currency,
        "customer_details": details,
        "expires_at": created + 86_400,
        "mode": mode,
        "payment_link": None,
        "payment_status": payment_status,
        "status": status,
        "total_details": {"amount_discount": discount, "amount_shipping": shipping, "amount_tax": tax},
    }
    if not before(era, "acacia"):
        body |= {"invoice": invoice, "currency_conversion": None, "adaptive_pricing": {"enabled": presentment is not None}}
    if presentment and before(era, "basil"):
        conversion = {"amount_subtotal": amount, "amount_total": amount, "fx_rate": "1.1", "source_currency": currency}
        body |= {"currency": presentment[0], "amount_total": presentment[1], "currency_conversion": conversion}
    elif presentment:
        body |= {"presentment_details": _presentment(presentment)}
    return {**body, **more}


def _presentment(shown: tuple[str, int]) -> Json:
    return {"presentment_currency": shown[0], "presentment_amount": shown[1]}


def invoice(
    id: str = "in_1",  # noqa: A002  # Stripe's name of the field
    *,
    era: str = "endive",
    paid: int = 5_000,
    total: int | None = None,
    currency: str = "usd",
    status: str = "paid",
    paid_at: int | None = NOON,
    billing_reason: str = "manual",
    tax: int = 0,
    shipping: int = 0,
    discount: int = 0,
    off_stripe: bool = False,
    intent: Any = None,
    charge: Any = None,
    subscription: Any = None,
    subscription_metadata: Json | None = None,
    customer: Any = "cus_1",
    email: str | None = "ada@example.com",
    name: str | None = "Ada",
    country: str | None = "GB",
    metadata: Json | None = None,
    created: int = NOON - 60,
    **more: Any,
) -> Json:
    total = paid if total is None else total
    body: Json = {
        "id": id,
        "object": "invoice",
        "amount_due": max(total, 0),
        "currency": currency,
        "customer": customer,
        "lines": listed(
            [line(id, era=era, amount=total, subscription=subscription, metadata=subscription_metadata)], f"/v1/invoices/{id}/lines"
        ),
        "livemode": False,
        "metadata": metadata or {},
        "subtotal": total + discount - tax - shipping,
        "total": total,
    }
    if before(era, "2020-08-27"):
        body |= {"charge": charge, "date": created, "paid": status == "paid", "subscription": subscription, "tax": tax or None}
        return {**body, **more}
    body |= {
        "amount_paid": 0 if off_stripe and before(era, "basil") else paid,
        "amount_remaining": 0 if status == "paid" else total,
        "billing_reason": billing_reason,
        "created": created,
        "customer_address": address(country),
        "customer_email": email,
        "customer_name": name,
        "status": status,
        "status_transitions": {"finalized_at": created, "marked_uncollectible_at": None, "paid_at": paid_at, "voided_at": None},
        "total_discount_amounts": [{"amount": discount, "discount": "di_1"}] if discount else [],
    }
    taxes = [{"amount": tax, "inclusive": False, "tax_rate": "txr_1"}] if tax else []
    if before(era, "basil"):
        own = {
            "charge": charge,
            "payment_intent": intent,
            "subscription": subscription,
            "paid": status == "paid",
            "paid_out_of_band": off_stripe,
        }
        body |= {**own, "tax": tax or None, "total_tax_amounts": taxes}
    if not before(era, "acacia"):
        body |= {"amount_shipping": shipping, "shipping_cost": None, "total_excluding_tax": total - tax}
    snapshot: Json | None = {"metadata": subscription_metadata or {}} if subscription else None
    if era == "acacia":
        body |= {"subscription_details": snapshot or {"metadata": None}}
    if not before(era, "basil"):
        parent = {
            "type": "subscription_details",
            "quote_details": None,
            "subscription_details": {**(snapshot or {}), "subscription": subscription},
        }
        body |= {"parent": parent if subscription else None, "total_taxes": [{**each, "type": "tax_rate_details"} for each in taxes]}
    return {**body, **more}


def line(invoice_id: str, *, era: str, amount: int, subscription: Any, metadata: Json | None, proration: bool = False) -> Json:
    body: Json = {"id": f"il_{invoice_id}", "object": "line_item", "amount": amount, "metadata": metadata or {}, "quantity": 1}
    if before(era, "basil"):
        return {**body, "type": "subscription" if subscription else "invoiceitem", "subscription": subscription, "proration": proration}
    details = {"subscription": subscription, "subscription_item": "si_1", "proration": proration}
    parent: Json = {"type": "subscription_item_details", "invoice_item_details": None, "subscription_item_details": details}
    return {**body, "parent": parent if subscription else None}


def invoice_payment(
    id: str = "inpay_1",  # noqa: A002  # Stripe's name of the field
    *,
    invoice: Any = "in_1",
    intent: Any = None,
    charge: Any = None,
    amount: int = 5_000,
    currency: str = "usd",
    status: str = "paid",
    created: int = NOON,
    **more: Any,
) -> Json:
    kinds = {"payment_intent": intent, "charge": charge}
    kind = next((kind for kind, found in kinds.items() if found), "payment_record")
    return {
        "id": id,
        "object": "invoice_payment",
        "amount_paid": amount,
        "amount_requested": amount,
        "created": created,
        "currency": currency,
        "invoice": invoice,
        "is_default": True,
        "livemode": False,
        "payment": {"type": kind, kind: kinds.get(kind) or "pr_1"},
        "status": status,
        "status_transitions": {"canceled_at": None, "paid_at": created},
        **more,
    }
