"""The payments of a life: how each kind is paid, given back and taken back, with the ids that join its events."""

from typing import Any

from tests import stripe_events as stripe
from tests.stripe_objects import Json
from tests.teller import CURRENCIES, Teller, Whose

MODERN = ("basil", "endive")
FINAL = {"pending": 0, "succeeded": 1, "failed": 2, "canceled": 2}
"""Of two states in one second the one that comes later in a refund's life."""


def given_back(teller: Teller, whose: Whose, *, charge: str, intent: str | None, amount: int, currency: str) -> int | None:
    """Refunds that stay, wait or fail, told by the refund, by the charge's running total, or by both; and disputes.

    What was given back, where refunds alone tell it; None where a running total does, too.
    """
    total, returned, running = 0, 0, False
    for _ in range(teller.one(0, 0, 1, 1, 2)):
        part = teller.one(amount, amount // 2, amount // 3, 1)
        refund = teller.number("re")
        money: Json = {"charge": charge, "intent": intent, "currency": currency, "created": teller.later()}
        told: list[tuple[int, int, str]] = []
        if teller.perhaps():
            first = teller.one("pending", "succeeded")
            teller.hear(stripe.refund_created, refund, whose=whose, amount=part, status=first, **money)
            told.append((teller.second, FINAL[first], first))
        state = teller.one("succeeded", "succeeded", "failed", "canceled", "pending")
        if teller.perhaps():
            teller.hear(stripe.refund_updated, refund, whose=whose, amount=part, status=state, **money)
            told.append((teller.second, FINAL[state], state))
        returned += part if told and max(told)[2] == "succeeded" else 0
        if state == "succeeded" and total + part <= amount and teller.perhaps():
            total, running = total + part, True
            teller.hear(stripe.charge_refunded, charge, whose=whose, refunded=total, amount=amount, currency=currency, intent=intent)
    if teller.perhaps(4):
        disputed(teller, whose, charge=charge, intent=intent, amount=amount, currency=currency)
    return None if running else returned


def disputed(teller: Teller, whose: Whose, **money: Any) -> None:
    dispute = teller.number("dp")
    money["created"] = teller.later()
    teller.hear(stripe.dispute_created, dispute, whose=whose, **money)
    if teller.perhaps(3):
        return
    teller.hear(stripe.dispute_funds_withdrawn, dispute, whose=whose, **money)
    if teller.perhaps():
        teller.hear(stripe.dispute_closed, dispute, whose=whose, status=teller.one("won", "lost"), **money)
    if teller.perhaps(3):
        teller.hear(stripe.dispute_funds_reinstated, dispute, whose=whose, **money)


def price(teller: Teller) -> tuple[int, str]:
    return teller.one(1, 999, 5_000, 1_234_567, 2**40), teller.one(*CURRENCIES)


def purchase(teller: Teller, whose: Whose) -> None:
    """A Checkout session in payment mode: at once, or by a method that settles days later, or never."""
    amount, currency = price(teller)
    session, intent, charge = teller.number("cs"), teller.number("pi"), teller.number("ch")
    paying: Json = {"amount": amount, "currency": currency, "customer": whose.customer}
    fields: Json = {**paying, "intent": intent, "metadata": teller.metadata(2)}
    fields["tax"] = teller.one(0, amount // 5)
    if teller.perhaps(4):
        fields["client_reference_id"] = f"pimms_id_{teller.a_click_id()}"
    delayed = teller.perhaps(4)
    teller.hear(stripe.session_completed, session, whose=whose, payment_status="unpaid" if delayed else "paid", **fields)
    if delayed and teller.perhaps(3):
        teller.hear(stripe.session_async_failed, session, whose=whose, **fields)
        teller.paid(session, intent, gross_minor=0)
        return
    if delayed:
        teller.hear(stripe.session_async_succeeded, session, whose=whose, **fields)
    returned = money(teller, whose, paying, intent=intent, charge=charge)
    teller.paid(session, intent, charge, gross_minor=amount, refunded_minor=returned)


def money(teller: Teller, whose: Whose, paying: Json, *, intent: str, charge: str, invoice: str | None = None) -> int | None:
    """The intent and the charge behind a payment, each told or not, and what went back: as `given_back` says it."""
    if teller.perhaps():
        teller.hear(stripe.payment_intent_succeeded, intent, whose=whose, charge=charge, metadata=teller.metadata(5), **paying)
    if teller.perhaps():
        more: Json = {"created": teller.later(), "metadata": teller.metadata(6)}
        teller.hear(stripe.charge_succeeded, charge, whose=whose, intent=intent, invoice=invoice, **more, **paying)
    return given_back(teller, whose, charge=charge, intent=intent, amount=paying["amount"], currency=paying["currency"])


def subscription(teller: Teller, whose: Whose) -> None:
    """A subscription from Checkout: perhaps a trial first, then invoices, among them renewals and changes."""
    amount, currency = price(teller)
    session, sub, invoice = teller.number("cs"), teller.number("sub"), teller.number("in")
    trial = teller.perhaps(4)
    status, first = ("no_payment_required", 0) if trial else ("paid", amount)
    customer = whose.customer or teller.own("cus_3")
    teller.hear(
        stripe.session_completed, session, whose=whose, mode="subscription", subscription=sub, customer=customer, amount=first,
        currency=currency, payment_status=status, invoice=invoice, metadata=teller.metadata(2),
    )  # fmt: skip
    if teller.perhaps():
        teller.hear(stripe.subscription_created, sub, whose=whose, customer=customer, metadata=teller.metadata(), created=teller.second)
    billed(teller, whose, invoice, sub, customer, amount=first, currency=currency, reason="subscription_create", session=session)
    for _ in range(teller.one(0, 1, 2)):
        reason = teller.one("subscription_cycle", "subscription_cycle", "subscription_update")
        paid = teller.one(amount, amount, amount // 2, 0)
        billed(teller, whose, teller.number("in"), sub, customer, amount=paid, currency=currency, reason=reason)
    if teller.perhaps(4):
        teller.hear(stripe.subscription_updated, sub, whose=whose, customer=customer, metadata=teller.metadata(), created=teller.second)


def billed(
    teller: Teller,
    whose: Whose,
    invoice: str,
    sub: str,
    customer: str,
    *,
    amount: int,
    currency: str,
    reason: str,
    session: str | None = None,
) -> None:
    """One invoice: told once or twice, linked to its money in the old way or in the new, or never."""
    intent, charge = teller.number("pi"), teller.number("ch")
    fields: Json = {"paid": amount, "currency": currency, "billing_reason": reason, "customer": customer, "subscription": sub}
    fields |= {
        "subscription_metadata": teller.metadata(4),
        "metadata": teller.metadata(6),
        "paid_at": teller.second,
        "created": teller.second,
    }
    linked: Json = {"intent": intent, "charge": charge} if amount else {}
    teller.hear(stripe.invoice_paid, invoice, whose=whose, **fields, **linked)
    if teller.perhaps():
        teller.hear(stripe.invoice_payment_succeeded, invoice, whose=whose, **fields, **linked)
    names = [invoice, *([session] if session else [])]
    if not amount:
        teller.paid(*names, gross_minor=0)
        return
    linked_now = teller.perhaps()
    if linked_now:
        teller.hear(stripe.invoice_payment_paid, teller.number("inpay"), whose=whose, invoice=invoice, intent=intent, amount=amount)
    paying: Json = {"amount": amount, "currency": currency, "customer": customer}
    returned = money(teller, whose, paying, intent=intent, charge=charge, invoice=invoice)
    teller.paid(*names, intent, charge, gross_minor=amount if linked_now else None, refunded_minor=returned)


def off_stripe(teller: Teller, whose: Whose) -> None:
    """An invoice that was paid out of band."""
    amount, currency = price(teller)
    fields: Json = {"paid": amount, "currency": currency, "customer": whose.customer, "off_stripe": True, "metadata": teller.metadata()}
    invoice = teller.number("in")
    teller.hear(stripe.invoice_paid, invoice, whose=whose, **fields)
    teller.paid(invoice, gross_minor=amount)


def bare(teller: Teller, whose: Whose) -> None:
    """An intent of the site's own making."""
    amount, currency = price(teller)
    intent, charge = teller.number("pi"), teller.number("ch")
    paying: Json = {"amount": amount, "currency": currency, "customer": whose.customer}
    teller.hear(stripe.payment_intent_succeeded, intent, whose=whose, charge=charge, metadata=teller.metadata(2), **paying)
    returned = money(teller, whose, paying, intent=intent, charge=charge)
    teller.paid(intent, charge, gross_minor=amount, refunded_minor=returned)


def with_invoice(teller: Teller, whose: Whose) -> None:
    """A Checkout session that makes an invoice of which it does not know: the intent joins them, where anything tells of it."""
    amount, currency = price(teller)
    session, invoice, intent, charge = (teller.number(name) for name in ("cs", "in", "pi", "ch"))
    paying: Json = {"currency": currency, "customer": whose.customer}
    teller.hear(stripe.session_completed, session, whose=whose, intent=intent, amount=amount, metadata=teller.metadata(2), **paying)
    teller.hear(stripe.invoice_paid, invoice, whose=whose, paid=amount, intent=intent, charge=charge, **paying)
    teller.hear(stripe.invoice_payment_paid, teller.number("inpay"), whose=whose, invoice=invoice, intent=intent, amount=amount)
    returned = money(teller, whose, {"amount": amount, **paying}, intent=intent, charge=charge, invoice=invoice)
    teller.paid(session, invoice, intent, charge, gross_minor=amount, refunded_minor=returned)


def two_halves(teller: Teller, whose: Whose) -> None:
    """One invoice that two intents paid."""
    amount, currency = price(teller)
    invoice = teller.number("in")
    teller.hear(stripe.invoice_paid, invoice, whose=whose, eras=MODERN, paid=amount * 2, currency=currency, customer=whose.customer)
    names, returned = [invoice], list[int | None]()
    for _ in range(2):
        intent, charge = teller.number("pi"), teller.number("ch")
        names += [intent, charge]
        teller.hear(stripe.invoice_payment_paid, teller.number("inpay"), whose=whose, invoice=invoice, intent=intent, amount=amount)
        paying: Json = {"amount": amount, "currency": currency, "customer": whose.customer}
        returned.append(money(teller, whose, paying, intent=intent, charge=charge, invoice=invoice))
    whole = None if None in returned else sum(each or 0 for each in returned)
    teller.paid(*names, gross_minor=amount * 2, refunded_minor=whole)


def reported(teller: Teller, whose: Whose) -> None:
    """A sale that the site reports itself, sometimes one of a Stripe invoice, to which a person may attach a click, or take one off."""
    amount = teller.one(0, 900)
    said: Json = {"externalId": teller.buyer(), "amount": amount, "currency": teller.one("USD", "JPY")}
    if teller.perhaps():
        said["clickId"] = teller.a_click_id()
    name = None
    if teller.perhaps():
        name = said["invoiceId"] = teller.number("in")
        if teller.perhaps() and whose.account == 0:
            amount = 900
            teller.hear(stripe.invoice_paid, name, whose=whose, customer=whose.customer, paid=amount)
            teller.tell("attach", livemode=whose.livemode, payment=f"invoice:{name}", clickId=teller.a_click_id())
            if teller.perhaps():
                teller.later()
                teller.tell("detach", livemode=whose.livemode, payment=f"invoice:{name}", clickId=teller.a_click_id())
    uid = teller.tell("sale", livemode=whose.livemode, **said)
    teller.paid(name or uid, gross_minor=amount)


PAYMENTS = (purchase, purchase, subscription, subscription, off_stripe, bare, with_invoice, two_halves, reported)
