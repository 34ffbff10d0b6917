"""One payment, folded: everything its facts say, whatever order they came in. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ingest import facts
from ingest.fold import figures as paying
from ingest.fold import returns
from ingest.fold.figures import Figures, Objects
from ingest.fold.returns import Disputed, Returned
from ingest.fold.seen import Seen, in_order
from ingest.models.ledger import SaleKind, SaleStatus

RANK = ("invoice", "intent", "charge", "session", "statement")
"""Whose id names the sale: the kind that changes least as facts come in comes first."""


@dataclass(frozen=True, slots=True)
class Stated:
    """A click id or customer id that the payment carries, and where."""

    carrier: facts.Carrier
    said: facts.Said
    source: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """What is known of a payment. `paid` is None while no money came in: then there is no sale, but there may be a lead or a refund."""

    ids: dict[str, str]
    """For each kind of RANK that the payment has, its first id."""
    references: tuple[tuple[str, str], ...]
    """Every (kind, id) of the payment that may name it."""
    paid: Figures | None
    kind: SaleKind
    status: SaleStatus
    refunds: tuple[Returned, ...]
    disputes: tuple[Disputed, ...]
    refunded_minor: int
    disputed_minor: int
    net_minor: int
    stripe_customer: str | None
    subscription: str | None
    external: Stated | None
    """The customer id that the payment itself carries."""
    contact: facts.Contact
    clicks: tuple[Stated, ...]
    acts: tuple[facts.ActFact, ...]
    tracked: facts.TrackedSaleFact | None
    completed_at: datetime | None
    """When a Checkout session of it was first seen completed, paid or not."""

    @property
    def name(self) -> tuple[str, str] | None:
        """The (kind, id) that the sale's own id is derived from; None where only a refund or dispute is known."""
        return next(((kind, self.ids[kind]) for kind in RANK if kind in self.ids), None)


def fold(seen: Iterable[Seen], keys: Iterable[str]) -> Payment:
    """The payment that these facts and keys describe; equal sets give an equal payment."""
    ordered = in_order(seen)
    objects = paying.objects(ordered)
    paid = paying.figures(objects, ordered[0].at) if ordered else None
    refunds = returns.refunds(ordered, objects, paid)
    refunded_minor = sum(refund.counted_minor for refund in refunds)
    disputes = returns.disputes(ordered, paid, refunded_minor)
    disputed_minor = sum(dispute.counted_minor for dispute in disputes)
    stated = _stated(ordered)
    references = tuple(sorted((kind, name) for kind, _, name in (key.partition(":") for key in keys) if kind in RANK))
    return Payment(
        ids={kind: min(name for each, name in references if each == kind) for kind in RANK if any(each == kind for each, _ in references)},
        references=references,
        paid=paid,
        kind=_kind(objects),
        status=_status(paid, refunded_minor, disputed_minor),
        refunds=refunds,
        disputes=disputes,
        refunded_minor=refunded_minor,
        disputed_minor=disputed_minor,
        net_minor=paid.gross_minor - refunded_minor - disputed_minor if paid else 0,
        stripe_customer=_first(objects, "customer_id"),
        subscription=_first(objects, "subscription_id"),
        external=next((each for each in stated if each.said.external_id), None),
        contact=_contact(objects),
        clicks=tuple(each for each in stated if each.said.click_id),
        acts=tuple(sorted((each.fact for each in ordered if isinstance(each.fact, facts.ActFact)), key=lambda act: (act.said_at, act.id))),
        tracked=objects.tracked[0] if objects.tracked else None,
        completed_at=min((each.at for each in ordered if isinstance(each.fact, facts.SessionFact) and each.fact.completed), default=None),
    )


def _stated(ordered: Sequence[Seen]) -> list[Stated]:
    """What the payment's own objects carry, the session's word first, then the invoice's, the intent's, the charge's and the site's."""
    first: dict[tuple[str, facts.Said], Stated] = {}
    for each in ordered:
        for said in getattr(each.fact, "said", ()):
            first.setdefault((each.fact.kind, said), Stated(_CARRIERS[each.fact.kind], said, each.source, each.at))
    places = list(_CARRIERS.values())
    return sorted(
        first.values(), key=lambda stated: (places.index(stated.carrier), stated.at, stated.source, stated.said.field, repr(stated.said))
    )


_CARRIERS = {
    facts.SessionFact.kind: facts.Carrier.SESSION,
    facts.InvoiceFact.kind: facts.Carrier.INVOICE,
    facts.IntentFact.kind: facts.Carrier.INTENT,
    facts.ChargeFact.kind: facts.Carrier.CHARGE,
    facts.TrackedSaleFact.kind: facts.Carrier.SALE,
}


def _kind(objects: Objects) -> SaleKind:
    """Source: https://docs.stripe.com/api/invoices/object#invoice_object-billing_reason"""
    reason = next((invoice.billing_reason for invoice in objects.invoices if invoice.billing_reason), None)
    if reason == "subscription_create" or (not objects.invoices and any(session.mode == "subscription" for session in objects.sessions)):
        return SaleKind.SUBSCRIPTION_START
    if reason == "subscription_update":
        return SaleKind.UPDATE
    if reason in ("subscription_cycle", "subscription_threshold", "subscription"):
        return SaleKind.RENEWAL
    return SaleKind.PURCHASE


def _status(paid: Figures | None, refunded_minor: int, disputed_minor: int) -> SaleStatus:
    if disputed_minor:
        return SaleStatus.DISPUTED
    if not refunded_minor or paid is None:
        return SaleStatus.PAID
    return SaleStatus.REFUNDED if refunded_minor >= paid.gross_minor else SaleStatus.PARTIALLY_REFUNDED


def _first(objects: Objects, name: str) -> str | None:
    """A guest's session says null where another object knows: what is known wins."""
    told: list[Any] = [*objects.invoices, *objects.sessions, *objects.intents, *objects.charges]
    return next((value for each in told if (value := getattr(each, name, None))), None)


def _contact(objects: Objects) -> facts.Contact:
    carriers: tuple[Any, ...] = (*objects.sessions, *objects.invoices, *objects.charges, *objects.intents)
    told = [each.contact for each in carriers]
    return facts.Contact(
        email=next((contact.email for contact in told if contact.email), None),
        name=next((contact.name for contact in told if contact.name), None),
        country=next((contact.country for contact in told if contact.country), None),
    )
