"""Links: short addresses, and what came of them."""

from datetime import datetime
from urllib.parse import urlsplit

import strawberry

from resolvers.entities import CLICK, LEAD, LINK, SALE
from schema.conditions import PEOPLE, ClickFilter, LeadFilter, SaleFilter
from schema.nodes import Node
from schema.orders import ClickOrder, LeadOrder, SaleOrder
from schema.reading import column, computed, many, row_type, same, situated
from schema.references import ClickConnection, LeadConnection, SaleConnection

FALLBACK = "*"


def short_link(origin: str, domain: str, key: str) -> str:
    """The address to hand out; a link on the fallback domain has the host that the caller reached us at."""
    parts = urlsplit(origin)
    return f"{parts.scheme}://{parts.netloc if domain == FALLBACK else domain}/{key}"


@strawberry.type(description="The five campaign parameters of an address.")
class Utm:
    source: str | None = column("utm_source", "utm_source: where the visitor comes from.")
    medium: str | None = column("utm_medium", "utm_medium: by what kind of channel.")
    campaign: str | None = column("utm_campaign", "utm_campaign: the campaign's name.")
    term: str | None = column("utm_term", "utm_term: the paid keyword.")
    content: str | None = column("utm_content", "utm_content: which of several contents.")


@row_type(LINK, "A short link. It is archived, never deleted: its clicks and sales keep its name.")
class Link(Node):
    id: strawberry.ID = computed(LINK.global_id, "id", description="The global id: `link_…`.")
    domain: str = column("domain", "The host it is on; `*` is any that nobody claimed.")
    key: str = column("key", "The part of its address after the domain.")
    short_link: str = situated(short_link, "domain", "key", description="The whole address to hand out.")
    url: str = column("url", "Where it leads.")
    track_conversion: bool | None = column(
        "track_conversion", "Whether the click id travels on to the destination. Null: as the workspace says."
    )
    utm: Utm = same("The campaign parameters that its clicks carry.")
    created_at: datetime = column("created_at", "When it was made.")
    updated_at: datetime = column("updated_at", "When it was last changed.")
    archived_at: datetime | None = column("archived_at", "Since when it is no longer followed.")
    clicks: ClickConnection = many(
        CLICK, "Clicks on it, without bots'.", by="link_id", unless_asked=PEOPLE, filter=ClickFilter, order=ClickOrder
    )
    leads: LeadConnection = many(LEAD, "Leads that came from it.", by="link_id", filter=LeadFilter, order=LeadOrder)
    sales: SaleConnection = many(SALE, "Sales credited to it.", by="link_id", filter=SaleFilter, order=SaleOrder)
