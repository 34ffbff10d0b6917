"""Health: alive, ready, and what Prometheus reads."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette

from api.background import Background
from ingest import links, workspaces
from ingest.models.evidence import StripeEvent
from ingest.models.workspace import Workspace
from tests import stripe_events
from tests.conftest import WEBHOOK_SECRET


async def test_a_server_that_lives_says_so_to_anybody(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/healthz")

    assert (answer.status_code, answer.json()) == (200, {"alive": True})


async def test_a_server_is_ready_when_everything_it_needs_is_there(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/readyz")

    assert answer.status_code == 200
    assert answer.json()["ready"] is True
    assert answer.json()["checks"].items() >= {"database": True, "migrations": True, "settler": True}.items()


async def test_a_server_whose_database_lacks_a_migration_is_not_ready(client: httpx2.AsyncClient) -> None:
    await Workspace._meta.db.execute_query("DELETE FROM tortoise_migrations")

    answer = await client.get("/readyz")

    assert (answer.status_code, answer.json()["checks"]["migrations"]) == (503, False)


async def test_a_server_whose_database_is_away_is_not_ready(client: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(*_: object) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(type(Workspace._meta.db), "execute_query", away)

    answer = await client.get("/readyz")

    assert (answer.status_code, answer.json()["checks"]["database"]) == (503, False)


async def test_a_loop_that_falls_is_seen_and_started_again() -> None:
    background, starts = Background(), 0

    async def falls_once() -> None:
        nonlocal starts
        starts += 1
        if starts == 1:
            raise RuntimeError
        await asyncio.Event().wait()

    async with background.running({"loop": falls_once}):
        await asyncio.sleep(0.01)
        fallen = dict(background.alive())
        await asyncio.sleep(1.05)
        risen = dict(background.alive())

    assert (fallen, risen, starts) == ({"loop": False}, {"loop": True}, 2)


async def test_metrics_count_events_by_outcome(client: httpx2.AsyncClient, app: Starlette) -> None:
    body = stripe_events.raw(stripe_events.event("customer.created", {"id": "cus_1", "object": "customer"}))
    for _ in range(3):
        await client.post("/webhooks/stripe", content=body, headers={"stripe-signature": stripe_events.sign(body, WEBHOOK_SECRET)})

    said = (await client.get("/metrics")).text

    assert 'clickledger_stripe_events_total{outcome="recorded"} 1.0' in said
    assert 'clickledger_stripe_events_total{outcome="duplicate"} 2.0' in said
    assert 'clickledger_requests_total{route="/webhooks/stripe",status="200"} 3.0' in said
    assert "clickledger_settle_lag_seconds" in said
    assert await StripeEvent.all().count() == 1


async def test_metrics_say_how_many_events_wait_and_for_how_long_the_first_has(client: httpx2.AsyncClient) -> None:
    account = await workspaces.primary_account((await workspaces.find("default")).id)
    for number, seconds in enumerate((5, 90)):
        await StripeEvent.create(
            workspace_id=account.workspace_id, account_id=account.id, livemode=True, event_id=f"evt_{number}", api_version="", type="a.b",
            created_at=datetime.now(UTC), received_at=datetime.now(UTC) - timedelta(seconds=seconds), source="webhook", body=b"{}",
        )  # fmt: skip

    said = dict(line.split() for line in (await client.get("/metrics")).text.splitlines() if not line.startswith("#"))

    assert float(said["clickledger_settle_waiting"]) == 2
    assert 90 <= float(said["clickledger_settle_lag_seconds"]) < 120


async def test_metrics_count_clicks_by_where_they_were_kept(client: httpx2.AsyncClient) -> None:
    link = await links.create((await workspaces.find("default")).id, links.Draft(url="https://example.com", domain="*"))
    await client.get(f"/{link.key}", headers={"user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"})

    said = (await client.get("/metrics")).text

    assert 'clickledger_clicks_total{kept="stored"} 1.0' in said


async def test_metrics_count_operations_by_how_they_were_answered(client: httpx2.AsyncClient, live_key: str) -> None:
    async def counted() -> dict[str, float]:
        lines = (await client.get("/metrics")).text.splitlines()
        return {line.split('"')[1]: float(line.split()[1]) for line in lines if line.startswith("clickledger_graphql_operations_total{")}

    async def asked(query: str, **variables: Any) -> None:
        await client.post("/graphql", json={"query": query, "variables": variables}, headers={"authorization": f"Bearer {live_key}"})

    before = await counted()
    await asked("{ links(first: 1) { nodes { id } } }")
    await asked('{ links(first: 1, after: "none") { nodes { id } } }')
    await asked("query($first: Int!) { links(first: $first) { nodes { id } } }", first="many")
    after = await counted()

    assert {how: after[how] - before[how] for how in after if after[how] != before[how]} == {"compiled": 2, "unanswerable": 1}


@asynccontextmanager
async def from_elsewhere(app: Starlette) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(app, client=("192.0.2.1", 1))
    async with httpx2.AsyncClient(transport=transport, base_url="http://x") as client:
        yield client


async def test_from_elsewhere_metrics_need_an_admin_key(app: Starlette, live_key: str) -> None:
    async with from_elsewhere(app) as client:
        refused = await client.get("/metrics")
        shown = await client.get("/metrics", headers={"authorization": f"Bearer {live_key}"})

    assert (refused.status_code, shown.status_code) == (401, 200)
