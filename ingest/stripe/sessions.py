"""A Checkout session: what was bought, by whom, and the click id that its page carried."""

from dataclasses import dataclass

from ingest.facts import Carrier, Claim, Contact, Parsed, Said, SessionFact
from ingest.stripe import people, said
from ingest.stripe.edges import joined
from ingest.stripe.shape import Seen

COMPLETED = "checkout.session.completed"
SUCCEEDED_LATER = "checkout.session.async_payment_succeeded"
FAILED_LATER = "checkout.session.async_payment_failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What a session costs, in the merchant's currency, and what the buyer saw."""

    currency: str | None
    amount_minor: int | None
    presentment_currency: str | None = None
    presentment_minor: int | None = None
    converted: bool = False
    """The rest of the session's amounts are in the buyer's currency."""


def read(seen: Seen) -> Parsed:
    subscription_id, customer_id = seen.id("subscription"), seen.id("customer")
    mode = seen.text("mode") or ("subscription" if subscription_id else "payment")
    status = _payment_status(seen)
    price = _price(seen, needed=status == "paid" and mode != "setup")
    contact, heard = _contact(seen), (*said.in_reference(seen), *said.in_metadata(seen, "metadata"))
    fact = SessionFact(
        id=seen.need_id(),
        mode=mode,
        payment_status=status,
        completed=_completed(seen),
        currency=price.currency,
        amount_minor=0 if price.amount_minor is None and (mode == "setup" or status == "no_payment_required") else price.amount_minor,
        tax_minor=_part(seen, "amount_tax", price),
        shipping_minor=_part(seen, "amount_shipping", price),
        discount_minor=_part(seen, "amount_discount", price),
        presentment_currency=price.presentment_currency,
        presentment_minor=price.presentment_minor,
        paid_at=seen.at if status == "paid" and seen.type in (COMPLETED, SUCCEEDED_LATER) else None,
        intent_id=seen.id("payment_intent"),
        invoice_id=seen.id("invoice"),
        subscription_id=subscription_id,
        customer_id=customer_id,
        contact=contact,
        said=heard,
    )
    origin = subscription_id if mode == "subscription" else None
    edges = joined(fact, intent=fact.intent_id, invoice=fact.invoice_id, subscription_create=origin)
    claims = people.around(seen, Carrier.SESSION, customer_id=customer_id, contact=contact, heard=heard)
    return Parsed(facts=(edges,), claims=(*claims, *_of_subscription(seen, origin, heard)))


def _of_subscription(seen: Seen, origin: str | None, heard: tuple[Said, ...]) -> tuple[Claim, ...]:
    """The session that began a subscription says whose it is: Stripe copies nothing of it to the subscription."""
    return (people.claim(f"sub:{origin}", Carrier.SESSION, seen, heard),) if origin and heard else ()


def _payment_status(seen: Seen) -> str:
    """As stated. Bodies before 2020 state none: their money is told by the charge, so the session alone is not counted."""
    return "paid" if seen.type == SUCCEEDED_LATER else seen.text("payment_status") or "unpaid"


def _completed(seen: Seen) -> bool:
    if seen.type in (COMPLETED, SUCCEEDED_LATER):
        return True
    return seen.type != FAILED_LATER and seen.text("status") == "complete"


def _price(seen: Seen, *, needed: bool) -> Price:
    """The merchant's amount, from the old or the new shape of adaptive pricing, or from neither.

    Source: https://docs.stripe.com/payments/currencies/localize-prices/adaptive-pricing
    """
    source, amount_minor = seen.currency("currency_conversion", "source_currency"), seen.integer("currency_conversion", "amount_total")
    if source and amount_minor is not None and amount_minor >= 0:
        shown_currency, shown = seen.currency("currency"), seen.integer("amount_total")
        return Price(
            currency=source, amount_minor=amount_minor, presentment_currency=shown_currency, presentment_minor=shown, converted=True
        )
    return Price(
        currency=seen.need_currency("currency") if needed else seen.currency("currency"),
        amount_minor=seen.need_minor("amount_total") if needed else seen.integer("amount_total"),
        presentment_currency=seen.currency("presentment_details", "presentment_currency"),
        presentment_minor=seen.integer("presentment_details", "presentment_amount"),
    )


def _part(seen: Seen, name: str, price: Price) -> int | None:
    """Tax, shipping or discount. Of a converted session only nothing is the same in both currencies."""
    part_minor = seen.integer("total_details", name)
    return part_minor if not (price.converted and part_minor) else None


def _contact(seen: Seen) -> Contact:
    return Contact(
        email=people.email(seen, "customer_details", "email") or people.email(seen, "customer_email"),
        name=seen.name("customer_details", "name") or seen.name("shipping", "name"),
        country=seen.country("customer_details", "address", "country"),
    )
