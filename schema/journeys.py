"""Journeys: the clicks that led to a sale, from the first to the payment."""

from datetime import datetime

import strawberry

from resolvers import journeys, loading
from resolvers.entities import CLICK, LINK
from resolvers.reads import Asked, Touches
from schema.clicks import Click
from schema.links import Link
from schema.reading import PAGING, column, field, one, same
from schema.references import TouchConnection


@strawberry.type(description="A click on the way to a sale.")
class Touch:
    at: datetime = column("clicked_at", "When it happened.")
    click: Click = same("The click.")
    link: Link = one(LINK, "link_id", "The link that was clicked.")


@strawberry.type(
    description="The clicks that led to a sale: those of the credited click's browser, and those considered; none after the payment."
)
class Journey:
    first_touch: Touch | None = field(Asked(loading.first_touch, gives=CLICK), "The earliest of them.")
    last_touch: Touch | None = field(Asked(loading.last_touch, gives=CLICK), "The latest of them.")
    touches: TouchConnection = field(Touches(CLICK), "All of them, the earliest first.", PAGING)
    days_to_conversion: int | None = field(Asked(loading.days_to_conversion), "Whole days from the first touch to the payment.")
    order_index: int = field(Asked(journeys.order_index), "Which sale of its customer this is: 1 for the first.")
