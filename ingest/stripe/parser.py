"""A Stripe event's body -> what it says, in our own types. Pure; read by shape and never by API version.

The objects inside an object (an expanded intent, a charge's refunds) are read as well: each is as true as the one around it.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ingest.facts import Parsed
from ingest.stripe import charges, invoices, people, reversals, sessions, wire
from ingest.stripe.errors import Unreadable
from ingest.stripe.shape import Seen, as_moment

READERS: Mapping[str, Callable[[Seen], Parsed]] = {
    "session": sessions.read,
    "invoice": invoices.read,
    "invoice_payment": invoices.payment,
    "intent": charges.intent,
    "charge": charges.charge,
    "refund": reversals.refund,
    "dispute": reversals.dispute,
    "customer": people.customer,
    "subscription": people.subscription,
}
INSIDE: Mapping[str, tuple[tuple[tuple[str, ...], str, str | None], ...]] = {
    "session": ((("payment_intent",), "intent", None), (("invoice",), "invoice", None)),
    "invoice": (
        (("payment_intent",), "intent", "invoice"),
        (("charge",), "charge", "invoice"),
        (("payments",), "invoice_payment", "invoice"),
    ),
    "invoice_payment": ((("payment", "payment_intent"), "intent", None), (("payment", "charge"), "charge", None)),
    "intent": ((("latest_charge",), "charge", "payment_intent"), (("charges",), "charge", "payment_intent")),
    "charge": ((("refunds",), "refund", "charge"), (("payment_intent",), "intent", None), (("invoice",), "invoice", None)),
    "refund": ((("charge",), "charge", None), (("payment_intent",), "intent", None)),
    "dispute": ((("charge",), "charge", None), (("payment_intent",), "intent", None)),
}
"""For each kind: the fields that may hold a whole object, its kind, and the field of that object which means this one."""


def parse(event: Mapping[str, Any]) -> Parsed:
    """All that an event says. What says nothing is answered with a reason.

    Raises:
        Unreadable: an amount, currency, id or time that a fact needs is missing or of the wrong type.
    """
    event_type = event.get("type")
    kind = wire.kind(event_type) if isinstance(event_type, str) else None
    if kind is None:
        return Parsed(reason="TYPE_NOT_READ")
    created, data = as_moment(event.get("created")), event.get("data")
    body = data.get("object") if isinstance(data, Mapping) else None
    if created is None:
        raise Unreadable("created")
    if not isinstance(body, Mapping):
        raise Unreadable("data.object")
    return _together(_read(kind, Seen(body=body, place="data.object", at=created, type=str(event_type))))


def _read(kind: str, seen: Seen) -> Iterator[Parsed]:
    yield READERS[kind](seen)
    for path, inner, link in INSIDE.get(kind, ()):
        for found in seen.inside(*path, link=link):
            yield from _read(inner, found)


def _together(parts: Iterator[Parsed]) -> Parsed:
    every = list(parts)
    facts, claims = tuple(fact for part in every for fact in part.facts), tuple(claim for part in every for claim in part.claims)
    return Parsed(facts=facts, claims=claims, reason=None if facts or claims else every[0].reason)
