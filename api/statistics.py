"""PostgreSQL's statistics of tables that grow from nothing: taken as soon as there is something, and not only when autovacuum comes by.

Without any, PostgreSQL takes a table for an empty one, where "of this workspace" is as good as "of these subjects", and keeps the plan
until somebody analyzes the table: each batch of the settler then read all that its workspace has. Autovacuum looks once a minute, and in a
first minute an import writes tens of thousands of rows; a database that was restored has no statistics either. What has been analyzed with
some rows in it is autovacuum's. Source: https://www.postgresql.org/docs/current/routine-vacuuming.html#VACUUM-FOR-STATISTICS
"""

import asyncio

import structlog
from tortoise.context import require_context

from ingest.models.workspace import Workspace

EVERY_S = 2.0
FEW = 250
"""Rows that any plan reads fast enough."""
_GROWN = """
SELECT c.relname AS name FROM pg_stat_user_tables s JOIN pg_class c ON c.oid = s.relid
WHERE s.schemaname = current_schema() AND c.relname = ANY($1) AND s.n_live_tup > $2 + 2 * greatest(c.reltuples, 0) ORDER BY c.relname
"""
_log = structlog.get_logger("clickledger.statistics")


async def run() -> None:
    """Look every few seconds; goes on until it is cancelled."""
    while True:
        try:
            await take()
        except Exception as error:  # the loop outlives a database that is away for a while
            _log.warning("statistics were not taken", error=type(error).__name__)
        await asyncio.sleep(EVERY_S)


async def take() -> list[str]:
    """Analyze those of our tables that have more than twice the rows they were last known to have, and return their names."""
    connection, apps = Workspace._meta.db, require_context().apps
    ours = [model._meta.db_table for model in apps.get_models_iterable()] if apps else []
    grown = [str(row["name"]) for row in await connection.execute_query_dict(_GROWN, [ours, FEW])]
    for name in grown:
        await connection.execute_query(f'ANALYZE (SKIP_LOCKED) "{name}"')
    return grown
