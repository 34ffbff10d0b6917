"""Diagnosis: of what was found under an id, what is missing on the way from the click to its credit. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from re import compile as pattern

from resolvers.entities import Row

CLICK = pattern(r"(?:click_|pimms_id_|dub_id_)?([0-9A-Za-z]{16})")
STRIPE = pattern(r"(?:evt|cs|in|pi|ch|py|re|sub|cus|du|dp)_[0-9A-Za-z_]+")


class Kind(Enum):
    """What an id turned out to be."""

    EVENT = "event"
    PAYMENT = "payment"
    CLICK = "click"
    CUSTOMER = "customer"
    UNKNOWN = "unknown"


class Missing(Enum):
    """What is missing."""

    NOTHING_HEARD = "nothing_heard"
    NOT_RECOGNISED = "not_recognised"
    EVENT_WAITING = "event_waiting"
    EVENT_FAILED = "event_failed"
    EVENT_IGNORED = "event_ignored"
    PAYMENT_FAILED = "payment_failed"
    NOT_PAID = "not_paid"
    RATE_UNKNOWN = "rate_unknown"
    CLICK_ID_NOWHERE = "click_id_nowhere"
    CLICK_ID_MALFORMED = "click_id_malformed"
    CLICK_UNKNOWN = "click_unknown"
    CLICK_ELSEWHERE = "click_elsewhere"
    CLICK_TOO_LATE = "click_too_late"
    CLICK_TOO_OLD = "click_too_old"
    CLICK_TAKEN_OFF = "click_taken_off"
    CLICK_OF_A_BOT = "click_of_a_bot"
    CLICK_ID_NOT_SENT = "click_id_not_sent"
    CLICK_NAMED_BY_NOBODY = "click_named_by_nobody"
    CUSTOMER_WITHOUT_ID = "customer_without_id"
    CUSTOMER_WITHOUT_CLICK = "customer_without_click"
    CUSTOMER_WITHOUT_SALE = "customer_without_sale"


_REASONS = {
    "no_click_id": Missing.CLICK_ID_NOWHERE,
    "click_malformed": Missing.CLICK_ID_MALFORMED,
    "click_unknown": Missing.CLICK_UNKNOWN,
    "other_workspace": Missing.CLICK_ELSEWHERE,
    "click_after_payment": Missing.CLICK_TOO_LATE,
    "outside_window": Missing.CLICK_TOO_OLD,
    "detached": Missing.CLICK_TAKEN_OFF,
}
_STATES = {"stored": Missing.EVENT_WAITING, "failed": Missing.EVENT_FAILED, "ignored": Missing.EVENT_IGNORED}


@dataclass(slots=True, kw_only=True)
class Seen:
    """What was found under an id, and on the way from it."""

    kind: Kind = Kind.UNKNOWN
    event: Row | None = None
    sale: Row | None = None
    customer: Row | None = None
    click: Row | None = None
    payment: bool = False
    """Whether it is of a payment, with money or without."""
    fault: bool = False
    """Whether that payment could not be folded."""
    sends_id: bool = True
    """Whether the click's link sends its click id on to the site."""
    led: bool = False
    """Whether a lead or sale came of the click, or a click brought the customer."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What an id is, and what is missing. Rows are named by their keys."""

    asked: str
    kind: Kind
    sale: str | None
    customer: str | None
    click: str | None
    findings: list[Missing] = field(default_factory=list)


def decided(asked: str, seen: Seen) -> Diagnosis:
    """The diagnosis of what was seen."""
    sale, customer, click = (None if row is None else row["id"] for row in (seen.sale, seen.customer, seen.click))
    return Diagnosis(asked, seen.kind, sale, customer, click, list(dict.fromkeys(_missing(asked, seen))))


def _missing(asked: str, seen: Seen) -> Iterator[Missing]:
    if seen.kind is Kind.UNKNOWN:
        yield _unknown(asked)
    if seen.event is not None and seen.event["state"] in _STATES:
        yield _STATES[seen.event["state"]]
    if seen.payment and seen.sale is None:
        yield Missing.PAYMENT_FAILED if seen.fault else Missing.NOT_PAID
    if seen.sale is not None:
        yield from _of_sale(seen.sale, seen.customer)
    if seen.kind is Kind.CLICK and seen.click is not None:
        yield from _of_click(seen.click, seen)
    if seen.kind is Kind.CUSTOMER and seen.sale is None:
        yield from () if seen.led else (Missing.CUSTOMER_WITHOUT_CLICK,)
        yield Missing.CUSTOMER_WITHOUT_SALE


def _unknown(asked: str) -> Missing:
    if STRIPE.fullmatch(asked):
        return Missing.NOTHING_HEARD
    return Missing.CLICK_UNKNOWN if CLICK.fullmatch(asked) else Missing.NOT_RECOGNISED


def _of_sale(sale: Row, customer: Row | None) -> Iterator[Missing]:
    if sale["converted_net_minor"] is None:
        yield Missing.RATE_UNKNOWN
    if sale["click_id"] is None:
        yield _REASONS.get(sale["reason"], Missing.CLICK_ID_NOWHERE)
        if customer is not None and customer["external_id"] is None:
            yield Missing.CUSTOMER_WITHOUT_ID


def _of_click(click: Row, seen: Seen) -> Iterator[Missing]:
    if click["bot"]:
        yield Missing.CLICK_OF_A_BOT
    if not seen.sends_id:
        yield Missing.CLICK_ID_NOT_SENT
    if not seen.led:
        yield Missing.CLICK_NAMED_BY_NOBODY
