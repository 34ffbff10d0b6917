"""Stripe's events as we took them in: the inbox."""

from datetime import datetime

import strawberry

from ingest.models.evidence import EventState
from resolvers.entities import STRIPE_EVENT
from schema.nodes import Node
from schema.reading import column, computed, row_type


def lag(received_at: datetime, settled_at: datetime | None) -> float | None:
    """Seconds from taking an event in to having it in the ledger."""
    return None if settled_at is None else (settled_at - received_at).total_seconds()


@row_type(STRIPE_EVENT, "An event of Stripe's, kept as it was signed, and how far the settler has come with it.")
class StripeEvent(Node):
    id: strawberry.ID = computed(STRIPE_EVENT.global_id, "id", description="The global id: `inbox_…`.")
    livemode: bool = column("livemode", "Whether this is live rather than test data.")
    event_id: str = column("event_id", "Stripe's id: `evt_…`.")
    type: str = column("type", "Stripe's type of it, such as invoice.paid.")
    api_version: str = column("api_version", "The API version that it is written in; empty where it does not say.")
    created_at: datetime = column("created_at", "When Stripe made it.")
    received_at: datetime = column("received_at", "When we took it in.")
    source: str = column("source", "How it came: webhook, backfill, file or api.")
    state: EventState = column("state", "How far the settler has come with it.")
    reason: str | None = column("reason", "A code: why it was ignored or failed.")
    error: str | None = column("error", "What went wrong the last time.")
    attempts: int = column("attempts", "How often settling it was tried.")
    next_try_at: datetime | None = column("next_try_at", "When it is tried again.")
    settled_at: datetime | None = column("settled_at", "When it was settled.")
    lag_seconds: float | None = computed(
        lag, "received_at", "settled_at", description="Seconds from taking it in to having it in the ledger. Null until then."
    )
