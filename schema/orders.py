"""Orders: what a list may go by. The value of each member is the column; every one stands behind an index."""

from enum import Enum
from typing import Any

import strawberry

from resolvers.cursors import Order
from schema.enums import described


class Direction(Enum):
    """Which way an order runs."""

    ASC = "asc"
    DESC = "desc"


class SaleOrderField(Enum):
    """What sales go by."""

    PAID_AT = "paid_at"


class ClickOrderField(Enum):
    """What clicks go by."""

    AT = "clicked_at"


class LinkOrderField(Enum):
    """What links go by."""

    CREATED_AT = "created_at"


class CustomerOrderField(Enum):
    """What customers go by."""

    FIRST_SEEN_AT = "first_seen_at"


class LeadOrderField(Enum):
    """What leads go by."""

    AT = "at"


class RefundOrderField(Enum):
    """What refunds go by."""

    AT = "at"


class DisputeOrderField(Enum):
    """What disputes go by."""

    AT = "at"


class StripeEventOrderField(Enum):
    """What events go by."""

    CREATED_AT = "created_at"
    RECEIVED_AT = "received_at"


described(
    Direction,
    "OrderDirection",
    "Which way an order runs.",
    {Direction.ASC: "The least first: the oldest.", Direction.DESC: "The greatest first: the newest."},
)
described(SaleOrderField, "SaleOrderField", "What sales may go by.", {SaleOrderField.PAID_AT: "When they were paid."})
described(ClickOrderField, "ClickOrderField", "What clicks may go by.", {ClickOrderField.AT: "When they happened."})
described(LinkOrderField, "LinkOrderField", "What links may go by.", {LinkOrderField.CREATED_AT: "When they were made."})
described(
    CustomerOrderField,
    "CustomerOrderField",
    "What customers may go by.",
    {CustomerOrderField.FIRST_SEEN_AT: "When we first heard of them."},
)
described(LeadOrderField, "LeadOrderField", "What leads may go by.", {LeadOrderField.AT: "When they happened."})
described(RefundOrderField, "RefundOrderField", "What refunds may go by.", {RefundOrderField.AT: "When they were made."})
described(DisputeOrderField, "DisputeOrderField", "What disputes may go by.", {DisputeOrderField.AT: "When they were opened."})
described(
    StripeEventOrderField,
    "StripeEventOrderField",
    "What Stripe's events may go by.",
    {StripeEventOrderField.CREATED_AT: "When Stripe made them.", StripeEventOrderField.RECEIVED_AT: "When we took them in."},
)

_FIELD = "What to go by."
_DIRECTION = "Which way."


@strawberry.input(description="An order of sales.")
class SaleOrder:
    field: SaleOrderField = strawberry.field(description=_FIELD)
    direction: Direction = strawberry.field(description=_DIRECTION)


@strawberry.input(description="An order of clicks.")
class ClickOrder:
    field: ClickOrderField = strawberry.field(description=_FIELD)
    direction: Direction = strawberry.field(description=_DIRECTION)


@strawberry.input(description="An order of links.")
class LinkOrder:
    field: LinkOrderField = strawberry.field(description=_FIELD)
    direction: Direction = strawberry.field(description=_DIRECTION)


@strawberry.input(description="An order of customers.")
class CustomerOrder:
    field: CustomerOrderField = strawberry.field(description=_FIELD)
    direction: Direction = strawberry.field(description=_DIRECTION)


@strawberry.input(description="An order of leads.")
class LeadOrder:
    field: LeadOrderField = strawberry.field(description=_FIELD)
    direction: Direction = strawberry.field(description=_DIRECTION)


@strawberry.input(description="An order of refunds.")
class RefundOrder:
    field: RefundOrderField = strawberry.field(description=_FIELD)
    direction: Direction = strawberry.field(description=_DIRECTION)


@strawberry.input(description="An order of disputes.")
class DisputeOrder:
    field: DisputeOrderField = strawberry.field(description=_FIELD)
    direction: Direction = strawberry.field(description=_DIRECTION)


@strawberry.input(description="An order of Stripe's events.")
class StripeEventOrder:
    field: StripeEventOrderField = strawberry.field(description=_FIELD)
    direction: Direction = strawberry.field(description=_DIRECTION)


def order_of(asked: Any) -> Order | None:
    """The order that an `orderBy` asks for."""
    return None if asked is None else Order(asked.field.value, descending=asked.direction is Direction.DESC)
