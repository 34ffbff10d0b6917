"""Diagnoses: for a session, intent, event, e-mail address or click, what is missing between click and credit, and where to put it."""

from collections.abc import Mapping
from dataclasses import dataclass

import strawberry

from resolvers import diagnosing
from resolvers.context import Context
from resolvers.diagnosis import Kind, Missing
from resolvers.entities import CLICK, CUSTOMER, SALE
from resolvers.reads import Keyed
from schema.clicks import Click
from schema.customers import Customer
from schema.enums import described
from schema.reading import attribute, field
from schema.sales import Sale

_CARRIERS = (
    "The click id (the cookie pimms_id) in metadata.pimmsClickId of the Checkout Session, PaymentIntent, subscription or Stripe customer, "
    "or in client_reference_id as pimms_id_<click id>; or a lead that names it: POST /track/lead with clickId and externalId, and the same "
    "externalId in metadata.pimmsCustomerId."
)
_LEAD = "POST /track/lead with the clickId that the visitor brought and your externalId, before the payment."
_TEXTS: Mapping[Missing, tuple[str, str | None]] = {
    Missing.NOTHING_HEARD: (
        "No event of Stripe's that names it has been taken in, in this workspace and mode.",
        "In Stripe: an endpoint at /webhooks/stripe with the events that `clickledger stripe install` sets; what was missed: "
        "`clickledger backfill`. For the other mode, ask with a key of it.",
    ),
    Missing.NOT_RECOGNISED: (
        "Nobody here has this id or address.",
        "POST /track/lead with it as externalId or customerEmail, or metadata.pimmsCustomerId in Stripe.",
    ),
    Missing.EVENT_WAITING: ("The event is kept and not settled yet.", "A running server settles it: see /readyz."),
    Missing.EVENT_FAILED: ("The event could not be read.", "`stripeEvents` has its error; the mutation stripeEventReplay tries it again."),
    Missing.EVENT_IGNORED: ("The event says nothing that bears on money or customers; `stripeEvents` has the reason.", None),
    Missing.PAYMENT_FAILED: ("Its payment could not be worked out; it is tried again.", "The server's log has the error."),
    Missing.NOT_PAID: ("The payment is known, and no money has come in: it is unpaid, a trial, or free.", None),
    Missing.RATE_UNKNOWN: (
        "No exchange rate is known for the moment of its payment, so its converted amounts wait.",
        "`clickledger rates update`, or a source that has the currency: `clickledger rates show` lists what waits.",
    ),
    Missing.CLICK_ID_NOWHERE: ("Nothing that bears on the payment carries a click id.", _CARRIERS),
    Missing.CLICK_ID_MALFORMED: (
        "What it carries is no click id: one has 16 letters and digits. `attribution` shows the place.",
        _CARRIERS,
    ),
    Missing.CLICK_UNKNOWN: (
        "No such click is known. If it turns up, what names it is weighed again.",
        "The click must be recorded here: by this server's short links, or by POST /track/click.",
    ),
    Missing.CLICK_ELSEWHERE: ("The click that it carries is one on somebody else's link.", "A click id of this workspace's own links."),
    Missing.CLICK_TOO_LATE: (
        "The click that it carries is later than the payment.",
        "The click id that the visitor brought before paying.",
    ),
    Missing.CLICK_TOO_OLD: ("The click that it carries is older than the attribution window.", None),
    Missing.CLICK_TAKEN_OFF: ("A person took the click off this sale.", "The mutation clickAttach puts one on."),
    Missing.CLICK_OF_A_BOT: ("The click is a bot's: it earns nothing.", None),
    Missing.CLICK_ID_NOT_SENT: (
        "The link does not send its click ids on, so the site never learns of them.",
        "The mutation linkUpdate with trackConversion: true, or the workspace's trackConversion.",
    ),
    Missing.CLICK_NAMED_BY_NOBODY: ("No lead and no payment names this click yet.", _CARRIERS),
    Missing.CUSTOMER_WITHOUT_ID: (
        "Its customer has no id of yours, so no lead can be tied to the payment.",
        "Your customer's id in metadata.pimmsCustomerId of the Checkout Session or Stripe customer.",
    ),
    Missing.CUSTOMER_WITHOUT_CLICK: ("No lead of this customer names a click.", _LEAD),
    Missing.CUSTOMER_WITHOUT_SALE: (
        "No payment of this customer is known.",
        "The customer's id in metadata.pimmsCustomerId of the Checkout Session or Stripe customer, or POST /track/sale with externalId.",
    ),
}

described(
    Kind,
    "DiagnosisKind",
    "What an id turned out to be.",
    {
        Kind.EVENT: "One of Stripe's events.",
        Kind.PAYMENT: "A payment, by any of its names: a sale where money came in.",
        Kind.CLICK: "A click.",
        Kind.CUSTOMER: "A customer or lead.",
        Kind.UNKNOWN: "Nothing that is known here.",
    },
)
described(Missing, "FindingCode", "What is missing.", {each: _TEXTS[each][0] for each in Missing})


@strawberry.type(description="One thing that is missing.")
class Finding:
    code: Missing = attribute("code", "What it is.")
    text: str = attribute("text", "The same as a sentence.")
    place: str | None = attribute("place", "Where to put it, or what to do. Null where nothing can be done.")


@dataclass(frozen=True, slots=True)
class _Finding:
    """A finding in words."""

    code: Missing
    text: str
    place: str | None


@dataclass(frozen=True, slots=True)
class _Told:
    """A diagnosis in words."""

    asked: str
    kind: Kind
    complete: bool
    findings: list[_Finding]
    sale: str | None
    customer: str | None
    click: str | None


async def diagnose(context: Context, _row: None, id: str) -> _Told:  # noqa: A002  # as the argument is called
    """What this names, and what is missing."""
    found = await diagnosing.diagnosis(context, id)
    findings = [_Finding(missing, *_TEXTS[missing]) for missing in found.findings]
    return _Told(found.asked, found.kind, not findings, findings, found.sale, found.customer, found.click)


@strawberry.type(description="What an id names, and what is missing on the way from a click to its credit.")
class Diagnosis:
    asked: str = attribute("asked", "What was asked for.")
    kind: Kind = attribute("kind", "What it is.")
    complete: bool = attribute("complete", "Whether nothing is missing.")
    findings: list[Finding] = attribute("findings", "What is missing, in the order in which things happen.")
    sale: Sale | None = field(Keyed(SALE, "sale"), "The sale, or of a customer or click the latest one.")
    customer: Customer | None = field(Keyed(CUSTOMER, "customer"), "Who paid, or would.")
    click: Click | None = field(Keyed(CLICK, "click"), "The click that has the credit, or that was asked for.")
