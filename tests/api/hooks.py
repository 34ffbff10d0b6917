"""Stripe's events at the webhook's front door, for the tests of what it takes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2

from api.app import create_app
from api.prepare import prepare
from api.settings import Settings
from ingest import workspaces
from ingest.models.workspace import WebhookEndpoint
from tests import stripe_events
from tests.conftest import WEBHOOK_SECRET
from tests.stripe_events import raw, sign

HOOK = "/webhooks/stripe"


def an_event(**fields: Any) -> bytes:
    return raw(stripe_events.event("customer.created", {"id": "cus_1", "object": "customer"}, **fields))


async def post(
    client: httpx2.AsyncClient, body: bytes, *, path: str = HOOK, secret: str = WEBHOOK_SECRET, **header: Any
) -> httpx2.Response:
    return await client.post(
        path, content=body, headers={"stripe-signature": header.get("signature") or sign(body, secret, header.get("at"))}
    )


@asynccontextmanager
async def caller(settings: Settings) -> AsyncIterator[httpx2.AsyncClient]:
    """A caller of another application on the same database."""
    await prepare(settings)
    app = create_app(settings, connect=False)
    async with app.router.lifespan_context(app), httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://x") as client:
        yield client


async def endpoint_of(slug: str) -> tuple[int, str]:
    """A workspace with an endpoint of its own; its id and the endpoint's path. The secret is `whsec_<slug>`."""
    workspace = await workspaces.ensure(slug)
    await WebhookEndpoint.create(
        workspace_id=workspace.id, stripe_endpoint=slug, livemode=True, url="", secret=f"whsec_{slug}", api_version=""
    )
    return workspace.id, f"{HOOK}/{slug}"
