"""Who a payment's buyer is, and what is known of a customer: pure folds of claims.

A customer is known by one key: `ext:<external id>`, else `cus:<account>:<Stripe id>` where no external id was ever said, else a
guest of one payment. Two customers are never united by inference.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from ingest import facts
from ingest.facts import Carrier

_SITE = (Carrier.PROFILE, Carrier.LEAD)
"""Whose word on names and addresses outranks Stripe's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A claim as the books keep it: when it was said first and last, and where first."""

    subject: str
    carrier: Carrier
    external_id: str | None
    click_id: str | None
    email: str | None
    name: str | None
    avatar: str | None
    country: str | None
    deleted: bool
    started_at: datetime | None
    first_at: datetime
    first_source: str
    first_field: str
    last_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What is known of a customer."""

    external_id: str | None
    email: str | None
    name: str | None
    avatar: str | None
    country: str | None
    stripe_customers: tuple[str, ...]
    first_seen_at: datetime
    deleted_at: datetime | None


def external_at(claims: Iterable[Told], moment: datetime) -> Told | None:
    """The claim whose external id was in force then: the latest said by that moment, else the first one said at all.

    Two said in the same second: the greater id counts, always; of two that say the same, the later event's.
    """
    timeline = sorted((claim for claim in claims if claim.external_id), key=_said_in_order)
    by_then = [claim for claim in timeline if claim.first_at <= moment]
    return by_then[-1] if by_then else next(iter(timeline), None)


def _said_in_order(claim: Told) -> tuple[datetime, str, str, str]:
    return claim.first_at, claim.external_id or "", claim.first_source, claim.first_field


def pointing(claims: Iterable[Told]) -> list[Told]:
    """The claims of a Stripe customer that say whom it points to: its own, and where it never said, those of the payments it made."""
    said = [claim for claim in claims if claim.external_id]
    return [claim for claim in said if claim.carrier is Carrier.CUSTOMER] or said


def profile(key: str, claims: Sequence[Told]) -> Profile | None:
    """The customer of `key`, or None when nothing says that there is one.

    `claims` are those of the key, those that name its external id anywhere, and those of the Stripe customers that ever pointed to it.
    """
    external_id = key.removeprefix("ext:") if key.startswith("ext:") else None
    about = [claim for claim in claims if _about(claim, key, external_id, claims)]
    if not about:
        return None
    return Profile(
        external_id=external_id,
        email=_latest(about, "email"),
        name=_latest(about, "name"),
        avatar=_latest(about, "avatar"),
        country=_latest(about, "country"),
        stripe_customers=tuple(sorted({claim.subject.split(":", 2)[2] for claim in about if claim.subject.startswith("cus:")})),
        first_seen_at=min(claim.first_at for claim in about),
        deleted_at=min((claim.first_at for claim in about if claim.deleted), default=None),
    )


def _about(claim: Told, key: str, external_id: str | None, claims: Sequence[Told]) -> bool:
    """Whether a claim speaks of this customer: a Stripe customer's word counts for whom it pointed to when it was last said."""
    if not claim.subject.startswith("cus:"):
        return claim.subject == key or claim.external_id == external_id
    timeline = pointing(each for each in claims if each.subject == claim.subject)
    if external_id is None:
        return claim.subject == key and not timeline
    pointed = external_at(timeline, claim.last_at)
    return claim.external_id == external_id or (pointed is not None and pointed.external_id == external_id)


def _latest(claims: Iterable[Told], name: str) -> str | None:
    """The site's latest word, else Stripe's; of two said at once the greater text, so that every order agrees."""
    told = [(claim.carrier in _SITE, claim.last_at, value) for claim in claims if (value := getattr(claim, name))]
    return max(told)[2] if told else None


def claims_of(fact: facts.Fact, at: datetime) -> list[facts.Claim]:
    """What a payment's object says of people beyond its own payment: its buyer's contact and click, and that its subscription lives."""
    carrier = _CARRIER.get(fact.kind)
    if carrier is None:
        return []
    contact: facts.Contact = getattr(fact, "contact", facts.Contact())
    said: tuple[facts.Said, ...] = getattr(fact, "said", ())
    customer_id: str | None = getattr(fact, "customer_id", None)
    subscription_id: str | None = getattr(fact, "subscription_id", None)
    whom = [f"ext:{each.external_id}" for each in said if each.external_id] + ([f"cus:{customer_id}"] if customer_id else [])
    made = [_contact(subject, carrier, at, contact) for subject in whom]
    made += [_click(subject, carrier, at, each) for subject in whom for each in said if each.click_id]
    made += [_pointer(customer_id, carrier, at, each) for each in said if customer_id and each.external_id]
    if subscription_id:
        made.append(facts.Claim(subject=f"sub:{subscription_id}", carrier=carrier, at=at, field="data.object"))
    return made


_CARRIER = {
    facts.SessionFact.kind: Carrier.SESSION,
    facts.InvoiceFact.kind: Carrier.INVOICE,
    facts.IntentFact.kind: Carrier.INTENT,
    facts.ChargeFact.kind: Carrier.CHARGE,
    facts.TrackedSaleFact.kind: Carrier.SALE,
}


def _contact(subject: str, carrier: Carrier, at: datetime, contact: facts.Contact) -> facts.Claim:
    return facts.Claim(
        subject=subject, carrier=carrier, at=at, field="data.object", email=contact.email, name=contact.name, country=contact.country
    )


def _pointer(customer_id: str, carrier: Carrier, at: datetime, said: facts.Said) -> facts.Claim:
    """A payment that names both a Stripe customer and the site's own id says that the one is the other."""
    return facts.Claim(subject=f"cus:{customer_id}", carrier=carrier, at=at, field=said.field, external_id=said.external_id)


def _click(subject: str, carrier: Carrier, at: datetime, said: facts.Said) -> facts.Claim:
    return facts.Claim(subject=subject, carrier=carrier, at=at, field=said.field, click_id=said.click_id)
