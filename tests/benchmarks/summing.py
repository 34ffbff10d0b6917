"""Rollups: what each click and each settled event pays for them, and what it costs to sum their deltas. In this process, one caller."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count, islice
from statistics import median
from typing import Any
from unittest.mock import patch

from api.database import connected
from ingest import clicks, ids, inbox, settler
from ingest.clicks import Seen
from ingest.inbox import Incoming
from ingest.models.evidence import Click
from ingest.models.workspace import Account
from ingest.rollups import compacting, deltas
from tests import stripe_events as stripe
from tests.benchmarks import stories
from tests.benchmarks.plan import Plan
from tests.benchmarks.table import Line

GROUPS, EVENTS = 200, 100
"""Flushes of eight clicks, and settled events, of a round."""
_COUNTRIES = ("DE", "FR", "GB", "US")
_BEYOND = count(3_000_000)
Work = Callable[[], Awaitable[float]]


def measure(plan: Plan, engine: str) -> None:
    with plan.store.copied(engine, plan.size) as address:
        asyncio.run(_measured(plan, engine, address))


async def _measured(plan: Plan, engine: str, address: str) -> None:
    async with connected(address, pool_size=2):
        await settler.settle_everything()
        await compacting.compact_everything()
        for what, work in (("a click in a flush of eight", lambda: _clicks(plan)), ("an event that is settled", lambda: _events(plan))):
            with_, without = await _in_turn(plan.rounds, work)
            note = f"{with_:.0f} and {without:.0f} µs"
            plan.table.add(Line(what=f"{what}, with its deltas, {engine}", against="without", value=with_ / without, note=note))
        summed = [await _compacted(plan) for _ in range(plan.rounds)]
        plan.table.add(Line(what=f"a click's delta summed into its buckets, {engine}", against="", value=median(summed), unit="µs"))


async def _in_turn(rounds: int, work: Work) -> tuple[float, float]:
    """Microseconds each, with deltas and without them, round by round; deltas are summed between, and not measured here."""
    found: tuple[list[float], list[float]] = [], []
    for number in range(rounds + 1):
        for times, silent in ((found[0], False), (found[1], True)):
            with _no_deltas() if silent else _as_it_is():
                took = await work()
            await compacting.compact_everything()
            if number:
                times.append(took)
    return median(found[0]), median(found[1])


@contextmanager
def _as_it_is() -> Iterator[None]:
    yield


@contextmanager
def _no_deltas() -> Iterator[None]:
    """The same writes without those of the rollups. A database that was written so is of no use afterwards: it is a copy."""

    async def nothing(*_: Any) -> None:
        return None

    plain = clicks._POSTGRES.replace(f", added AS ({deltas.FROM_CLICKS})", "")
    with patch.object(deltas, "of_clicks", lambda _: []), patch.object(clicks, "_POSTGRES", plain), patch.object(deltas, "append", nothing):
        yield


async def _clicks(plan: Plan) -> float:
    flushes = [[_click(plan, number) for number in range(8)] for _ in range(GROUPS)]
    began = time.perf_counter()
    for flush in flushes:
        await clicks.insert(flush)
    return (time.perf_counter() - began) / GROUPS / 8 * 1e6


def _click(plan: Plan, number: int) -> Seen:
    link = plan.size.link_id(next(_BEYOND) % plan.size.links if number % 2 else 0)
    return Seen(ids.click_id(), 1, link, datetime.now(UTC), "https://shop.example/", country=_COUNTRIES[number % 4], device="desktop")


async def _events(plan: Plan) -> float:
    account = await Account.get(is_primary=True)
    events = list(islice(stories.purchases(plan.size, next(_BEYOND) * 1_000), EVENTS))
    told = [
        Incoming(body=stripe.raw(each), said=inbox.envelope(each), workspace_id=account.workspace_id, account_id=account.id)
        for each in events
    ]
    for start in range(0, EVENTS, inbox.GROUP):
        await inbox.store_all(told[start : start + inbox.GROUP])
    began = time.perf_counter()
    await settler.settle_everything(lambda: False)
    return (time.perf_counter() - began) / EVENTS * 1e6


async def _compacted(plan: Plan) -> float:
    await _clicks(plan)
    connection = Click._meta.db
    [row] = await connection.execute_query_dict("SELECT count(*) AS waiting FROM rollup_delta")
    began = time.perf_counter()
    await compacting.compact_everything()
    return (time.perf_counter() - began) / int(row["waiting"]) * 1e6
