"""Filters: the inputs, and beside each field the column that it is held against. What is left out, or null, asks nothing."""

from dataclasses import fields
from datetime import datetime
from typing import Any

import strawberry

from ingest.credit.reasons import Reason
from ingest.models.evidence import EventState
from ingest.models.ledger import DisputeStatus, RefundStatus, SaleKind, SaleStatus
from resolvers.entities import CLICK, Entity
from resolvers.filters import Condition, Operator
from schema.enums import Trigger

COLUMN = "column"
_EQ, _IN = "Is this.", "Is one of these; an empty list matches nothing."
_OPERATORS = {operator.value: operator for operator in Operator} | {"in_": Operator.IN}


def op(description: str, *, name: str | None = None) -> Any:
    return strawberry.field(description=description, default=strawberry.UNSET, name=name)


def on(column: str, description: str, *, of: Entity | None = None, lower: bool = False) -> Any:
    """A condition on `column`; of the global id of an entity where one is named; on lower-case text where that is what the column holds."""
    return strawberry.field(description=description, default=strawberry.UNSET, metadata={COLUMN: (column, of, lower)})


@strawberry.input(description="Conditions on an id.")
class IDFilter:
    eq: strawberry.ID | None = op(_EQ)
    in_: list[strawberry.ID] | None = op(_IN, name="in")


@strawberry.input(description="Conditions on a text. Letters' case matters.")
class StringFilter:
    eq: str | None = op(_EQ)
    in_: list[str] | None = op(_IN, name="in")
    contains: str | None = op("Has this within it.")


@strawberry.input(description="Conditions on a code, which is matched whole.")
class CodeFilter:
    eq: str | None = op(_EQ)
    in_: list[str] | None = op(_IN, name="in")


@strawberry.input(description="A condition on a yes or no.")
class BooleanFilter:
    eq: bool | None = op(_EQ)


@strawberry.input(description="Conditions on a moment.")
class DateTimeFilter:
    gte: datetime | None = op("At this moment or later.")
    lt: datetime | None = op("Before this moment.")


@strawberry.input(description="Conditions on whether something happened.")
class PresenceFilter:
    is_null: bool | None = op("True: it did not happen. False: it did.")


@strawberry.input(description="Conditions on a sale's kind.")
class SaleKindFilter:
    eq: SaleKind | None = op(_EQ)
    in_: list[SaleKind] | None = op(_IN, name="in")


@strawberry.input(description="Conditions on a sale's status.")
class SaleStatusFilter:
    eq: SaleStatus | None = op(_EQ)
    in_: list[SaleStatus] | None = op(_IN, name="in")


@strawberry.input(description="Conditions on a reason.")
class ReasonCodeFilter:
    eq: Reason | None = op(_EQ)
    in_: list[Reason] | None = op(_IN, name="in")


@strawberry.input(description="Conditions on a refund's status.")
class RefundStatusFilter:
    eq: RefundStatus | None = op(_EQ)
    in_: list[RefundStatus] | None = op(_IN, name="in")


@strawberry.input(description="Conditions on a dispute's status.")
class DisputeStatusFilter:
    eq: DisputeStatus | None = op(_EQ)
    in_: list[DisputeStatus] | None = op(_IN, name="in")


@strawberry.input(description="Conditions on an event's state.")
class EventStateFilter:
    eq: EventState | None = op(_EQ)
    in_: list[EventState] | None = op(_IN, name="in")


@strawberry.input(description="Conditions on a click's trigger.")
class ClickTriggerFilter:
    eq: Trigger | None = op(_EQ)
    in_: list[Trigger] | None = op(_IN, name="in")


@strawberry.input(description="Which sales. Every condition given must hold.")
class SaleFilter:
    paid_at: DateTimeFilter | None = on("paid_at", "When it was paid.")
    kind: SaleKindFilter | None = on("kind", "What it is part of.")
    status: SaleStatusFilter | None = on("status", "What became of the money.")
    currency: CodeFilter | None = on("currency", "The currency it was paid in: upper case, ISO 4217.")
    customer: IDFilter | None = on("customer_id", "Whose it is: ids of customers.")
    link: IDFilter | None = on("link_id", "The link that got the credit: ids of links.")
    click: IDFilter | None = on("click_id", "The click that got the credit: ids of clicks.", of=CLICK)
    reason: ReasonCodeFilter | None = on("reason", "Why it is credited, or why not.")
    processor: CodeFilter | None = on("processor", "What processed the payment, such as stripe.")
    event_name: StringFilter | None = on("event_name", "What the site called it.")


PEOPLE = (Condition("bot", Operator.EQ, False),)
"""Clicks of people: bots are kept apart, and shown to who asks for them."""


@strawberry.input(description="Which clicks. Every condition given must hold.")
class ClickFilter:
    at: DateTimeFilter | None = on("clicked_at", "When it happened.")
    link: IDFilter | None = on("link_id", "The link: ids of links.")
    anonymous_id: CodeFilter | None = on("anonymous_id", "The browser: `anon_…`.")
    country: CodeFilter | None = on("country", "The country: two letters, upper case.")
    device: CodeFilter | None = on("device", "desktop, mobile or tablet.")
    browser: StringFilter | None = on("browser", "The browser's name.")
    os: StringFilter | None = on("os", "The operating system's name.")
    referer: StringFilter | None = on("referer", "The referring domain.")
    utm_source: StringFilter | None = on("utm_source", "The campaign's source.")
    utm_medium: StringFilter | None = on("utm_medium", "The campaign's medium.")
    utm_campaign: StringFilter | None = on("utm_campaign", "The campaign's name.")
    trigger: ClickTriggerFilter | None = on("trigger", "How it came about.")
    bot: BooleanFilter | None = on("bot", "Whether it was a bot's. Where nothing is said of it, bots' clicks are left out.")


@strawberry.input(description="Which links. Every condition given must hold.")
class LinkFilter:
    created_at: DateTimeFilter | None = on("created_at", "When it was made.")
    domain: CodeFilter | None = on("domain", "The domain it is on.")
    key: StringFilter | None = on("key", "The part after the domain.")
    url: StringFilter | None = on("url", "Where it leads.")
    utm_source: StringFilter | None = on("utm_source", "The campaign's source.")
    utm_medium: StringFilter | None = on("utm_medium", "The campaign's medium.")
    utm_campaign: StringFilter | None = on("utm_campaign", "The campaign's name.")
    archived_at: PresenceFilter | None = on("archived_at", "Whether it was archived.")


@strawberry.input(description="Which customers. Every condition given must hold.")
class CustomerFilter:
    first_seen_at: DateTimeFilter | None = on("first_seen_at", "When we first heard of them.")
    external_id: StringFilter | None = on("external_id", "The site's own id of them.")
    email: StringFilter | None = on("email_key", "The e-mail address. Here letters' case does not matter.", lower=True)
    country: CodeFilter | None = on("country", "The country: two letters, upper case.")


@strawberry.input(description="Which leads. Every condition given must hold.")
class LeadFilter:
    at: DateTimeFilter | None = on("at", "When it happened.")
    event_name: StringFilter | None = on("event_name", "What the site called it.")
    customer: IDFilter | None = on("customer_id", "Whose it is: ids of customers.")
    link: IDFilter | None = on("link_id", "The link it came from: ids of links.")
    click: IDFilter | None = on("click_id", "The click it came from: ids of clicks.", of=CLICK)


@strawberry.input(description="Which refunds. Every condition given must hold.")
class RefundFilter:
    at: DateTimeFilter | None = on("at", "When it was made.")
    status: RefundStatusFilter | None = on("status", "How far it has come.")
    sale: IDFilter | None = on("sale_id", "What was given back: ids of sales.")


@strawberry.input(description="Which disputes. Every condition given must hold.")
class DisputeFilter:
    at: DateTimeFilter | None = on("at", "When it was opened.")
    status: DisputeStatusFilter | None = on("status", "How it stands.")
    sale: IDFilter | None = on("sale_id", "What was disputed: ids of sales.")


@strawberry.input(description="Which of Stripe's events. Every condition given must hold.")
class StripeEventFilter:
    created_at: DateTimeFilter | None = on("created_at", "When Stripe made it.")
    received_at: DateTimeFilter | None = on("received_at", "When we took it in.")
    state: EventStateFilter | None = on("state", "How far the settler has come with it.")
    type: StringFilter | None = on("type", "Stripe's type of event, such as invoice.paid.")
    event_id: CodeFilter | None = on("event_id", "Stripe's id: `evt_…`.")
    reason: CodeFilter | None = on("reason", "The code of why it was ignored or failed.")


def of(asked: Any) -> list[Condition]:
    """The conditions that a filter states."""
    if asked is None:
        return []
    return [condition for field in fields(asked) for condition in _stated(getattr(asked, field.name), *field.metadata[COLUMN])]


def _stated(held: Any, column: str, entity: Entity | None, lower: bool) -> list[Condition]:
    if held is None or held is strawberry.UNSET:
        return []
    found = []
    for field in fields(held):
        value = getattr(held, field.name)
        if value is not None and value is not strawberry.UNSET:
            plain = tuple(_plain(each, entity, lower) for each in value) if isinstance(value, list) else _plain(value, entity, lower)
            found.append(Condition(column, _OPERATORS[field.name], plain))
    return found


def _plain(value: Any, entity: Entity | None, lower: bool) -> Any:
    """The value as the column holds it; an id of another kind becomes one that nothing has."""
    if entity is not None:
        key = entity.key(value)
        return "" if key is None else key
    if lower and isinstance(value, str):
        return value.lower()
    return getattr(value, "value", value)
