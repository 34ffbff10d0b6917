"""Reporting: 30 days by a named set of dimensions, against what PostGraphile's plugin for aggregates sums over the same rows."""

import asyncio
from contextlib import ExitStack
from typing import Any

import asyncpg

from tests.benchmarks import driving, questions, reading, servers
from tests.benchmarks.driving import Contestant
from tests.benchmarks.loads import Load
from tests.benchmarks.plan import Plan
from tests.benchmarks.reading import OURS, PEER
from tests.benchmarks.servers import Missing
from tests.benchmarks.table import Line

WANTED = 10


def measure(plan: Plan, engine: str) -> None:
    if engine != "postgres":
        plan.table.skip("the report on SQLite: PostGraphile, against which it is asked, has no other database than PostgreSQL")
        return
    with ExitStack() as stack:
        address = stack.enter_context(plan.store.copied(engine, plan.size))
        asyncio.run(_prepared(address))
        mine = stack.enter_context(servers.ours(address)).url
        try:
            peer = stack.enter_context(servers.postgraphile(address, tuned=False))
        except Missing as missing:
            plan.table.skip(f"{PEER}: {missing}")
            return
        month = plan.size.month()
        ours, theirs = reading.asked(questions.REPORT, month), reading.asked(questions.PEER_REPORT, month, keyed=False)
        _agree(reading.answer(mine, ours), reading.answer(peer, theirs))
        contestants = [
            Contestant(OURS, mine, driving.constant(Load([ours]))),
            Contestant(PEER, peer, driving.constant(Load([theirs]))),
        ]
        found = driving.match(contestants, rounds=plan.rounds, seconds=plan.seconds)
    note = f"{found.rate(OURS):.0f} and {found.rate(PEER):.1f}"
    plan.table.add(
        Line(what=f"30 days by country, {plan.size.sales:,} sales", against=PEER, value=found.ratio(OURS, PEER), at_least=WANTED, note=note)
    )


async def _prepared(address: str) -> None:
    connection = await asyncpg.connect(address)
    for statement in questions.PEER_FUNCTIONS:
        await connection.execute(statement)
    await connection.close()


def _agree(ours: Any, theirs: Any) -> None:
    """Both count the very same; else nothing is measured."""
    mine = {row["country"]: [row["clicks"], row["sales"], row["net"]["amount"]] for row in ours["report"]["rows"]}
    clicks = {_key(each): int(each["sum"]["one"]) for each in theirs["clicksBetween"]["groupedAggregates"]}
    sales = {_key(each): each["sum"] for each in theirs["salesBetween"]["groupedAggregates"]}
    none = {"one": "0", "convertedNetMinor": "0"}
    said = {
        country: [clicks.get(country, 0), int(sales.get(country, none)["one"]), _dollars(sales.get(country, none)["convertedNetMinor"])]
        for country in clicks.keys() | sales.keys()
    }
    assert mine == said, f"the answers differ: {mine} and {said}"


def _key(group: Any) -> str | None:
    country: str | None = group["keys"][0]
    return country


def _dollars(minor: str) -> str:
    return f"{int(minor) // 100}.{int(minor) % 100:02}"
