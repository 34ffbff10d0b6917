"""Reads rows of any database of ours with plain statements, so that a second one can be open beside the one that the models use."""

from collections.abc import AsyncIterator, Collection, Sequence
from typing import Any, TypeAlias

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.models import Model

Row: TypeAlias = dict[str, Any]


async def select(
    connection: BaseDBAsyncClient, table: type[Model], columns: Sequence[str], condition: str = "true", values: Sequence[Any] = ()
) -> list[Row]:
    """Rows as the model's fields read them. `condition` is SQL of ours with a `{}` for each value."""
    marks = ["?" if connection.capabilities.dialect == "sqlite" else f"${number}" for number in range(1, len(values) + 1)]
    statement = f"SELECT {', '.join(columns)} FROM {table._meta.db_table} WHERE {condition.format(*marks)}"  # noqa: S608  # names of ours
    found = await connection.execute_query_dict(statement, list(values))
    fields = table._meta.fields_map
    return [{name: fields[name].to_python_value(row[name]) for name in columns} for row in found]


async def pages(
    connection: BaseDBAsyncClient, table: type[Model], columns: Sequence[str], *, condition: str = "true", size: int = 500
) -> AsyncIterator[list[Row]]:
    """All rows that meet a condition, by id, a page at a time."""
    held = await select(connection, table, columns, f"{condition} ORDER BY id LIMIT {size}")
    while held:
        yield held
        after = held[-1]["id"]
        held = await select(connection, table, columns, f"{condition} AND id > {{}} ORDER BY id LIMIT {size}", [after])


async def among(connection: BaseDBAsyncClient, table: type[Model], columns: Sequence[str], name: str, wanted: Collection[Any]) -> list[Row]:
    """The rows whose column `name` is one of those."""
    marks = ", ".join("{}" for _ in wanted)
    return await select(connection, table, columns, f"{name} IN ({marks})", list(wanted)) if wanted else []


async def count(connection: BaseDBAsyncClient, statement: str) -> int:
    """The number that a statement without values gives."""
    rows = await connection.execute_query_dict(f"SELECT count(*) AS found FROM {statement}")  # noqa: S608  # statements of ours
    return int(rows[0]["found"])
