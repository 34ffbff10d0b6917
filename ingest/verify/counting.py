"""Compares the rollups of one database, bucket by bucket, with what the rows of a rebuilt one come to.

The rebuilt ledger's rows are counted from nothing: neither deltas that were written as things happened nor a compactor has a part in it.
"""

from collections.abc import AsyncIterator, Iterator
from typing import Any, TypeAlias

from tortoise.backends.base.client import BaseDBAsyncClient

from ingest.models.rollups import DAY, HOUR, MEASURES, SETS, Bucket
from ingest.rollups import filling

Sums: TypeAlias = dict[tuple[Any, ...], tuple[int, ...]]
AT_ONCE = 20_000
"""Counts of the rebuilt side that are held in memory at a time, about."""


async def wrong(here: BaseDBAsyncClient, rebuilt: BaseDBAsyncClient) -> AsyncIterator[tuple[str, str, str, int, int]]:
    """(table, bucket, measure, here, rebuilt) of each measure that is not what it should be."""
    await rebuilt.execute_query("DELETE FROM rollup_delta")
    await filling.fill(rebuilt)
    for workspace_id in sorted({*await _workspaces(here), *await _workspaces(rebuilt)}):
        for first, past in await _portions(here, rebuilt, workspace_id):
            for table, dimensions in SETS.items():
                statement = _sums(table, dimensions, workspace_id, first, past)
                for found in _compared(table, await _read(here, statement), await _read(rebuilt, statement)):
                    yield found


async def _workspaces(connection: BaseDBAsyncClient) -> list[int]:
    tables = ["rollup_delta", *(table._meta.db_table for table in SETS)]
    rows = await connection.execute_query_dict(" UNION ".join(f"SELECT workspace_id FROM {table}" for table in tables))  # noqa: S608  # names of ours
    return [row["workspace_id"] for row in rows]


async def _portions(here: BaseDBAsyncClient, rebuilt: BaseDBAsyncClient, workspace_id: int) -> list[tuple[int, int]]:
    """Runs of hours, in whole days, with about AT_ONCE counts each."""
    found = [await _extent(connection, workspace_id) for connection in (here, rebuilt)]
    first = min(each[0] for each in found) // DAY * DAY
    past, count = max(each[1] for each in found) + 1, sum(each[2] for each in found)
    step = max(1, (past - first) * AT_ONCE // max(1, count) // DAY) * DAY
    return [(at, at + step) for at in range(first, past, step)]


async def _extent(connection: BaseDBAsyncClient, workspace_id: int) -> tuple[int, int, int]:
    tables = ["rollup_delta", *(table._meta.db_table for table in SETS)]
    parts = [_of_table(table, workspace_id) for table in tables]
    rows = [row for row in await connection.execute_query_dict(" UNION ALL ".join(parts)) if row["found"]]
    if not rows:
        return 1 << 31, 0, 0
    return min(row["low"] for row in rows), max(row["high"] for row in rows), max(row["found"] for row in rows)


def _of_table(table: str, workspace_id: int) -> str:
    return f"SELECT min(hour) AS low, max(hour) AS high, count(*) AS found FROM {table} WHERE workspace_id = {int(workspace_id)}"  # noqa: S608  # names of ours


def _sums(table: type[Bucket], dimensions: tuple[str, ...], workspace_id: int, first: int, past: int) -> str:
    """Buckets of both spans with what is not in them yet."""
    by, measures = ", ".join(["span", "hour", "mode", "currency", *dimensions]), ", ".join(MEASURES)
    within = f"workspace_id = {int(workspace_id)} AND hour >= {int(first)} AND hour < {int(past)}"
    parts = [f"SELECT {by}, {measures} FROM {table._meta.db_table} WHERE span IN ({HOUR}, {DAY}) AND {within}"]  # noqa: S608  # names of ours
    for span in (HOUR, DAY):
        kept = by.replace("span, hour", f"{span} AS span, hour - hour % {span} AS hour")
        parts.append(f"SELECT {kept}, {measures} FROM rollup_delta WHERE {within}")  # noqa: S608  # as above
    sums = ", ".join(f"sum({name}) AS {name}" for name in MEASURES)
    return f"SELECT {by}, {sums} FROM ({' UNION ALL '.join(parts)}) AS counted GROUP BY {by}"  # noqa: S608  # as above


async def _read(connection: BaseDBAsyncClient, statement: str) -> Sums:
    found: Sums = {}
    for row in await connection.execute_query_dict(statement):
        sums = tuple(int(row[name]) for name in MEASURES)
        if any(sums):
            found[tuple(value for name, value in dict(row).items() if name not in MEASURES)] = sums
    return found


def _compared(table: type[Bucket], here: Sums, rebuilt: Sums) -> Iterator[tuple[str, str, str, int, int]]:
    zeros = (0,) * len(MEASURES)
    for key in sorted(here.keys() | rebuilt.keys()):
        for name, mine, other in zip(MEASURES, here.get(key, zeros), rebuilt.get(key, zeros), strict=True):
            if mine != other:
                yield table.__name__, " ".join(map(str, key)), name, mine, other
