"""Compacting: deltas are summed into their buckets and gone, in one transaction, by one process at a time for each workspace.

Whoever dies in between leaves both as they were. Readers add what is not in a bucket yet, so nobody waits for this.
"""

import asyncio
import time
from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

import orjson
import structlog
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.transactions import in_transaction

from ingest.models.rollups import DAY, HOUR, MEASURES, SETS, Bucket, RollupDelta

PORTION = 5_000
"""Deltas to one transaction: on SQLite visitors wait while it lasts. More of them share more buckets, and cost less each."""
EVERY_S = 2.0
REST = 9
"""Times as long as it has worked, the compactor rests: it takes a tenth of the time at most, however many clicks come in."""
_TELL_S = 10.0
_LEASE = 2
"""The class of our advisory locks; the settler's is 1."""
_KEY = ("workspace_id", "mode", "span", "hour", "currency")
_TYPES = {"workspace_id": "int", "mode": "smallint", "span": "smallint", "hour": "int", **dict.fromkeys(MEASURES, "bigint")}
_log = structlog.get_logger("clickledger.rollups")


async def run() -> None:
    """Compact every few seconds; goes on until it is cancelled."""
    while True:
        began = time.monotonic()
        try:
            await compact_everything()
        except Exception as error:  # the loop outlives a database that is away for a while
            _log.warning("compacting failed", error=type(error).__name__)
        await asyncio.sleep(max(EVERY_S, REST * (time.monotonic() - began)))


async def compact_everything() -> int:
    """Compact until less than a portion is left, and what that is, too; how many deltas there were. Says how far it is where it takes long.

    What comes in meanwhile waits for the next time: a few clicks to a transaction would cost as much as thousands.
    """
    done, told = 0, time.monotonic()
    for workspace_id in await _waiting():
        found = PORTION
        while found == PORTION:
            found = await compact(workspace_id)
            done += found
            if time.monotonic() - told > _TELL_S:
                told = time.monotonic()
                _log.info("deltas are summed into buckets", workspace_id=workspace_id, done=done)
            await asyncio.sleep(0)
    return done


async def _waiting() -> list[int]:
    found: list[Any] = await RollupDelta.all().distinct().order_by("workspace_id").values_list("workspace_id", flat=True)
    return found


async def compact(workspace_id: int, limit: int = PORTION) -> int:
    """Work off deltas of a workspace, the earliest hours' first; how many: 0 if there are none, or another process is at it."""
    async with in_transaction() as connection:
        if not await _lease(connection, workspace_id):
            return 0
        found = await connection.execute_query_dict(
            f"SELECT id FROM rollup_delta WHERE workspace_id = {int(workspace_id)} ORDER BY hour LIMIT {int(limit)}"
        )
        ids = [row["id"] for row in found]
        if ids:
            for table, dimensions in SETS.items():
                await _put(connection, table, dimensions, await _summed(connection, dimensions, ids))
            await connection.execute_query(f"DELETE FROM rollup_delta WHERE id {_among(connection)}", [_listed(connection, ids)])
    return len(ids)


async def _lease(connection: BaseDBAsyncClient, workspace_id: int) -> bool:
    """One compactor at a time for a workspace; on SQLite the transaction itself excludes every other."""
    if connection.capabilities.dialect == "sqlite":
        return True
    rows = await connection.execute_query_dict("SELECT pg_try_advisory_xact_lock($1, $2) AS taken", [_LEASE, workspace_id])
    return bool(rows[0]["taken"])


def _among(connection: BaseDBAsyncClient) -> str:
    return "IN (SELECT value FROM json_each(?))" if connection.capabilities.dialect == "sqlite" else "= ANY($1::bigint[])"


def _listed(connection: BaseDBAsyncClient, values: Sequence[Any]) -> Any:
    return orjson.dumps(values).decode() if connection.capabilities.dialect == "sqlite" else list(values)


async def _summed(connection: BaseDBAsyncClient, dimensions: Sequence[str], ids: Sequence[int]) -> list[tuple[Any, ...]]:
    """What these deltas come to in each hour and in each day, as rows of a bucket's columns."""
    by = ["workspace_id", "mode", "hour", "currency", *dimensions]
    sums = ", ".join(f"sum({name}) AS {name}" for name in MEASURES)
    statement = f"SELECT {', '.join(by)}, {sums} FROM rollup_delta WHERE id {_among(connection)} GROUP BY {', '.join(by)}"
    sought: dict[tuple[Any, ...], list[int]] = {}
    for row in await connection.execute_query_dict(statement, [_listed(connection, ids)]):
        for span in (HOUR, DAY):
            key = (row["workspace_id"], row["mode"], span, row["hour"] - row["hour"] % span, row["currency"])
            held = sought.setdefault((*key, *(row[name] for name in dimensions)), [0] * len(MEASURES))
            for place, name in enumerate(MEASURES):
                held[place] += int(row[name])
    return [(bucket_id(key), *key, *sums) for key, sums in sought.items() if any(sums)]


def bucket_id(key: Sequence[Any]) -> str:
    """The id of the bucket of (workspace, mode, span, hour, currency, and the dimensions of its set)."""
    return "roll_" + blake2b("\x00".join(map(str, key)).encode(), digest_size=16).hexdigest()


async def _put(connection: BaseDBAsyncClient, table: type[Bucket], dimensions: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    if not rows:
        return
    name, columns = table._meta.db_table, ("id", *_KEY, *dimensions, *MEASURES)
    values: list[Any]
    if connection.capabilities.dialect == "sqlite":
        listed = ", ".join(f"json_extract(value, '$[{place}]')" for place in range(len(columns)))
        source, values = f"SELECT {listed} FROM json_each(?) WHERE true", [orjson.dumps(rows).decode()]
    else:
        arrays = ", ".join(f"${place}::{_TYPES.get(column, 'text')}[]" for place, column in enumerate(columns, start=1))
        source, values = f"SELECT * FROM unnest({arrays})", [list(column) for column in zip(*rows, strict=True)]
    added = ", ".join(f"{each} = {name}.{each} + excluded.{each}" for each in MEASURES)
    await connection.execute_query(
        f"INSERT INTO {name} ({', '.join(columns)}) {source} ON CONFLICT (id) DO UPDATE SET {added}", values
    )  # as above
