"""What events say of a Stripe customer, a subscription, or the site's own customer, rather than of one payment."""

from ingest.facts import Carrier, Claim, Contact, Parsed, Said
from ingest.stripe import said
from ingest.stripe.shape import Seen

LONGEST_EMAIL = 320
NOBODY = Contact()


def email(seen: Seen, *path: str) -> str | None:
    found = seen.text(*path)
    return found if found and len(found) <= LONGEST_EMAIL else None


def claim(
    subject: str, carrier: Carrier, seen: Seen, heard: tuple[Said, ...], *, contact: Contact = NOBODY, place: str = "", **more: object
) -> Claim:
    """One claim that holds the first click id and the first customer id that were heard; it stands where the click id stood."""
    click, who = said.click(heard), said.external(heard)
    spot = click or who
    return Claim(
        subject=subject,
        carrier=carrier,
        at=seen.at,
        field=place or (spot.field if spot else seen.place),
        click_id=click.click_id if click else None,
        external_id=who.external_id if who else None,
        email=contact.email,
        name=contact.name,
        country=contact.country,
        **more,  # type: ignore[arg-type]  # deleted or started_at, as the two callers below name them
    )


def around(seen: Seen, carrier: Carrier, *, customer_id: str | None, contact: Contact, heard: tuple[Said, ...]) -> tuple[Claim, ...]:
    """What a payment's object tells of the people behind it: a contact of its Stripe customer, and of each customer id that it states.

    The ids themselves stay on the payment: they are evidence of it alone.
    """
    claims = []
    if customer_id and (contact.email or contact.name):
        claims.append(claim(f"cus:{customer_id}", carrier, seen, (), contact=contact))
    stated = {one.external_id: one.field for one in reversed(heard) if one.external_id}
    for external_id, place in reversed(stated.items()):
        claims.append(claim(f"ext:{external_id}", carrier, seen, (), contact=contact, place=place))
    return tuple(claims)


def customer(seen: Seen) -> Parsed:
    """A Stripe customer, as of the event."""
    contact = Contact(email=email(seen, "email"), name=seen.name("name"), country=seen.country("address", "country"))
    heard = said.in_metadata(seen, "metadata")
    deleted = seen.type == "customer.deleted" or seen.flag("deleted")
    return Parsed(claims=(claim(f"cus:{seen.need_id()}", Carrier.CUSTOMER, seen, heard, contact=contact, deleted=deleted),))


def subscription(seen: Seen) -> Parsed:
    """A subscription, as of the event: said even without metadata, for when it began."""
    heard = said.in_metadata(seen, "metadata")
    started_at = seen.moment("start_date") or seen.moment("start") or seen.moment("created")
    return Parsed(claims=(claim(f"sub:{seen.need_id()}", Carrier.SUBSCRIPTION, seen, heard, started_at=started_at),))
