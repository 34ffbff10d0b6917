"""What a planner knows of tables that a test filled, as where people run this; and how much a statement then looks at."""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from ingest.models.workspace import Workspace


async def take() -> None:
    """PostgreSQL's autovacuum would, within minutes. On SQLite nobody does: there `api.planner` has told what there is to know."""
    connection = Workspace._meta.db
    if connection.capabilities.dialect != "sqlite":
        await connection.execute_script("ANALYZE")


async def looked_at(statement: str, values: Sequence[Any] = ()) -> int:
    """Steps of SQLite's machine, or rows that PostgreSQL's nodes looked at."""
    connection: Any = Workspace._meta.db
    if connection.capabilities.dialect == "sqlite":
        return _steps(connection.filename, statement, values)
    rows = await connection.execute_query_dict(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", list(values))
    (plan,) = json.loads(rows[0]["QUERY PLAN"])
    return _rows(plan)


async def looked_at_by_readers(statement: str, values: Sequence[Any] = ()) -> int:
    """The same as connections that only read run it: PostgreSQL plans once there, for any values."""
    client: Any = Workspace._meta.db
    if client.capabilities.dialect == "sqlite":
        return _steps(client.filename, statement, values)
    given = ", ".join(map(_literal, values))
    async with client.readers.acquire() as connection:
        await connection.execute(f"PREPARE shown AS {statement}")
        try:
            said = await connection.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE shown{f'({given})' if given else ''}")
        finally:
            await connection.execute("DEALLOCATE shown")
    (plan,) = json.loads(said)
    return _rows(plan)


def _literal(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return f"ARRAY[{', '.join(map(_literal, value))}]" if value else "'{}'"
    if value is None or isinstance(value, (bool, int)):
        return "NULL" if value is None else str(value)
    if isinstance(value, datetime):
        return f"TIMESTAMPTZ '{value.isoformat()}'"
    return "'" + str(value).replace("'", "''") + "'"


def _rows(plan: dict[str, Any]) -> int:
    """Those that its nodes gave on, and those that they looked at and left."""
    left = ("Rows Removed by Filter", "Rows Removed by Join Filter", "Rows Removed by Index Recheck")
    return int(sum((node["Actual Rows"] + sum(node.get(each, 0) for each in left)) * node["Actual Loops"] for node in _nodes(plan["Plan"])))


async def explained(statement: str, values: Sequence[Any] = ()) -> str:
    """The plan of a statement, a line for each step."""
    connection = Workspace._meta.db
    explain = "EXPLAIN QUERY PLAN " if connection.capabilities.dialect == "sqlite" else "EXPLAIN "
    _, rows = await connection.execute_query(explain + statement, list(values))
    return "\n".join(" ".join(map(str, tuple(row))) for row in rows)


def _steps(filename: str, statement: str, values: Sequence[Any]) -> int:
    steps, connection = 0, sqlite3.connect(filename)
    connection.execute("SELECT 1 FROM lookup, click LIMIT 0")  # reads the schema, in steps of its own

    def stepped() -> None:
        nonlocal steps
        steps += 1

    connection.set_progress_handler(stepped, 1)
    connection.execute(statement, values).fetchall()
    connection.close()
    return steps


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for each in plan.get("Plans", ()):
        yield from _nodes(each)
