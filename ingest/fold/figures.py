"""What a payment paid: gross, tax, shipping and discount, from the object that knows best. Pure.

An invoice knows best, then the Checkout session, then intents, charges, and last what the site itself reported. All of them usually
say the same; taking one of them, and never a sum of two kinds, is what counts a first subscription payment once.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from ingest import facts
from ingest.fold import seen as reading
from ingest.fold.seen import Seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Objects:
    """The payment's objects, each merged from its snapshots."""

    sessions: tuple[facts.SessionFact, ...]
    invoices: tuple[facts.InvoiceFact, ...]
    intents: tuple[facts.IntentFact, ...]
    charges: tuple[facts.ChargeFact, ...]
    payments: tuple[facts.InvoicePaymentFact, ...]
    tracked: tuple[facts.TrackedSaleFact, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Money that came in, in minor units of `currency`; the buyer's own currency beside it where it was another."""

    currency: str
    gross_minor: int
    tax_minor: int
    shipping_minor: int
    discount_minor: int
    paid_at: datetime
    off_stripe: bool
    presentment_currency: str | None
    presentment_minor: int | None


def objects(seen: Sequence[Seen]) -> Objects:
    """Each object of the payment once. Ties of time between snapshots go to the one that shows more money."""
    return Objects(
        sessions=tuple(_session(found) for _, found in sorted(reading.by_id(reading.of(facts.SessionFact, seen)).items())),
        invoices=tuple(_invoice(found, seen) for _, found in sorted(reading.by_id(reading.of(facts.InvoiceFact, seen)).items())),
        intents=tuple(_intent(found) for _, found in sorted(reading.by_id(reading.of(facts.IntentFact, seen)).items())),
        charges=tuple(_charge(found) for _, found in sorted(reading.by_id(reading.of(facts.ChargeFact, seen)).items())),
        payments=tuple(reading.merged(found) for _, found in sorted(reading.by_id(reading.of(facts.InvoicePaymentFact, seen)).items())),
        tracked=tuple(sorted(reading.of(facts.TrackedSaleFact, seen), key=lambda fact: (fact.said_at, fact.id))),
    )


def figures(of: Objects, first_seen_at: datetime) -> Figures | None:
    """What was paid; None while nothing was (unpaid, free, or only a refund is known).

    `first_seen_at` dates a payment of which no object tells when it was paid.
    """
    source = _invoices(of) or _sessions(of) or _intents(of) or _charges(of) or _tracked(of)
    if source is None or source[1] <= 0:
        return None
    currency, gross_minor = source
    presentment_currency, presentment_minor = _presentment(of)
    different = presentment_currency not in (None, currency)
    return Figures(
        currency=currency,
        gross_minor=gross_minor,
        tax_minor=_part(of, "tax_minor"),
        shipping_minor=_part(of, "shipping_minor"),
        discount_minor=_part(of, "discount_minor"),
        paid_at=_paid_at(of) or first_seen_at,
        off_stripe=_off_stripe(of),
        presentment_currency=presentment_currency if different else None,
        presentment_minor=presentment_minor if different else None,
    )


def _session(found: list[facts.SessionFact]) -> facts.SessionFact:
    """A session that was paid once is paid, whatever a stale snapshot says."""
    paid = [fact for fact in found if fact.payment_status == "paid"]
    whole = reading.merged([fact for fact in found if fact not in paid] + paid)
    moments = [fact.paid_at for fact in paid if fact.paid_at is not None]
    return replace(whole, paid_at=min(moments, default=None), completed=any(fact.completed for fact in found))


def _invoice(found: list[facts.InvoiceFact], seen: Sequence[Seen]) -> facts.InvoiceFact:
    at = {id(each.fact): each.at for each in seen}
    return reading.merged(sorted(found, key=lambda fact: (at[id(fact)], fact.status == "paid", fact.paid_minor)))


def _intent(found: list[facts.IntentFact]) -> facts.IntentFact:
    whole = reading.merged(sorted(found, key=lambda fact: (fact.status == "succeeded", fact.received_minor)))
    return replace(whole, succeeded_at=min((fact.succeeded_at for fact in found if fact.succeeded_at), default=None))


def _charge(found: list[facts.ChargeFact]) -> facts.ChargeFact:
    whole = reading.merged(sorted(found, key=lambda fact: (fact.seen_at, fact.paid, fact.captured_minor, fact.refunded_minor)))
    return replace(whole, paid=any(fact.paid for fact in found))


def _invoices(of: Objects) -> tuple[str, int] | None:
    """Also a paid invoice of nothing decides: a trial or a credit balance brought no money, whatever its session says."""
    told = [invoice for invoice in of.invoices if invoice.status == "paid" or invoice.paid_minor > 0]
    return _sum([(invoice.currency, invoice.paid_minor) for invoice in told])


def _sessions(of: Objects) -> tuple[str, int] | None:
    paid = [
        session for session in of.sessions if session.payment_status == "paid" and session.currency and session.amount_minor is not None
    ]
    return _sum([(session.currency or "", session.amount_minor or 0) for session in paid])


def _intents(of: Objects) -> tuple[str, int] | None:
    """Intents, and charges that no known intent stands for."""
    paid = [(intent.currency, intent.received_minor) for intent in of.intents if intent.status == "succeeded"]
    known = {intent.id for intent in of.intents}
    loose = [(charge.currency, charge.captured_minor) for charge in of.charges if charge.paid and charge.intent_id not in known]
    return _sum(paid + loose) if paid else None


def _charges(of: Objects) -> tuple[str, int] | None:
    return _sum([(charge.currency, charge.captured_minor) for charge in of.charges if charge.paid])


def _tracked(of: Objects) -> tuple[str, int] | None:
    """The first report of a sale counts; the site may repeat it."""
    return (of.tracked[0].currency, of.tracked[0].amount_minor) if of.tracked else None


def _sum(amounts: list[tuple[str, int]]) -> tuple[str, int] | None:
    """The sum in the first amount's currency; amounts of one payment in two currencies do not add up and the rest are left out."""
    if not amounts:
        return None
    currency = amounts[0][0]
    return currency, sum(minor for code, minor in amounts if code == currency)


def _off_stripe(of: Objects) -> bool:
    """Its invoices say so, or as they no longer do since basil, its payments do: each names neither an intent nor a charge.

    Source: https://docs.stripe.com/api/invoice-payment/object#invoice_payment_object-payment
    """
    if not of.invoices:
        return False
    told = all(invoice.off_stripe for invoice in of.invoices)
    through_stripe = of.intents or of.charges or any(payment.intent_id or payment.charge_id for payment in of.payments)
    return told or (bool(of.payments) and not through_stripe)


def _part(of: Objects, name: str) -> int:
    """Tax, shipping or discount: of the invoices where they say, else of the session."""
    told: list[int] = [value for invoice in of.invoices if (value := getattr(invoice, name)) is not None]
    told = told or [value for session in of.sessions if (value := getattr(session, name)) is not None]
    return sum(told)


def _paid_at(of: Objects) -> datetime | None:
    """One rule, the same in any order: the invoice's time of payment, else the charge's, else the event that showed it paid."""
    moments = (
        [invoice.paid_at for invoice in of.invoices],
        [charge.created_at for charge in of.charges if charge.paid],
        [session.paid_at for session in of.sessions],
        [intent.succeeded_at for intent in of.intents],
        [tracked.said_at for tracked in of.tracked],
    )
    return next((min(known) for group in moments if (known := [moment for moment in group if moment is not None])), None)


def _presentment(of: Objects) -> tuple[str | None, int | None]:
    """The buyer's own currency and amount, where any object shows one."""
    told: tuple[Any, ...] = (*of.sessions, *of.intents, *of.charges)
    return next(((each.presentment_currency, each.presentment_minor) for each in told if each.presentment_currency), (None, None))
