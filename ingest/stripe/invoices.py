"""Invoices, and the payments of invoices that since the basil version are their only link to an intent or a charge."""

from ingest.facts import Carrier, Claim, Contact, InvoiceFact, InvoicePaymentFact, Parsed, Said
from ingest.stripe import people, said
from ingest.stripe.edges import joined
from ingest.stripe.shape import Seen

FIRST = "subscription_create"
PAID_NOW = frozenset({"invoice.paid", "invoice.payment_succeeded"})


def read(seen: Seen) -> Parsed:
    """A paid invoice, or one that says who sent the buyer. Any other says nothing of money or people."""
    subscription_id, heard = _subscription(seen), said.in_metadata(seen, "metadata")
    claims = _of_subscription(seen, subscription_id, heard)
    if not (_paid(seen) or (seen.integer("amount_paid") or 0) > 0 or heard):
        return Parsed(claims=claims, reason=None if claims else "INVOICE_NOT_PAID")
    fact = _fact(seen, subscription_id, heard)
    edges = joined(
        fact,
        intent=fact.intent_id,
        charge=fact.charge_id,
        subscription_create=subscription_id if fact.billing_reason == FIRST else None,
    )
    around = people.around(seen, Carrier.INVOICE, customer_id=fact.customer_id, contact=fact.contact, heard=heard)
    return Parsed(facts=(edges,), claims=(*around, *claims))


def _fact(seen: Seen, subscription_id: str | None, heard: tuple[Said, ...]) -> InvoiceFact:
    paid_at = seen.moment("status_transitions", "paid_at")
    return InvoiceFact(
        id=seen.need_id(),
        status=seen.text("status") or ("paid" if _paid(seen) else None),
        billing_reason=seen.text("billing_reason"),
        currency=seen.need_currency("currency"),
        paid_minor=_paid_minor(seen),
        tax_minor=_tax(seen),
        shipping_minor=_first(seen.integer("amount_shipping"), seen.integer("shipping_cost", "amount_subtotal")),
        discount_minor=seen.sum("total_discount_amounts"),
        paid_at=paid_at or (seen.at if seen.type in PAID_NOW else None),  # bodies before 2018 have no status_transitions
        off_stripe=seen.flag("paid_out_of_band") or (seen.integer("amount_paid_off_stripe") or 0) > 0,
        intent_id=seen.id("payment_intent"),
        charge_id=seen.id("charge"),
        subscription_id=subscription_id,
        customer_id=seen.id("customer"),
        contact=_contact(seen),
        said=heard,
    )


def _paid(seen: Seen) -> bool:
    status = seen.text("status")
    return status == "paid" if status else seen.flag("paid")


def _paid_minor(seen: Seen) -> int:
    """What was really paid.

    Until basil `amount_paid` left out what was paid out of band; before 2018 there was none, and a paid invoice was paid what was due.
    Source: https://docs.stripe.com/changelog/basil/2025-03-31/add-support-for-multiple-partial-payments-on-invoices
    """
    stated = "amount_paid" in seen.body
    if stated and (seen.need_minor("amount_paid") or not seen.flag("paid_out_of_band")):
        return seen.need_minor("amount_paid")
    return seen.need_minor("amount_due") if _paid(seen) else 0


def _tax(seen: Seen) -> int | None:
    total, without = seen.integer("total"), seen.integer("total_excluding_tax")
    difference = total - without if total is not None and without is not None else None
    return _first(seen.sum("total_taxes"), seen.sum("total_tax_amounts"), seen.integer("tax"), difference)


def _first(*values: int | None) -> int | None:
    return next((value for value in values if value is not None), None)


def _subscription(seen: Seen) -> str | None:
    """Its subscription: the new place, the old place, else the one that all its lines name."""
    stated = seen.id("parent", "subscription_details", "subscription") or seen.id("subscription")
    named = {line.id("parent", "subscription_item_details", "subscription") or line.id("subscription") for line in seen.inside("lines")}
    return stated or (named.pop() if len(named) == 1 else None)


def _of_subscription(seen: Seen, subscription_id: str | None, heard: tuple[Said, ...]) -> tuple[Claim, ...]:
    """What the subscription carried when the invoice was made; and for its first invoice what the invoice itself carries."""
    if subscription_id is None:
        return ()
    own = heard if seen.text("billing_reason") == FIRST else ()
    return tuple(people.claim(f"sub:{subscription_id}", Carrier.INVOICE, seen, one) for one in (_snapshot(seen), own) if one)


def _snapshot(seen: Seen) -> tuple[Said, ...]:
    """The subscription's metadata: in the new place, the old place, or before 2023 on the line that it made."""
    for path in (("parent", "subscription_details", "metadata"), ("subscription_details", "metadata")):
        if heard := said.in_metadata(seen, *path):
            return heard
    lines = (line for line in seen.inside("lines") if line.text("type") == "subscription")
    return next((heard for line in lines if (heard := said.in_metadata(line, "metadata"))), ())


def _contact(seen: Seen) -> Contact:
    return Contact(
        email=people.email(seen, "customer_email"),
        name=seen.name("customer_name"),
        country=seen.country("customer_address", "country"),
    )


def payment(seen: Seen) -> Parsed:
    """One payment of an invoice. With neither intent nor charge it was paid outside of Stripe."""
    fact = InvoicePaymentFact(
        id=seen.need_id(),
        status=seen.text("status") or "open",
        invoice_id=seen.id("invoice"),
        intent_id=seen.id("payment", "payment_intent"),
        charge_id=seen.id("payment", "charge"),
    )
    return Parsed(facts=(joined(fact, invoice=fact.invoice_id, intent=fact.intent_id, charge=fact.charge_id),))
