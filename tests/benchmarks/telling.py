"""The webhook and the settler: acknowledged after commit against verify and one INSERT; how fast events settle; how long they wait."""

import asyncio
from contextlib import ExitStack
from datetime import datetime
from typing import Any

from tortoise import Tortoise

from api.database import connected
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
    """Four clients as fast as they are answered, the settler beside them on the same core; then until nothing waits."""
    count = round(_EACH_SECOND * plan.seconds)
    with servers.ours(address) as server:
        told = driving.drive(server.url, Load(stories.deliveries(plan.size, 0, count), clients=4), plan.seconds)
        asyncio.run(_settled(address))
        waits, took = asyncio.run(_waits(address))
        memory = machine.resident_mib(server.process.pid) if server.process else 0.0
    settled = len(waits) / took
    against = f"webhook at 4 clients, {told.rate:.0f}/s"
    plan.table.add(
        Line(
            what=f"events settled per second, {engine}",
            against=against,
            value=settled / told.rate,
            at_least=1,
            note=f"{settled:.0f} and {told.rate:.0f}",
        )
    )
    for name, share, wanted in (("p50", 0.5, None), ("p99", 0.99, 1.0)):
        plan.table.add(
            Line(what=f"lag {name} at that rate, {engine}", against="", value=waits[int(len(waits) * share)], unit="s", at_most=wanted)
        )
    plan.table.add(Line(what=f"memory after the webhooks, {engine}", against="", value=memory, unit="MiB", at_most=200))


_WAITING = "SELECT count(*) AS waiting FROM stripe_event WHERE state = 'stored'"


async def _settled(address: str) -> None:
    while (await _rows(address, _WAITING))[0]["waiting"]:  # noqa: ASYNC110  # another process settles: no event of ours can tell
        await asyncio.sleep(0.2)


async def _waits(address: str) -> tuple[list[float], float]:
    """Seconds that each told event waited to be settled, in order; and from the first that came to the last that was settled."""
    found = await _rows(address, "SELECT received_at, settled_at, state FROM stripe_event WHERE event_id LIKE 'evt_told%'")
    assert all(row["state"] == "settled" for row in found), {row["state"] for row in found}
    came, settled = [_moment(row["received_at"]) for row in found], [_moment(row["settled_at"]) for row in found]
    waits = sorted((after - before).total_seconds() for before, after in zip(came, settled, strict=True))
    return waits, (max(settled) - min(came)).total_seconds()


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
