"""Many rows of one INSERT on PostgreSQL: one statement over arrays, where Tortoise sends one statement for each row.

A settled payment is some twenty rows, and a statement costs the server more than the row that it brings.
"""

import re
from typing import Any

_INSERT = re.compile(r"(INSERT INTO .+?) VALUES \(\$1(?:,\$\d+)*\)((?: ON CONFLICT .*DO NOTHING)?)", re.DOTALL)
_together: dict[str, str] = {}
"""By the query for one row: there are as many as tables."""
FEW = 3
"""As many are not worth another statement."""


async def insert_many(connection: Any, query: str, rows: list[list[Any]]) -> bool:
    """Insert these rows with an asyncpg connection; False, and nothing done, where the query is not a plain INSERT.

    One that updates what is there already is not plain: in one statement it may not meet a row twice.
    """
    insert = _INSERT.fullmatch(query)
    if insert is None or len(rows) < FEW:
        return False
    if query not in _together:
        prepared = await connection.prepare(query)  # the server knows the types of the columns
        arrays = ", ".join(f"${place}::{kind.name}[]" for place, kind in enumerate(prepared.get_parameters(), start=1))
        _together[query] = f"{insert[1]} SELECT * FROM unnest({arrays}){insert[2]}"  # noqa: S608 the query is Tortoise's
    await connection.execute(_together[query], *map(list, zip(*rows, strict=True)))
    return True
