"""PostgreSQL knows of a table that grows from nothing before autovacuum comes by, and of no other more often than it must."""

import asyncio
from datetime import UTC, datetime

import pytest
from tortoise.transactions import in_transaction

from api import statistics
from ingest import workspaces
from ingest.models.facts import Claim
from ingest.models.workspace import Workspace

pytestmark = pytest.mark.parametrize("engine", ["postgres"], indirect=True)


async def claim(*numbers: int) -> None:
    """Claims of subjects with these numbers, counted as soon as they are committed."""
    workspace, at = await workspaces.ensure_default(), datetime(2026, 1, 1, tzinfo=UTC)
    said = {"workspace_id": workspace.id, "livemode": True, "carrier": "customer", "data": {}, "parser_version": 1}
    when = {"first_at": at, "first_source": "evt_1", "first_field": "data.object", "last_at": at}
    async with in_transaction() as connection:
        await Claim.bulk_create([Claim(subject=f"cus:1:cus_{number}", digest=str(number), **said, **when) for number in numbers])
        await connection.execute_query("SELECT pg_stat_force_next_flush()")


async def plan(statement: str, *values: object) -> str:
    rows = await Workspace._meta.db.execute_query_dict(f"EXPLAIN {statement}", list(values))
    return "\n".join(row["QUERY PLAN"] for row in rows)


async def test_a_batch_of_the_settler_reads_its_own_subjects_once_there_are_thousands(database: str) -> None:
    await claim(*range(5_000))

    assert "claim" in await statistics.take()

    sought = [f"cus:1:cus_{number}" for number in range(40)]
    found = await plan("SELECT * FROM claim WHERE subject = ANY($1) AND workspace_id = $2 AND livemode", sought, 1)
    assert "subject" in found.partition("Index Cond:")[2]
    assert "Filter" not in found


async def test_a_table_is_analyzed_when_it_has_more_than_doubled_and_not_before(database: str) -> None:
    taken = []
    for numbers in (range(statistics.FEW - 50), range(300, 600), range(600, 800), range(800, 2_000)):
        await claim(*numbers)
        taken.append("claim" in await statistics.take())

    assert taken == [False, True, False, True]


async def test_the_loop_outlives_a_database_that_is_away(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    looked, often = list[int](), asyncio.Event()

    async def away() -> list[str]:
        looked.append(1)
        if len(looked) == 3:
            often.set()
        raise OSError

    monkeypatch.setattr(statistics, "take", away)
    monkeypatch.setattr(statistics, "EVERY_S", 0)
    loop = asyncio.create_task(statistics.run())
    async with asyncio.timeout(20):
        await often.wait()
    alive = not loop.done()
    loop.cancel()

    assert alive
