"""Enumerations of the ledger, given the descriptions that the schema serves."""

from collections.abc import Mapping
from enum import Enum
from typing import TypeVar

import strawberry
from strawberry.types.enum import StrawberryEnumDefinition

from ingest.credit.reasons import Reason, Rule, Verdict
from ingest.models.evidence import EventState
from ingest.models.ledger import DisputeStatus, RefundStatus, SaleKind, SaleStatus

E = TypeVar("E", bound=Enum)


def described(enum: type[E], name: str, description: str, values: Mapping[E, str]) -> type[E]:
    """The enumeration as a type of the schema; every member must be described."""
    definition: StrawberryEnumDefinition = strawberry.enum(enum, name=name, description=description).__strawberry_definition__  # type: ignore[attr-defined]  # set by Strawberry
    for value in definition.values:
        value.description = values[enum[value.name]]
    return enum


described(
    SaleKind,
    "SaleKind",
    "What a sale is part of.",
    {
        SaleKind.PURCHASE: "A single payment.",
        SaleKind.SUBSCRIPTION_START: "The first payment of a subscription.",
        SaleKind.RENEWAL: "A later period of a subscription.",
        SaleKind.UPDATE: "A change of a subscription that was paid for between periods.",
    },
)
described(
    SaleStatus,
    "SaleStatus",
    "What became of the money.",
    {
        SaleStatus.PAID: "All of it is kept.",
        SaleStatus.PARTIALLY_REFUNDED: "A part was given back.",
        SaleStatus.REFUNDED: "All of it was given back.",
        SaleStatus.DISPUTED: "The buyer's bank has taken money back.",
    },
)
described(
    RefundStatus,
    "RefundStatus",
    "How far a refund has come.",
    {
        RefundStatus.PENDING: "On its way; nothing is taken off the sale yet.",
        RefundStatus.SUCCEEDED: "The buyer has the money.",
        RefundStatus.FAILED: "The bank refused it; the money is the seller's again.",
        RefundStatus.CANCELED: "Called off; the money is the seller's again.",
    },
)
described(
    DisputeStatus,
    "DisputeStatus",
    "How a dispute stands.",
    {
        DisputeStatus.OPEN: "Not decided.",
        DisputeStatus.WON: "Decided for the seller.",
        DisputeStatus.LOST: "Decided for the buyer.",
    },
)
described(
    EventState,
    "EventState",
    "How far the settler has come with an event.",
    {
        EventState.STORED: "Acknowledged to Stripe and kept; not yet read.",
        EventState.SETTLED: "What it says is in the ledger.",
        EventState.IGNORED: "It says nothing of money or people; see the reason.",
        EventState.FAILED: "It could not be settled; see the error. It is tried again.",
    },
)
described(
    Rule,
    "Rule",
    "Whose evidence tied a click to a payment, strongest first.",
    {
        Rule.ATTACHED: "A person attached the click.",
        Rule.PAYMENT: "The payment itself carried it: its session, intent, invoice or charge.",
        Rule.SUBSCRIPTION: "The payment's subscription carried it, or what began the subscription.",
        Rule.STRIPE_CUSTOMER: "The Stripe customer carried it.",
        Rule.LEAD: "A lead with the buyer's customer id came from it.",
        Rule.EMAIL: "A customer with the same e-mail address came from it; only where the workspace turns that on.",
        Rule.NONE: "Nothing tied any click to the payment.",
    },
)
described(
    Verdict,
    "Verdict",
    "What became of a candidate for a sale's credit.",
    {
        Verdict.CREDITED: "It got the credit.",
        Verdict.PASSED_OVER: "It counts, but a stronger rule or a later touch decided.",
        Verdict.REFUSED: "It does not count.",
    },
)
described(
    Reason,
    "ReasonCode",
    "Why a click was credited, or was not. The reason of a sale is that of its best candidate.",
    {
        Reason.CREDITED: "This touch decided.",
        Reason.EARLIER_TOUCH: "A later touch under the same rule decided.",
        Reason.WEAKER_EVIDENCE: "A stronger rule decided.",
        Reason.NO_CLICK_ID: "Nothing that bears on the payment carries a click id.",
        Reason.CLICK_MALFORMED: "What stands in its place is not a click id: 16 letters and digits.",
        Reason.CLICK_UNKNOWN: "It is well formed, and no such click is known yet.",
        Reason.OTHER_WORKSPACE: "It is a click on somebody else's link.",
        Reason.CLICK_AFTER_PAYMENT: "The click is later than the payment, by more than clocks differ.",
        Reason.OUTSIDE_WINDOW: "The click is older than the attribution window.",
        Reason.DETACHED: "A person took it off this sale.",
        Reason.IDENTITY_CONFLICT: "The payment's own customer id and its Stripe customer's were not the same.",
    },
)


class Trigger(Enum):
    """How a click came about."""

    LINK = "link"
    QR = "qr"
    SCRIPT = "script"


class Source(Enum):
    """Who showed us a lead."""

    SITE = "site"
    STRIPE = "stripe"


class AttributionModel(Enum):
    """How credit is shared among touches."""

    LAST_TOUCH = "last_touch"


described(
    Trigger,
    "ClickTrigger",
    "How a click came about.",
    {
        Trigger.LINK: "The short link was followed.",
        Trigger.QR: "The link's QR code was scanned.",
        Trigger.SCRIPT: "The site's own script recorded it.",
    },
)
described(
    Source,
    "LeadSource",
    "Who showed us a lead.",
    {Source.SITE: "The site tracked it.", Source.STRIPE: "Stripe named a customer whom no site had tracked."},
)
described(
    AttributionModel,
    "AttributionModel",
    "How credit is shared among the touches that count.",
    {AttributionModel.LAST_TOUCH: "All of it to the last touch under the strongest rule that has one."},
)
