"""Leads: steps of a customer before paying."""

from datetime import datetime

import strawberry

from resolvers.entities import CLICK, CUSTOMER, LEAD, LINK
from schema.clicks import Click
from schema.customers import Customer
from schema.enums import Source
from schema.links import Link
from schema.nodes import Node
from schema.reading import column, computed, one, row_type
from schema.scalars import Json


@row_type(LEAD, "A step of a customer before paying: tracked by the site, or shown by Stripe where no site tracked one.")
class Lead(Node):
    id: strawberry.ID = computed(LEAD.global_id, "id", description="The global id: `lead_…`.")
    livemode: bool = column("livemode", "Whether this is live rather than test data.")
    event_name: str = column("event_name", "What the site called it.")
    quantity: int = column("quantity", "How many such events it stands for.")
    metadata: Json = column("metadata", "What the site said beside it.")
    source: Source = computed(Source, "source", description="Who showed it to us.")
    at: datetime = column("at", "When it happened.")
    customer: Customer = one(CUSTOMER, "customer_id", "Whose it is.")
    click: Click | None = one(CLICK, "click_id", "The click it came from.")
    link: Link | None = one(LINK, "link_id", "The link it came from.")
