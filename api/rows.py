"""Many rows of one INSERT on PostgreSQL: one statement over arrays, where Tortoise sends one statement for each row.

A settled payment is some twenty rows, and a statement costs the server more than the row that it brings.
"""

import re
from typing import Any

_INSERT = re.compile(
    r"(INSERT INTO [^(]+\((?P<columns>[^)]*)\)) VALUES \(\$1(?:,\$\d+)*\)"
    r"(?P<conflict>(?: ON CONFLICT (?:\((?P<key>[^)]*)\) )?DO (?:NOTHING|UPDATE SET .+))?)",
    re.DOTALL,
)
_together: dict[str, str] = {}
"""By the query for one row: there are as many as tables."""
FEW = 3
"""As many are not worth another statement."""


async def insert_many(connection: Any, query: str, rows: list[list[Any]]) -> bool:
    """Insert these rows with an asyncpg connection; False, and nothing done, where they cannot go together."""
    insert = _INSERT.fullmatch(query)
    if insert is None or len(rows) < FEW or ("DO UPDATE" in insert["conflict"] and not _differ(insert, rows)):
        return False
    if query not in _together:
        prepared = await connection.prepare(query)  # the server knows the types of the columns
        arrays = ", ".join(f"${place}::{kind.name}[]" for place, kind in enumerate(prepared.get_parameters(), start=1))
        _together[query] = f"{insert[1]} SELECT * FROM unnest({arrays}){insert['conflict']}"  # noqa: S608  # the query is ours or Tortoise's
    await connection.execute(_together[query], *map(list, zip(*rows, strict=True)))
    return True


def _differ(insert: re.Match[str], rows: list[list[Any]]) -> bool:
    """Whether no two rows are of one key: a statement may not update what it has just inserted."""
    columns, key = _names(insert["columns"]), _names(insert["key"])
    places = [columns.index(name) for name in key]
    return len({tuple(row[place] for place in places) for row in rows}) == len(rows)


def _names(text: str) -> list[str]:
    return [name.strip(' "') for name in text.split(",")]
