"""What SQLite's planner is told of the tables: the same in every file of this release, whatever the file holds.

SQLite chooses among indexes by the statistics that ANALYZE leaves. Nobody runs that here, and without any it takes "of this workspace" for
nearly as good as a key: to find one click by its id it read all. With those of the moment, plans change as a file grows, and an index whose
column is mostly NULL counts as none. So they are written here, as of tables that are large: plans are those that the tests see.
Source: https://www.sqlite.org/lang_analyze.html (these tables may be written by hand, and `ANALYZE sqlite_schema` reads them again)
"""

from itertools import groupby
from typing import Any

from tortoise.backends.base.client import BaseDBAsyncClient

ROWS, WAITING, ALIKE = 1_000_000, 100, 10
"""Rows of a table, rows of an index that holds only what waits, and rows that share a value where the column is not among SHARED."""
SHARED = {**dict.fromkeys(("workspace_id", "account_id", "livemode", "mode", "span", "kind"), ROWS), "link_id": 10_000, "status": 100_000}
"""How many rows share one value of a column: where all may, it is no condition at all."""
_COLUMNS = """
SELECT t.name AS tbl, i.name AS idx, i."unique" AS is_unique, i.partial, c.name AS col
FROM sqlite_schema t JOIN pragma_index_list(t.name) i JOIN pragma_index_xinfo(i.name) c
WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' AND c.key ORDER BY t.name, i.name, c.seqno
"""


async def tell(connection: BaseDBAsyncClient) -> None:
    """Write the statistics of every index, where others stand or none; somebody may have run ANALYZE."""
    await connection.execute_query("ANALYZE sqlite_schema")  # of no table of ours: it makes the tables of statistics where there are none
    wanted = await _statistics(connection)
    held = await connection.execute_query_dict("SELECT tbl, idx, stat FROM sqlite_stat1")
    sampled = await connection.execute_query_dict("SELECT name FROM sqlite_schema WHERE name = 'sqlite_stat4'")
    for _ in sampled:  # of a SQLite that was compiled to keep samples; it would go by those
        await connection.execute_query("DELETE FROM sqlite_stat4")
    if sorted(wanted) != sorted((str(row["tbl"]), str(row["idx"]), str(row["stat"])) for row in held):
        await connection.execute_query("DELETE FROM sqlite_stat1")
        await connection.execute_many("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (?, ?, ?)", [list(row) for row in wanted])
        await connection.execute_query("ANALYZE sqlite_schema")


async def _statistics(connection: BaseDBAsyncClient) -> list[tuple[str, str, str]]:
    """Of each index: its table, its name, and as text its rows and how many of them share its first column, its first two, and so on."""
    found = await connection.execute_query_dict(_COLUMNS)
    return [(table, index, _stat(list(columns))) for (table, index), columns in groupby(found, lambda row: (row["tbl"], row["idx"]))]


def _stat(columns: list[dict[str, Any]]) -> str:
    shared = [WAITING if columns[0]["partial"] else ROWS]
    for column in columns:
        shared.append(min(shared[-1], SHARED.get(column["col"], ALIKE)))
    if columns[0]["is_unique"]:
        shared[-1] = 1
    return " ".join(map(str, shared))
