"""Filling: the rollups of a database that had none, from its rows. Only where nothing was counted yet, in the transaction that says so.

It writes deltas, by one statement for each kind of row, and leaves it to the compactor to work them off: reports are right at once.
Migration 0004 does it, so it is done once and whole or not at all, whatever dies. What changes here must leave that migration what it had.
"""

import structlog
from tortoise.backends.base.client import BaseDBAsyncClient

from ingest.models.rollups import CLICKS, DIMENSIONS, LIVE, TEST
from ingest.rollups.deltas import AMOUNTS, COLUMNS, OF_CLICK

_log = structlog.get_logger("clickledger.rollups")


def counted(dialect: str) -> dict[str, str]:
    """SELECTs of every click, lead and sale as they are counted: the columns of a delta, by the kind of row."""
    of_click = ", ".join(f"coalesce(c.{name}, '')" for name in OF_CLICK)
    mode = f"CASE WHEN r.livemode THEN {LIVE} ELSE {TEST} END"
    beside = "LEFT JOIN click c ON c.id = r.click_id AND c.workspace_id = r.workspace_id"
    currency = "CASE WHEN r.converted_net_minor IS NULL THEN r.currency ELSE r.converted_currency END"
    amounts = ", ".join(f"sum(CASE WHEN r.converted_net_minor IS NULL THEN r.{name} ELSE r.converted_{name} END)" for name in AMOUNTS)
    none = ", ".join("0" for _ in AMOUNTS)
    grouped = "GROUP BY " + ", ".join(str(place) for place in range(1, 5 + len(DIMENSIONS)))
    return {
        "click": f"SELECT c.workspace_id, {CLICKS}, {_hour('c.clicked_at', dialect)}, '', c.link_id, {of_click}, count(*), 0, 0, {none} "
        f"FROM click c WHERE NOT c.bot {grouped}",
        "lead": f"SELECT r.workspace_id, {mode}, {_hour('r.at', dialect)}, '', coalesce(r.link_id, ''), {of_click}, 0, count(*), 0, {none} "
        f"FROM lead r {beside} {grouped}",
        "sale": f"SELECT r.workspace_id, {mode}, {_hour('r.paid_at', dialect)}, {currency}, coalesce(r.link_id, ''), {of_click}, "
        f"0, 0, count(*), {amounts} FROM sale r {beside} {grouped}",
    }  # fmt: skip


def _hour(column: str, dialect: str) -> str:
    """Whole hours since 1970. SQLite rounds to milliseconds, which may be the next hour's: so without the fraction of the second."""
    if dialect == "sqlite":
        return f"CAST(strftime('%s', substr({column}, 1, 19)) AS INTEGER) / 3600"
    return f"floor(extract(epoch FROM {column}) / 3600)::int"


async def fill(connection: BaseDBAsyncClient) -> None:
    """Count every row that there is."""
    dialect = connection.capabilities.dialect
    for table, rows in counted(dialect).items():
        before = await _deltas(connection)
        await connection.execute_query(f"INSERT INTO rollup_delta ({', '.join(COLUMNS)}) {rows}")  # names of ours
        found = await _deltas(connection) - before
        if found:
            _log.info("rows are counted", table=table, deltas=found)


async def _deltas(connection: BaseDBAsyncClient) -> int:
    rows = await connection.execute_query_dict("SELECT count(*) AS found FROM rollup_delta")
    return int(rows[0]["found"])
