"""Payment intents and charges: money that moved through Stripe."""

from ingest.facts import Carrier, ChargeFact, Contact, IntentFact, Parsed
from ingest.stripe import people, said
from ingest.stripe.edges import joined
from ingest.stripe.shape import Seen


def intent(seen: Seen) -> Parsed:
    status, heard = seen.text("status") or "", said.in_metadata(seen, "metadata")
    fact = IntentFact(
        id=seen.need_id(),
        status=status,
        currency=seen.need_currency("currency"),
        received_minor=seen.need_minor("amount_received") if status == "succeeded" else seen.integer("amount_received") or 0,
        succeeded_at=seen.at if seen.type == "payment_intent.succeeded" else None,
        charge_id=_charge_of(seen),
        invoice_id=seen.id("invoice"),
        customer_id=seen.id("customer"),
        presentment_currency=seen.currency("presentment_details", "presentment_currency"),
        presentment_minor=seen.integer("presentment_details", "presentment_amount"),
        contact=Contact(email=people.email(seen, "receipt_email")),
        said=heard,
    )
    claims = people.around(seen, Carrier.INTENT, customer_id=None, contact=fact.contact, heard=heard)
    return Parsed(facts=(joined(fact, charge=fact.charge_id, invoice=fact.invoice_id),), claims=claims)


def _charge_of(seen: Seen) -> str | None:
    """Its charge; before 2022-11-15 the paid one of an embedded list."""
    embedded = (charge.id("id") for charge in seen.inside("charges") if charge.flag("paid"))
    return seen.id("latest_charge") or next(embedded, None)


def charge(seen: Seen) -> Parsed:
    heard = said.in_metadata(seen, "metadata")
    fact = ChargeFact(
        id=seen.need_id(),
        paid=seen.flag("paid") and seen.value("captured") is not False and seen.text("status") in (None, "succeeded", "paid"),
        currency=seen.need_currency("currency"),
        captured_minor=_captured_minor(seen),
        refunded_minor=seen.need_minor("amount_refunded"),
        created_at=seen.need_moment("created"),
        seen_at=seen.at,
        intent_id=seen.id("payment_intent"),
        invoice_id=seen.id("invoice"),
        customer_id=seen.id("customer"),
        presentment_currency=seen.currency("presentment_details", "presentment_currency"),
        presentment_minor=seen.integer("presentment_details", "presentment_amount"),
        contact=_contact(seen),
        said=heard,
    )
    claims = people.around(seen, Carrier.CHARGE, customer_id=fact.customer_id, contact=fact.contact, heard=heard)
    return Parsed(facts=(joined(fact, intent=fact.intent_id, invoice=fact.invoice_id),), claims=claims)


def _captured_minor(seen: Seen) -> int:
    """`amount_captured`; before 2020 there was none, and a charge was captured whole or not at all."""
    if "amount_captured" in seen.body:
        return seen.need_minor("amount_captured")
    return seen.need_minor("amount") if seen.value("captured") is not False else 0


def _contact(seen: Seen) -> Contact:
    return Contact(
        email=people.email(seen, "billing_details", "email") or people.email(seen, "receipt_email"),
        name=seen.name("billing_details", "name"),
        country=seen.country("billing_details", "address", "country"),
    )
