"""The click ids and customer ids that a site put on its Stripe objects: under which names, and where they stood.

What is said is kept as it was said, well formed or not; `ingest.credit` judges it.
"""

from collections.abc import Iterable

from ingest.facts import Said
from ingest.stripe.shape import LONGEST, Seen, as_text

CLICK_NAMES = ("pimmsClickId", "dubClickId", "pimms_id", "dub_id")
CUSTOMER_NAMES = ("pimmsCustomerId", "dubCustomerId", "dubCustomerExternalId")
PREFIXES = ("pimms_id_", "dub_id_")


def in_metadata(seen: Seen, *path: str) -> tuple[Said, ...]:
    """What the metadata at `path` says, clicks first, in the order of the names above."""
    clicks = [Said(field=seen.field(*path, name), click_id=click) for name in CLICK_NAMES if (click := _click(seen.value(*path, name)))]
    people = [
        Said(field=seen.field(*path, name), external_id=who) for name in CUSTOMER_NAMES if (who := _external(seen.value(*path, name)))
    ]
    return (*clicks, *people)


def in_reference(seen: Seen) -> tuple[Said, ...]:
    """The click id of a `client_reference_id`; one without our prefix is the site's own number."""
    reference = as_text(seen.value("client_reference_id"))
    for prefix in PREFIXES:
        if reference and reference.startswith(prefix) and len(reference) > len(prefix):
            return (Said(field=seen.field("client_reference_id"), click_id=reference.removeprefix(prefix)[:LONGEST]),)
    return ()


def click(said: Iterable[Said]) -> Said | None:
    return next((one for one in said if one.click_id), None)


def external(said: Iterable[Said]) -> Said | None:
    return next((one for one in said if one.external_id), None)


def _click(value: object) -> str | None:
    found = as_text(value)
    return found and found[:LONGEST]


def _external(value: object) -> str | None:
    """A customer's id, never cut: two long ids that begin alike are two customers."""
    found = as_text(value)
    return found if found and len(found) <= LONGEST else None
