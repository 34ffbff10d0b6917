"""Facts: what evidence says, in our own types. The parser makes them, the folds read them; pure, and free of Stripe's shapes.

Amounts are integers of minor units; currencies are upper case ISO 4217 codes; times are aware UTC. None: not said.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, TypeAlias

PARSER_VERSION = 1
"""Raised when `ingest.stripe` reads more, or reads it differently: the past is then parsed again."""


class Carrier(StrEnum):
    """The kind of object that a claim rode on."""

    SESSION = "session"
    INTENT = "intent"
    INVOICE = "invoice"
    CHARGE = "charge"
    SUBSCRIPTION = "subscription"
    CUSTOMER = "customer"
    LEAD = "lead"
    SALE = "sale"
    PROFILE = "profile"
    ATTACH = "attach"
    DETACH = "detach"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A click id or customer id that an object carried, and the place where it stood."""

    field: str
    """Such as `data.object.metadata.pimmsClickId`."""
    click_id: str | None = None
    """As it was said, without the `pimms_id_` prefix; perhaps malformed."""
    external_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Who the evidence says the buyer is."""

    email: str | None = None
    name: str | None = None
    country: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionFact:
    """A Checkout session. `currency` and `amount_minor` are the merchant's; the buyer's stand in `presentment_*`."""

    kind: ClassVar[str] = "session"
    id: str
    mode: str
    """payment, subscription or setup."""
    payment_status: str
    """paid, unpaid or no_payment_required."""
    completed: bool
    """False for an expired or failed one."""
    currency: str | None
    amount_minor: int | None
    tax_minor: int | None = None
    shipping_minor: int | None = None
    discount_minor: int | None = None
    presentment_currency: str | None = None
    presentment_minor: int | None = None
    paid_at: datetime | None = None
    """The `created` of the completed or async-succeeded event that shows it paid; None while unpaid, or where no event says it."""
    intent_id: str | None = None
    invoice_id: str | None = None
    subscription_id: str | None = None
    customer_id: str | None = None
    contact: Contact = Contact()
    said: tuple[Said, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceFact:
    """An invoice at its latest known state in this event."""

    kind: ClassVar[str] = "invoice"
    id: str
    status: str | None
    billing_reason: str | None
    currency: str
    paid_minor: int
    """`amount_paid`: what was really paid, credit balance not counted."""
    tax_minor: int | None = None
    shipping_minor: int | None = None
    discount_minor: int | None = None
    paid_at: datetime | None = None
    """`status_transitions.paid_at`."""
    off_stripe: bool = False
    intent_id: str | None = None
    charge_id: str | None = None
    subscription_id: str | None = None
    customer_id: str | None = None
    contact: Contact = Contact()
    said: tuple[Said, ...] = ()
    """The invoice's own metadata; the subscription's snapshot becomes claims of the subscription."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IntentFact:
    """A payment intent."""

    kind: ClassVar[str] = "intent"
    id: str
    status: str
    currency: str
    received_minor: int
    succeeded_at: datetime | None = None
    """The `created` of the payment_intent.succeeded event."""
    charge_id: str | None = None
    invoice_id: str | None = None
    customer_id: str | None = None
    presentment_currency: str | None = None
    presentment_minor: int | None = None
    contact: Contact = Contact()
    said: tuple[Said, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeFact:
    """A charge, with its running total of what was refunded."""

    kind: ClassVar[str] = "charge"
    id: str
    paid: bool
    """Succeeded and captured."""
    currency: str
    captured_minor: int
    refunded_minor: int
    """`amount_refunded`, as of `seen_at`."""
    created_at: datetime
    seen_at: datetime
    """The event's `created`: which of two snapshots is newer."""
    intent_id: str | None = None
    invoice_id: str | None = None
    customer_id: str | None = None
    presentment_currency: str | None = None
    presentment_minor: int | None = None
    contact: Contact = Contact()
    said: tuple[Said, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundFact:
    """One refund in one state."""

    kind: ClassVar[str] = "refund"
    id: str
    status: str
    """pending, requires_action, succeeded, failed or canceled."""
    currency: str
    amount_minor: int
    created_at: datetime
    seen_at: datetime
    reason: str | None = None
    charge_id: str | None = None
    intent_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeFact:
    """One dispute in one state. Each flag says only what this event shows; the fold combines them."""

    kind: ClassVar[str] = "dispute"
    id: str
    status: str
    """Stripe's: warning_*, needs_response, under_review, won, lost, prevented …"""
    currency: str
    amount_minor: int
    created_at: datetime
    seen_at: datetime
    withdrawn: bool = False
    """This event is charge.dispute.funds_withdrawn."""
    reinstated: bool = False
    """This event is charge.dispute.funds_reinstated."""
    reason: str | None = None
    charge_id: str | None = None
    intent_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoicePaymentFact:
    """Which intent or charge paid an invoice: the only link between them since the basil version."""

    kind: ClassVar[str] = "invoice_payment"
    id: str
    status: str
    invoice_id: str | None = None
    intent_id: str | None = None
    charge_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackedSaleFact:
    """A sale that the site itself reported by /track/sale or saleTrack."""

    kind: ClassVar[str] = "tracked_sale"
    id: str
    """The statement's uid."""
    currency: str
    amount_minor: int
    said_at: datetime
    event_name: str
    processor: str
    invoice_id: str | None = None
    metadata: Mapping[str, Any] = field(hash=False)
    said: tuple[Said, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ActFact:
    """A person attached a click to this payment, or detached one."""

    kind: ClassVar[str] = "act"
    id: str
    """The statement's uid."""
    attach: bool
    click_id: str
    note: str | None
    said_at: datetime


Fact: TypeAlias = (
    SessionFact | InvoiceFact | IntentFact | ChargeFact | RefundFact | DisputeFact | InvoicePaymentFact | TrackedSaleFact | ActFact
)
KINDS: Mapping[str, type[Any]] = {
    kind.kind: kind
    for kind in (SessionFact, InvoiceFact, IntentFact, ChargeFact, RefundFact, DisputeFact, InvoicePaymentFact, TrackedSaleFact, ActFact)
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Something said of a person or a subscription rather than of one payment."""

    subject: str
    """`cus:<stripe id>`, `sub:<stripe id>` or `ext:<external id>`; the settler adds the account to the first two."""
    carrier: Carrier
    at: datetime
    field: str
    external_id: str | None = None
    click_id: str | None = None
    email: str | None = None
    name: str | None = None
    avatar: str | None = None
    country: str | None = None
    deleted: bool = False
    """The customer was deleted at `at`."""
    started_at: datetime | None = None
    """When the subscription began."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """A fact with the typed edges that place it: `<field>:<id>`.

    Fields are session, invoice, intent, charge, refund, dispute, invoice_payment, subscription_create and statement.
    """

    fact: Fact
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """All that one piece of evidence says. Nothing in it at all means that the evidence is kept and ignored, for `reason`."""

    facts: tuple[Joined, ...] = ()
    claims: tuple[Claim, ...] = ()
    reason: str | None = None
