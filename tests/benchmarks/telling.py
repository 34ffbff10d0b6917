"""The webhook and the settler: acknowledged after commit against verify and one INSERT; how fast events settle; how long they wait."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from itertools import islice
from typing import Any

import asyncpg
from tortoise import Tortoise

from api.database import connected
from ingest import inbox
from ingest.inbox import Incoming
from ingest.models.workspace import Account
from ingest.settle.scope import Scope
from tests import stripe_events as stripe
from tests.benchmarks import driving, machine, servers, stories
from tests.benchmarks.driving import Contestant, Match
from tests.benchmarks.loads import Load
from tests.benchmarks.plan import Plan
from tests.benchmarks.table import Line

_EACH_SECOND = 8_000
"""More events a second than any contestant takes, so that none comes twice."""
_STRETCH = 10
"""Rounds without a pause for which four clients tell: a lag that grows would show."""
_BURST = 3
"""Rounds without a pause for which sixteen do, who are answered first and settled later."""
_LEASES = "SELECT pg_advisory_lock(1, $1), pg_advisory_lock(1, $2)"


def measure(plan: Plan, engine: str) -> None:
    with plan.store.copied(engine, plan.size) as address:
        _lag(plan, engine, address)
        _acknowledged(plan, engine, address)
        if engine == "postgres":
            _acknowledged_alone(plan, address)


def _lag(plan: Plan, engine: str, address: str) -> None:
    """Four clients as fast as they are answered, the settler beside them on the same core; then until nothing waits. Then a backlog."""
    seconds = plan.seconds * _STRETCH
    with servers.ours(address) as server:
        told = driving.drive(server.url, Load(stories.deliveries(plan.size, 0, round(_EACH_SECOND * seconds)), clients=4), seconds)
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
    third = len(waits) // 3
    for name, found, share, wanted in (
        ("p50", waits, 0.5, None),
        ("p99", waits, 0.99, 1.0),
        ("p99 in the first third", waits[:third], 0.99, None),
        ("p99 in the last third", waits[-third:], 0.99, 1.0),
    ):
        what, value = f"lag of the settler beside 4 clients, {seconds:g} s, {name}, {engine}", sorted(found)[int(len(found) * share)]
        plan.table.add(Line(what=what, against="", value=value, unit="s", at_most=wanted, note=f"{told.rate:.0f}"))
    plan.table.add(Line(what=f"memory after the webhooks, {engine}", against="", value=memory, unit="MiB", at_most=200))


def _backlog(plan: Plan, address: str, count: int) -> float:
    """Events a second, from the first batch to the last, of a server that finds so many stored when it starts."""
    before = asyncio.run(_last(address))
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


async def _last(address: str) -> int:
    number: int = (await _rows(address, "SELECT max(id) AS last FROM stripe_event"))[0]["last"]
    return number


_WAITING = "SELECT count(*) AS waiting FROM stripe_event WHERE state = 'stored'"


async def _settled(address: str) -> None:
    while (await _rows(address, _WAITING))[0]["waiting"]:  # noqa: ASYNC110  # another process settles: no event of ours can tell
        await asyncio.sleep(0.2)


async def _waits(address: str, after: int = 0) -> list[float]:
    """Seconds that each told event waited to be settled, of those with greater ids than `after`, in the order in which they came."""
    told = f"event_id LIKE 'evt_told%' AND id > {after}"
    found = await _rows(address, f"SELECT received_at, settled_at, state FROM stripe_event WHERE {told} ORDER BY id")
    assert all(row["state"] == "settled" for row in found), {row["state"] for row in found}
    return [(_moment(row["settled_at"]) - _moment(row["received_at"])).total_seconds() for row in found]


def _moment(value: Any) -> Any:
    return datetime.fromisoformat(value) if isinstance(value, str) else value


async def _rows(address: str, statement: str) -> list[dict[str, Any]]:
    async with connected(address, pool_size=1):
        rows: list[dict[str, Any]] = await Tortoise.get_connection(
            "sqlite" if address.startswith("sqlite") else "postgres"
        ).execute_query_dict(statement)
        return rows


def _acknowledged(plan: Plan, engine: str, address: str) -> None:
    """Against an INSERT by hand. Ours settles what it has stored while it is measured, as for users, and ends between rounds."""
    with servers.ours(address) as mine, servers.limit("webhook", address) as bare:
        found = _against_an_insert(plan, mine.url, bare.url, between=lambda: asyncio.run(_settled(address)))
        _tell(plan, f"webhook acknowledged after commit, {engine}", found, at_least=0.8)
        _burst(plan, engine, address, mine.url)


def _burst(plan: Plan, engine: str, address: str, url: str) -> None:
    """What the same sixteen clients pay for being answered first: how long their events wait, in a while without a pause."""
    asyncio.run(_settled(address))
    before, seconds = asyncio.run(_last(address)), plan.seconds * _BURST
    told = driving.drive(url, Load(stories.deliveries(plan.size, 900_000_000, round(_EACH_SECOND * seconds))), seconds)
    asyncio.run(_settled(address))
    waits = sorted(asyncio.run(_waits(address, before)))
    for name, share in (("p50", 0.5), ("p99", 0.99)):
        what = f"lag of the settler after {seconds:g} s of 16 clients, {name}, {engine}"
        plan.table.add(Line(what=what, against="", value=waits[int(len(waits) * share)], unit="s", note=f"{told.rate:.0f}"))


def _acknowledged_alone(plan: Plan, address: str) -> None:
    """The same while another process has the lease, as where several share the database: what to acknowledge costs by itself."""
    with servers.ours(address) as mine, servers.limit("webhook", address) as bare:
        found = asyncio.run(_beside_another(address, lambda: _against_an_insert(plan, mine.url, bare.url, first=10)))
    _tell(plan, "the same where another process settles, postgres", found)


async def _beside_another(address: str, work: Callable[[], Match]) -> Match:
    connection = await asyncpg.connect(address)
    try:
        account = await connection.fetchrow("SELECT workspace_id FROM account WHERE is_primary ORDER BY id LIMIT 1")
        await connection.fetch(_LEASES, *(Scope(account["workspace_id"], livemode=mode).lock for mode in (True, False)))
        return await asyncio.to_thread(work)
    finally:
        await connection.close()


def _against_an_insert(plan: Plan, mine: str, bare: str, *, first: int = 1, between: Callable[[], None] = lambda: None) -> Match:
    count = round(_EACH_SECOND * plan.seconds)

    def load(number: int) -> Load:
        return Load(stories.deliveries(plan.size, (number + first) * 10_000_000, count))

    both = [Contestant("ours", mine, load), Contestant("bare", bare, load)]
    return driving.match(both, rounds=plan.rounds, seconds=plan.seconds, between=between)


def _tell(plan: Plan, what: str, found: Match, *, at_least: float | None = None) -> None:
    value, note = found.ratio("ours", "bare"), f"{found.rate('ours'):.0f} and {found.rate('bare'):.0f}"
    plan.table.add(Line(what=what, against="verify + one INSERT", value=value, at_least=at_least, note=note))
