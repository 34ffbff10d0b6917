"""Statements that the settler makes over and over: of rows whose columns equal a value or are among several. Each text is made once.

A batch of the settler is some forty statements. Tortoise composes each of them anew, which takes longer than SQLite takes to answer, and
writes a place for each of several values, so that PostgreSQL prepares a statement for every number of them. Here several are one value.

In all of these a condition is a column that equals its value, or is among its values where they are several; no row is among none.
"""

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

import orjson
from tortoise import fields
from tortoise.models import Model
from tortoise.validators import MaxLengthValidator

from ingest.models.fields import loader

M = TypeVar("M", bound=Model)
_SEVERAL = (list, tuple, set, frozenset)
_WORDS = {None: "IS NULL", True: "= true", False: "= false"}
"""Values that stand in the text: PostgreSQL then sees that a partial index serves."""
TRY_NOW = "next_try_at IS NULL OR next_try_at <= {now}"
"""Of rows that failed, those whose next try has come; and those that never did."""
Shape = tuple[tuple[str, str], ...]
"""Columns, and how each is held: a word of the text, or '=' or 'in' and a place."""


async def read(table: type[M], only: tuple[str, ...] = (), /, **where: Any) -> list[M]:
    """The rows that meet every condition, in no order; of each the columns `only`, where some are named."""
    found = await _asked(table, "SELECT", only, where)
    return list(map(_loader(table, only, _is_sqlite(table)), found))


async def first(table: type[M], due: str, limit: int, *, workspace_id: int, livemode: bool, **where: Any) -> list[M]:
    """The first rows by id of a workspace and mode that meet every condition and are due: SQL in which `{now}` may stand for this moment.

    Only an index of workspace, mode and id gives rows between these bounds in this order. Told that a column equals a value, PostgreSQL may
    take the key for the order instead, and read all that was done before it comes to what waits.
    """
    text, values = _statement(table, "SELECT", (), where)
    sign, values = "?" if _is_sqlite(table) else "$", [*values, workspace_id]
    here = f"({sign}{len(values)}, {str(livemode).lower()})"
    if "{now}" in due:
        values.append(datetime.now(UTC))
    bounds = f'("workspace_id", "livemode") >= {here} AND ("workspace_id", "livemode") <= {here}'
    due = due.format(now=f"{sign}{len(values)}")
    order = f'ORDER BY "workspace_id", "livemode", "id" LIMIT {limit:d}'
    _, found = await table._meta.db.execute_query(f"{text}{' AND ' if where else ''}{bounds} AND ({due}) {order}", values)
    return list(map(_loader(table, (), _is_sqlite(table)), found))


async def greatest(table: type[Model], column: str, **where: Any) -> Any:
    """The greatest value of a column among the rows that meet every condition; None where there is none."""
    found = await _asked(table, "GREATEST", (column,), where)
    return found[0][0] if found else None


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
        text, columns = _insert(table, tuple(unique), tuple(update), _is_sqlite(table))
        await table._meta.db.execute_many(text, [_stored(row, columns) for row in listed])


def _stored(row: Model, columns: Sequence["_Column"]) -> list[Any]:
    held = vars(row)
    return [
        value if (kind := type(value := held[name])) in kept and (kind is not str or len(value) <= longest) else made(value, row)
        for name, kept, longest, made in columns
    ]


async def _asked(table: type[Model], verb: str, named: tuple[str, ...], where: Mapping[str, Any], first: Sequence[Any] = ()) -> Any:
    if any(isinstance(value, _SEVERAL) and not value for value in where.values()):
        return ()
    text, values = _statement(table, verb, named, where)
    _, found = await table._meta.db.execute_query(text, [*first, *values])
    return found


def _statement(table: type[Model], verb: str, named: tuple[str, ...], where: Mapping[str, Any]) -> tuple[str, list[Any]]:
    """The text, and the values of its conditions."""
    sqlite = _is_sqlite(table)
    columns, values = table._meta.fields_map, list[Any]()
    for name, value in where.items():
        if isinstance(value, _SEVERAL):
            several = [columns[name].to_db_value(each, table) for each in value]
            values.append(orjson.dumps(several).decode() if sqlite else several)
        elif value is not None and not isinstance(value, bool):
            values.append(columns[name].to_db_value(value, table))
    return _text(table, verb, named, tuple((name, _how(value)) for name, value in where.items()), sqlite), values


def _is_sqlite(table: type[Model]) -> bool:
    return bool(table._meta.db.capabilities.dialect == "sqlite")


def _how(value: Any) -> str:
    if isinstance(value, _SEVERAL):
        return "in"
    return _WORDS[value] if value is None or isinstance(value, bool) else "="


@lru_cache(maxsize=500)
def _text(table: type[Model], verb: str, named: tuple[str, ...], shape: Shape, sqlite: bool) -> str:
    name, places = f'"{table._meta.db_table}"', iter(range(1, 100))

    def place() -> str:
        return f"?{next(places)}" if sqlite else f"${next(places)}"

    set_ = ", ".join(f'"{column}" = {place()}' for column in named) if verb == "UPDATE" else ""
    held = {
        "=": lambda: f"= {place()}",
        "in": lambda: ("IN (SELECT value FROM json_each({}))" if sqlite else "= ANY({})").format(place()),
    }
    where = " AND ".join(f'"{column}" {held[how]() if how in held else how}' for column, how in shape)
    columns = ", ".join(f'"{column}"' for column in _columns(table, named))
    begun = {  # names of ours
        "SELECT": f"SELECT {columns} FROM {name}",  # noqa: S608
        "GREATEST": f"SELECT max({columns}) FROM {name}",  # noqa: S608
        "UPDATE": f"UPDATE {name} SET {set_}",  # noqa: S608
        "DELETE": f"DELETE FROM {name}",  # noqa: S608
    }
    return f"{begun[verb]} WHERE {where}"


def _columns(table: type[Model], only: tuple[str, ...]) -> Sequence[str]:
    return only or sorted(table._meta.fields_db_projection.values())


@lru_cache(maxsize=100)
def _loader(table: type[M], only: tuple[str, ...], sqlite: bool) -> Callable[[Iterable[Any]], M]:  # noqa: ARG001  # a database's own
    return loader(table, _columns(table, only))


class _Column(NamedTuple):
    """A column of an INSERT: which values go as they are, and what makes others what the database takes, or refuses them."""

    name: str
    kept: frozenset[type]
    longest: int
    made: Callable[[Any, Any], Any]


@lru_cache(maxsize=100)
def _insert(table: type[Model], unique: tuple[str, ...], update: tuple[str, ...], sqlite: bool) -> tuple[str, Sequence[_Column]]:
    """The text for one row, and the columns that its places take."""
    meta = table._meta
    names = [name for name in meta.fields_db_projection if not meta.fields_map[name].generated]
    columns = ", ".join(f'"{meta.fields_db_projection[name]}"' for name in names)
    places = ",".join("?" if sqlite else f"${place}" for place in range(1, len(names) + 1))
    text = f'INSERT INTO "{meta.db_table}" ({columns}) VALUES ({places})'  # noqa: S608  # names of ours
    if unique:
        changes = ", ".join(f'"{name}"=EXCLUDED."{name}"' for name in update)
        keyed = ", ".join(f'"{name}"' for name in unique)
        text = f"{text} ON CONFLICT ({keyed}) DO UPDATE SET {changes}"
    return text, [_column(name, meta.fields_map[name]) for name in names]


def _column(name: str, field: fields.Field[Any]) -> _Column:
    plain = type(field).to_db_value is fields.Field.to_db_value and all(type(each) is MaxLengthValidator for each in field.validators)
    kept = {field.field_type, *({type(None)} if field.null else ())} if plain else ()
    longest = min((each.max_length for each in field.validators if isinstance(each, MaxLengthValidator)), default=sys.maxsize)
    return _Column(name, frozenset(kept), longest, field.to_db_value)
