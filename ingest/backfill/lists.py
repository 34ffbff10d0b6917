"""The lists of Stripe's that a backfill reads: events as far back as they reach, objects for what is older."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from ingest import ids
from ingest.stripe import wire
from ingest.stripe.client import Json
from ingest.stripe.errors import Unreadable
from ingest.stripe.parser import parse

REACH = timedelta(days=30)
"""How far back Stripe lists events. Source: https://docs.stripe.com/api/events"""
SLACK = timedelta(days=2)
"""How far the two halves of a plan overlap, so that a run which is taken up within that time leaves nothing between them."""
WINDOW = timedelta(days=30)
"""Of objects that are read at once, the oldest first. Lists are newest first, and what said a click first stands in the explanation of
all that its subscription paid: so a monthly invoice settles none of the others again."""
TYPES_AT_ONCE = 20
"""Event types that one request may name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One list, and what of it says something of money or people."""

    name: str
    path: str
    type: str = ""
    """The type of the events made of its objects; empty for a list of events."""
    asked: Json = field(default_factory=dict)
    worth: Callable[[Json], bool] = lambda _: True


def _succeeded(found: Json) -> bool:
    return found.get("status") == "succeeded"


EVENTS = tuple(
    Source(
        name=f"events {start // TYPES_AT_ONCE + 1}", path="/v1/events", asked={"types": list(wire.EVENTS[start : start + TYPES_AT_ONCE])}
    )
    for start in range(0, len(wire.EVENTS), TYPES_AT_ONCE)
)
"""Without `delivery_success=false`: that leaves out what was made while the endpoint was disabled, which is just what went missing."""
OBJECTS = (
    Source(name="customers", path="/v1/customers", type="customer.listed"),
    Source(name="subscriptions", path="/v1/subscriptions", type="customer.subscription.listed", asked={"status": "all"}),
    Source(name="sessions", path="/v1/checkout/sessions", type="checkout.session.listed", asked={"status": "complete"}),
    Source(name="invoices", path="/v1/invoices", type="invoice.listed", asked={"status": "paid"}),
    Source(name="invoice payments", path="/v1/invoice_payments", type="invoice_payment.listed", asked={"status": "paid"}),
    Source(name="payment intents", path="/v1/payment_intents", type="payment_intent.listed", worth=_succeeded),
    Source(name="charges", path="/v1/charges", type="charge.listed", worth=_succeeded),
    Source(name="refunds", path="/v1/refunds", type="refund.listed"),
    Source(name="disputes", path="/v1/disputes", type="charge.dispute.listed"),
)
BY_OBJECT = {"customer": 0, "subscription": 1, "checkout.session": 2, "invoice": 3, "invoice_payment": 4, "payment_intent": 5, "charge": 6}
BY_OBJECT |= {"refund": 7, "dispute": 8}


def of_object(found: Json) -> Source | None:
    """The list that an object would stand in, by what it says that it is."""
    number = BY_OBJECT.get(str(found.get("object")))
    return None if number is None else OBJECTS[number]


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time: from `since` up to but not including `until`."""

    since: datetime
    until: datetime

    def windows(self) -> "Iterator[Span]":
        """Its parts, the oldest first; all but the last are as long as WINDOW."""
        since = self.since
        while since < self.until:
            yield Span(since, min(since + WINDOW, self.until))
            since += WINDOW

    @property
    def asked(self) -> dict[str, int]:
        return {"gte": int(self.since.timestamp()), "lt": int(self.until.timestamp())}


def plan(span: Span, now: datetime) -> Iterator[tuple[Source, Span]]:
    """What to read for a span in a run that began `now`: objects made before events reach back, then the events."""
    horizon = now - REACH
    if span.since < horizon:
        for window in Span(span.since, min(span.until, horizon + SLACK)).windows():
            yield from ((source, window) for source in OBJECTS)
    if span.until > horizon:
        yield from ((source, Span(max(span.since, horizon), span.until)) for source in EVENTS)


def place(source: Source, span: Span) -> str:
    """What a bookmark calls this part of a plan."""
    return f"{source.name} {span.since:%Y-%m-%d}" if source.type else source.name


def as_event(source: Source, found: Json, *, livemode: bool, now: datetime) -> dict[str, Any]:
    """An event of our own that shows an object as a list showed it. The same object in the same state makes the same id.

    Its state is that of `now`, its metadata too: what it was before, no list tells.
    """
    event = {
        "object": "event",
        "api_version": wire.API_VERSION,
        "created": int(now.timestamp()),
        "data": {"object": found},
        "livemode": found["livemode"] if isinstance(found.get("livemode"), bool) else livemode,
        "pending_webhooks": 0,
        "request": None,
        "type": source.type,
    }
    return {"id": ids.derived("lst", found.get("id"), _meaning(event)), **event}


def _meaning(event: Json) -> str:
    """What an object says, whenever it is read: its addresses and tokens change from one request to the next."""
    try:
        return repr(parse({**event, "created": int(datetime(2000, 1, 1, tzinfo=UTC).timestamp())}))
    except Unreadable as error:
        return str(error)
