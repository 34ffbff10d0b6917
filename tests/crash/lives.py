"""Lives of customers, by number: a click, then what Stripe and the site say of it, and the sale that must come of it, written by hand."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests import stripe_events as stripe
from tests.stripe_objects import Json


@dataclass(frozen=True)
class Life:
    """All that is said after one click, in an order of its own."""

    events: Sequence[Json]
    expected: tuple[str, int, int]
    """(currency, gross, net) of the one sale that all of this is."""
    leads: Sequence[Json] = ()
    sales: Sequence[Json] = ()


def life(number: int, click_id: str) -> Life:
    """The life of this number, after its click."""
    return _KINDS[number % len(_KINDS)](number, click_id, int(time.time()) + 1)


def _subscriber(n: int, click: str, at: int) -> Life:
    """The newest shapes: a lead, a Checkout of a subscription, its four events, and a refund of a part, told twice."""
    user, invoice, intent = f"user_{n}", f"in_{n}", f"pi_{n}"
    first = {"billing_reason": "subscription_create", "subscription": f"sub_{n}", "customer": f"cus_{n}", "paid_at": at, "at": at}
    events = [
        stripe.session_completed(
            f"cs_{n}",
            mode="subscription",
            subscription=f"sub_{n}",
            invoice=invoice,
            customer=f"cus_{n}",
            metadata={"pimmsCustomerId": user},
            at=at,
        ),
        stripe.invoice_paid(invoice, **first),
        stripe.invoice_payment_succeeded(invoice, **first),
        stripe.invoice_payment_paid(f"inpay_{n}", invoice=invoice, intent=intent, at=at),
        stripe.customer_created(f"cus_{n}", metadata={"pimmsCustomerId": user}, at=at),
        stripe.charge_refunded(f"ch_{n}", refunded=1_200, intent=intent, customer=f"cus_{n}", at=at + 60),
        stripe.refund_created(f"re_{n}", amount=1_200, charge=f"ch_{n}", intent=intent, at=at + 60),
    ]
    lead = {"clickId": click, "eventName": "Sign up", "externalId": user, "customerEmail": f"{user}@example.com"}
    return Life(events, ("USD", 5_000, 3_800), leads=[lead])


def _veteran(n: int, click: str, at: int) -> Life:
    """The oldest shapes, of 2016: no intents, the charge on the invoice, its refunds inside the charge."""
    charge, customer = f"ch_{n}", f"cus_{n}"
    refund = {
        "id": f"re_{n}",
        "object": "refund",
        "amount": 700,
        "currency": "usd",
        "charge": charge,
        "created": at + 60,
        "status": "succeeded",
    }
    events = [
        stripe.customer_created(customer, metadata={"pimmsCustomerId": f"user_{n}", "pimmsClickId": click}, at=at),
        stripe.invoice_paid(f"in_{n}", era="2016", charge=charge, customer=customer, created=at, at=at),
        stripe.invoice_payment_succeeded(f"in_{n}", era="2016", charge=charge, customer=customer, created=at, at=at),
        stripe.charge_refunded(
            charge, era="2016", refunded=700, refunds=[refund], invoice=f"in_{n}", customer=customer, created=at, at=at + 60
        ),
    ]
    return Life(events, ("USD", 5_000, 4_300))


def _buyer(n: int, click: str, at: int) -> Life:
    """One payment with an invoice of its own, joined by the intent alone; then a dispute that is lost."""
    intent, dispute = f"pi_{n}", f"dp_{n}"
    events = [
        stripe.session_completed(f"cs_{n}", intent=intent, metadata={"pimmsClickId": click}, at=at),
        stripe.invoice_paid(f"in_{n}", customer=f"cus_{n}", paid_at=at, at=at),
        stripe.invoice_payment_paid(f"inpay_{n}", invoice=f"in_{n}", intent=intent, at=at),
        stripe.dispute_funds_withdrawn(dispute, intent=intent, charge=f"ch_{n}", amount=2_000, moved=(-2_000,), at=at + 60),
        stripe.dispute_closed(dispute, intent=intent, charge=f"ch_{n}", amount=2_000, moved=(-2_000,), at=at + 120),
    ]
    return Life(events, ("USD", 5_000, 3_000))


def _tracked(n: int, click: str, at: int) -> Life:
    """A sale that the site reports, and a lead before it: nothing of Stripe's but the customer."""
    user = f"user_{n}"
    lead = {"clickId": click, "eventName": "Sign up", "externalId": user}
    sale = {"externalId": user, "amount": 4_500, "currency": "usd", "invoiceId": f"own_{n}", "metadata": {"note": "naïve ☕"}}
    return Life([stripe.customer_created(f"cus_{n}", metadata={"pimmsCustomerId": user}, at=at)], ("USD", 4_500, 4_500), [lead], [sale])


def _abroad(n: int, click: str, at: int) -> Life:
    """Euros with no rate, a click id that comes late, and a refund that failed."""
    intent, customer = f"pi_{n}", f"cus_{n}"
    events = [
        stripe.session_completed(f"cs_{n}", intent=intent, currency="eur", amount=9_900, customer=customer, at=at),
        stripe.payment_intent_succeeded(intent, amount=9_900, currency="eur", charge=f"ch_{n}", customer=customer, at=at, created=at),
        stripe.customer_updated(customer, metadata={"pimmsClickId": click}, at=at + 5),
        stripe.refund_created(f"re_{n}", amount=900, currency="eur", charge=f"ch_{n}", intent=intent, status="pending", at=at + 60),
        stripe.refund_failed(f"re_{n}", amount=900, currency="eur", charge=f"ch_{n}", intent=intent, at=at + 90),
    ]
    return Life(events, ("EUR", 9_900, 9_900))


_KINDS: Sequence[Callable[[int, str, int], Life]] = (_subscriber, _veteran, _buyer, _tracked, _abroad)
