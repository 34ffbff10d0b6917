"""Clicks: what was recorded of each, and what came of it."""

from datetime import datetime

import strawberry

from resolvers.entities import CLICK, LEAD, LINK, SALE
from schema.conditions import LeadFilter, SaleFilter
from schema.enums import Trigger
from schema.links import Link, Utm
from schema.nodes import Node
from schema.orders import LeadOrder, SaleOrder
from schema.reading import column, computed, many, one, row_type, same
from schema.references import LeadConnection, SaleConnection


@row_type(CLICK, "One click on a link, a bot's included. It belongs to the workspace, not to live or test.")
class Click(Node):
    id: strawberry.ID = computed(CLICK.global_id, "id", description="The global id: `click_` and the click id.")
    click_id: str = column("id", "The click id as it travels: 16 letters and digits.")
    at: datetime = column("clicked_at", "When it happened.")
    link: Link = one(LINK, "link_id", "The link that was clicked.")
    url: str = column("url", "Where the visitor was sent, or the page that the script saw.")
    anonymous_id: str | None = column("anonymous_id", "The browser, over many links: `anon_…`.")
    country: str | None = column("country", "The visitor's country: two letters, ISO 3166.")
    region: str | None = column("region", "The visitor's region, where a database of regions is given.")
    city: str | None = column("city", "The visitor's city, where a database of cities is given.")
    device: str | None = column("device", "desktop, mobile or tablet; null when the agent does not tell.")
    browser: str | None = column("browser", "The browser's name.")
    os: str | None = column("os", "The operating system's name.")
    referer: str | None = column("referer", "The domain of the page that the link stood on.")
    referer_url: str | None = column("referer_url", "The page that the link stood on.")
    utm: Utm = same("The campaign parameters of the destination.")
    trigger: Trigger = computed(Trigger, "trigger", description="How it came about.")
    bot: bool = column("bot", "Whether its agent is a bot's.")
    leads: LeadConnection = many(LEAD, "Leads that came from it.", by="click_id", filter=LeadFilter, order=LeadOrder)
    sales: SaleConnection = many(SALE, "Sales credited to it.", by="click_id", filter=SaleFilter, order=SaleOrder)
