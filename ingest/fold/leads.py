"""The leads of one customer: what the site tracked, or where it tracked nothing, what Stripe shows. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ingest.facts import Carrier
from ingest.fold.person import Told

CHECKOUT = "Checkout"
"""The name of a lead that nobody tracked: the customer turned up in Stripe."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracked:
    """A lead as the site reported it."""

    uid: str
    event_name: str
    quantity: int
    click_id: str | None
    metadata: dict[str, Any]
    deferred: bool
    """Only announces the customer; the lead itself is reported later."""
    said_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A lead of the ledger. `clicks` are the click ids that may be its own, best first; the first one that exists is."""

    key: str
    event_name: str
    quantity: int
    metadata: dict[str, Any]
    source: str
    clicks: tuple[str, ...]
    at: datetime


def steps(tracked: Iterable[Tracked], claims: Sequence[Told]) -> tuple[Step, ...]:
    """One lead for each event name, the earliest that was reported; else one that Stripe's own facts show."""
    clicks = _clicks(claims)
    first: dict[str, Tracked] = {}
    for lead in sorted(tracked, key=lambda lead: (lead.said_at, lead.uid)):
        if not lead.deferred:
            first.setdefault(lead.event_name, lead)
    if first:
        return tuple(_step(lead, clicks) for lead in first.values())
    shown = [claim for claim in claims if _shows_interest(claim)]
    if not shown:
        return ()
    at = min(claim.first_at for claim in shown)
    return (Step(key=CHECKOUT, event_name=CHECKOUT, quantity=1, metadata={}, source="stripe", clicks=clicks, at=at),)


def _step(lead: Tracked, clicks: tuple[str, ...]) -> Step:
    return Step(
        key=lead.event_name,
        event_name=lead.event_name,
        quantity=lead.quantity,
        metadata=lead.metadata,
        source="site",
        clicks=(lead.click_id,) if lead.click_id else clicks,
        at=lead.said_at,
    )


def _clicks(claims: Sequence[Told]) -> tuple[str, ...]:
    """Click ids said of the customer, in the order in which they were first said."""
    said = sorted((claim.first_at, claim.click_id) for claim in claims if claim.click_id)
    return tuple(dict.fromkeys(click_id for _, click_id in said))


def _shows_interest(claim: Told) -> bool:
    """A finished Checkout, or a click or customer id that the site put on something of Stripe's."""
    return claim.carrier is Carrier.SESSION or (
        claim.carrier not in (Carrier.LEAD, Carrier.PROFILE) and bool(claim.click_id or claim.external_id)
    )
