"""The webhook and the settler: acknowledged after commit against verify and one INSERT; how fast events settle; how long they wait."""

import asyncio
from contextlib import ExitStack
from datetime import datetime
from itertools import islice
from typing import Any

from tortoise import Tortoise

from api.database import connected
from ingest import inbox
from ingest.inbox import Incoming
from ingest.models.workspace import Account
from tests import stripe_events as stripe
from tests.benchmarks import driving, machine, servers, stories
from tests.benchmarks.driving import Contestant
from tests.benchmarks.loads import Load
from tests.benchmarks.plan import Plan
from tests.benchmarks.table import Line

_EACH_SECOND = 4_000
"""More events a second than any contestant takes, so that none comes twice."""


def measure(plan: Plan, engine: str) -> None:
    with ExitStack() as stack:
        address = stack.enter_context(plan.store.copied(engine, plan.size))
        _lag(plan, engine, address)
        _acknowledged(plan, engine, address, stack)


def _lag(plan: Plan, engine: str, address: str) -> None:
    """Four clients as fast as they are answered, the settler beside them on the same core; then until nothing waits. Then a backlog."""
    count = round(_EACH_SECOND * plan.seconds)
    with servers.ours(address) as server:
        told = driving.drive(server.url, Load(stories.deliveries(plan.size, 0, count), clients=4), plan.seconds)
        asyncio.run(_settled(address))
        waits = asyncio.run(_waits(address))
        memory = machine.resident_mib(server.process.pid) if server.process else 0.0
    settled = _backlog(plan, address, round(told.rate * plan.seconds))
    plan.table.add(
        Line(
            what=f"events of a backlog settled per second, {engine}",
            against="webhook at 4 clients",
            value=settled / told.rate,
            at_least=1,
            note=f"{settled:.0f} and {told.rate:.0f}",
        )
    )
    for name, share, wanted in (("p50", 0.5, None), ("p99", 0.99, 1.0)):
        what = f"lag {name} of the settler beside 4 clients, {engine}"
        plan.table.add(Line(what=what, against="", value=waits[int(len(waits) * share)], unit="s", at_most=wanted, note=f"{told.rate:.0f}"))
    plan.table.add(Line(what=f"memory after the webhooks, {engine}", against="", value=memory, unit="MiB", at_most=200))


def _backlog(plan: Plan, address: str, count: int) -> float:
    """Events a second, from the first batch to the last, of a server that finds so many stored when it starts."""
    before = asyncio.run(_rows(address, "SELECT max(id) AS last FROM stripe_event"))[0]["last"]
    asyncio.run(_stored(address, plan, 5_000_000, count))
    with servers.ours(address):
        asyncio.run(_settled(address))
    rows = asyncio.run(_rows(address, f"SELECT settled_at FROM stripe_event WHERE id > {before} AND settled_at IS NOT NULL"))
    moments = sorted(_moment(row["settled_at"]) for row in rows)
    after = [moment for moment in moments if moment > moments[0]]
    took: float = (moments[-1] - moments[0]).total_seconds()
    return len(after) / took


async def _stored(address: str, plan: Plan, first: int, count: int) -> None:
    async with connected(address, pool_size=1):
        account = await Account.get(is_primary=True)
        purchases = stories.purchases(plan.size, first)
        for place in range(0, count, inbox.GROUP):
            events = list(islice(purchases, min(inbox.GROUP, count - place)))
            bodies = [stripe.raw(event) for event in events]
            await inbox.store_all(
                [
                    Incoming(body=body, said=inbox.envelope(event), workspace_id=account.workspace_id, account_id=account.id)
                    for body, event in zip(bodies, events, strict=True)
                ]
            )


_WAITING = "SELECT count(*) AS waiting FROM stripe_event WHERE state = 'stored'"


async def _settled(address: str) -> None:
    while (await _rows(address, _WAITING))[0]["waiting"]:  # noqa: ASYNC110  # another process settles: no event of ours can tell
        await asyncio.sleep(0.2)


async def _waits(address: str) -> list[float]:
    """Seconds that each told event waited to be settled, in order."""
    found = await _rows(address, "SELECT received_at, settled_at, state FROM stripe_event WHERE event_id LIKE 'evt_told%'")
    assert all(row["state"] == "settled" for row in found), {row["state"] for row in found}
    return sorted((_moment(row["settled_at"]) - _moment(row["received_at"])).total_seconds() for row in found)


def _moment(value: Any) -> Any:
    return datetime.fromisoformat(value) if isinstance(value, str) else value


async def _rows(address: str, statement: str) -> list[dict[str, Any]]:
    async with connected(address, pool_size=1):
        rows: list[dict[str, Any]] = await Tortoise.get_connection(
            "sqlite" if address.startswith("sqlite") else "postgres"
        ).execute_query_dict(statement)
        return rows


def _acknowledged(plan: Plan, engine: str, address: str, stack: ExitStack) -> None:
    """Against an INSERT by hand. Short rounds: the settler works on what ours has stored while it is measured, as it would for users."""
    mine = stack.enter_context(servers.ours(address))
    bare = stack.enter_context(servers.limit("webhook", address))
    count = round(_EACH_SECOND * plan.seconds)

    def load(number: int) -> Load:
        return Load(stories.deliveries(plan.size, (number + 1) * 10_000_000, count))

    found = driving.match(
        [Contestant("ours", mine.url, load), Contestant("bare", bare.url, load)], rounds=plan.rounds, seconds=plan.seconds
    )
    plan.table.add(
        Line(
            what=f"webhook acknowledged after commit, {engine}",
            against="verify + one INSERT",
            value=found.ratio("ours", "bare"),
            at_least=0.8,
            note=f"{found.rate('ours'):.0f} and {found.rate('bare'):.0f}",
        )
    )
