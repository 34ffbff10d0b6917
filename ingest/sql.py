"""Statements that the settler makes over and over: of rows whose columns equal a value or are among several. Each text is made once.

A batch of the settler is some forty statements. Tortoise composes each of them anew, which takes longer than SQLite takes to answer, and
writes a place for each of several values, so that PostgreSQL prepares a statement for every number of them. Here several are one value.

In all of these a condition is a column that equals its value, or is among its values where they are several; no row is among none.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeVar

import orjson
from tortoise.models import Model

M = TypeVar("M", bound=Model)
_SEVERAL = (list, tuple, set, frozenset)
_WORDS = {None: "IS NULL", True: "= true", False: "= false"}
"""Values that stand in the text: PostgreSQL then sees that a partial index serves."""
Shape = tuple[tuple[str, str], ...]
"""Columns, and how each is held: a word of the text, or '=' or 'in' and a place."""


async def read(table: type[M], **where: Any) -> list[M]:
    """The rows that meet every condition, in no order."""
    found = await _asked(table, "SELECT", (), where)
    return [table._init_from_db(**dict(row)) for row in found]


async def update(table: type[Model], changes: Mapping[str, Any], **where: Any) -> None:
    """Give the rows that meet every condition these values."""
    columns = table._meta.fields_map
    await _asked(table, "UPDATE", tuple(changes), where, [columns[name].to_db_value(value, table) for name, value in changes.items()])


async def delete(table: type[Model], **where: Any) -> None:
    """Take the rows that meet every condition away."""
    await _asked(table, "DELETE", (), where)


async def insert(rows: Iterable[Model], *, unique: Sequence[str] = (), update: Sequence[str] = ()) -> None:
    """Add these rows, all of one table. One whose columns `unique` are those of a row that is there gives that row its columns `update`."""
    listed = list(rows)
    if listed:
        table = type(listed[0])
        connection = table._meta.db
        text, columns = _insert(table, tuple(unique), tuple(update), connection.capabilities.dialect == "sqlite")
        await connection.execute_many(text, [[made(getattr(row, name), row) for name, made in columns] for row in listed])


async def _asked(table: type[Model], verb: str, changed: tuple[str, ...], where: Mapping[str, Any], first: Sequence[Any] = ()) -> Any:
    if any(isinstance(value, _SEVERAL) and not value for value in where.values()):
        return ()
    connection = table._meta.db
    sqlite = connection.capabilities.dialect == "sqlite"
    shape = tuple((name, _how(value)) for name, value in where.items())
    columns, values = table._meta.fields_map, list(first)
    for name, value in where.items():
        if isinstance(value, _SEVERAL):
            several = [columns[name].to_db_value(each, table) for each in value]
            values.append(orjson.dumps(several).decode() if sqlite else several)
        elif value is not None and not isinstance(value, bool):
            values.append(columns[name].to_db_value(value, table))
    _, found = await connection.execute_query(_text(table, verb, changed, shape, sqlite), values)
    return found


def _how(value: Any) -> str:
    if isinstance(value, _SEVERAL):
        return "in"
    return _WORDS[value] if value is None or isinstance(value, bool) else "="


@lru_cache(maxsize=500)
def _text(table: type[Model], verb: str, changed: tuple[str, ...], shape: Shape, sqlite: bool) -> str:
    name, places = f'"{table._meta.db_table}"', iter(range(1, 100))

    def place() -> str:
        return f"?{next(places)}" if sqlite else f"${next(places)}"

    set_ = ", ".join(f'"{column}" = {place()}' for column in changed)
    held = {
        "=": lambda: f"= {place()}",
        "in": lambda: ("IN (SELECT value FROM json_each({}))" if sqlite else "= ANY({})").format(place()),
    }
    where = " AND ".join(f'"{column}" {held[how]() if how in held else how}' for column, how in shape)
    columns = ", ".join(f'"{column}"' for column in sorted(table._meta.fields_db_projection.values()))
    begun = {"SELECT": f"SELECT {columns} FROM {name}", "UPDATE": f"UPDATE {name} SET {set_}", "DELETE": f"DELETE FROM {name}"}  # noqa: S608 names of ours
    return f"{begun[verb]} WHERE {where}"


@lru_cache(maxsize=100)
def _insert(
    table: type[Model], unique: tuple[str, ...], update: tuple[str, ...], sqlite: bool
) -> tuple[str, Sequence[tuple[str, Callable[[Any, Any], Any]]]]:
    """The text for one row, and the columns that its places take with how each is made of a value."""
    meta = table._meta
    names = [name for name in meta.fields_db_projection if not meta.fields_map[name].generated]
    columns = ", ".join(f'"{meta.fields_db_projection[name]}"' for name in names)
    places = ",".join("?" if sqlite else f"${place}" for place in range(1, len(names) + 1))
    text = f'INSERT INTO "{meta.db_table}" ({columns}) VALUES ({places})'  # noqa: S608 names of ours
    if unique:
        changes = ", ".join(f'"{name}"=EXCLUDED."{name}"' for name in update)
        keyed = ", ".join(f'"{name}"' for name in unique)
        text = f"{text} ON CONFLICT ({keyed}) DO UPDATE SET {changes}"
    return text, [(name, meta.fields_map[name].to_db_value) for name in names]
