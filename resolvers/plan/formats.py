"""Formats: how a stored value becomes a value of the answer, as Python source. Each makes what ordinary execution would, byte for byte.

Where a type is known to need little, little is done; everything else goes through the declared reader and GraphQL's own output.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from graphql import GraphQLEnumType, GraphQLList, GraphQLNonNull, GraphQLOutputType
from tortoise import fields as columns

from ingest import money
from ingest.text import MARK, unescape
from resolvers.entities import Entity
from resolvers.plan.levels import Unanswerable
from resolvers.plan.writing import Writer

_TEXT = frozenset({"ID", "String"})
_SHAPES = frozenset({25, 32})
"""Lengths of a moment as SQLite holds it: with microseconds, and without."""
_MEMORY = 10_000
"""Values that one field remembers the answers of."""


def column_of(entity: Entity, name: str) -> columns.Field[Any]:
    names = {db: field for field, db in entity.model._meta.fields_db_projection.items()}
    return entity.model._meta.fields_map[names[name]]


def python(writer: Writer, entity: Entity, name: str, value: str) -> str:
    """Source of the Python value of a column, as its reader makes it."""
    field, reader = column_of(entity, name), entity.readers[name]
    if reader is None:
        return value
    if isinstance(field, (columns.CharField, columns.TextField)):
        return _said(writer, value, null=True)
    return f"({writer.bind(reader)}({value}) if {value} is not None else None)"


def column(writer: Writer, entity: Entity, name: str, type_: GraphQLOutputType, value: str) -> str:
    """Source of the answer's value of a column."""
    field, null = column_of(entity, name), not isinstance(type_, GraphQLNonNull)
    kind = getattr(type_ if null else type_.of_type, "name", "")  # type: ignore[union-attr]  # a type that is not null is of another
    sure = null or not field.null
    if sure and kind in _TEXT and isinstance(field, (columns.CharField, columns.TextField)):
        return _said(writer, value, null=null)
    if sure and kind == "Boolean" and isinstance(field, columns.BooleanField):
        return f"(None if {value} is None else {value} != 0)" if null else f"({value} != 0)"
    if sure and kind == "DateTime" and isinstance(field, columns.DatetimeField):
        if entity.model._meta.db.capabilities.dialect == "postgres":  # whose driver gives every moment in UTC
            moment = f"({value}.isoformat()[:-6] + 'Z')"
            return f"({moment} if {value} is not None else None)" if null else moment
        moment = f"{writer.bind(_moments(field.to_python_value, leaf(type_)))}({value})"
        return f"({moment} if {value} is not None else None)" if null else moment
    if isinstance(type_ if null else type_.of_type, GraphQLEnumType):  # type: ignore[union-attr]  # as above
        return remembered(writer, lambda stored: leaf(type_)(_read(entity, name, stored)), value)
    return f"{writer.bind(leaf(type_))}({python(writer, entity, name, value)})"


def _read(entity: Entity, name: str, stored: Any) -> Any:
    reader = entity.readers[name]
    return stored if reader is None or stored is None else reader(stored)


def _said(writer: Writer, value: str, *, null: bool) -> str:
    """Text without its escapes, which few have."""
    mark, unescaped = writer.bind(MARK), writer.bind(unescape)
    plain = f"{value} if {mark} not in {value} else {unescaped}({value})"
    return f"(None if {value} is None else {plain})" if null else f"({plain})"


def remembered(writer: Writer, make: Callable[[Any], Any], value: str) -> str:
    """Source of a value that is made once for each stored one: for columns that hold few different ones."""
    return f"{writer.bind(_Remembered(make))}[{value}]"


class _Remembered(dict[Any, Any]):
    def __init__(self, make: Callable[[Any], Any]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, stored: Any) -> Any:
        made = self._make(stored)
        if len(self) < _MEMORY:
            self[stored] = made
        return made


def _moments(read: Callable[[Any], Any], write: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Moments as they are written: PostgreSQL's driver gives them in UTC, SQLite holds them so, in a text of one shape."""

    def moment(stored: Any) -> Any:
        if type(stored) is datetime and stored.tzinfo is UTC:
            return stored.isoformat()[:-6] + "Z"
        if type(stored) is str and stored[-6:] == "+00:00" and len(stored) in _SHAPES and stored[10] == " ":
            return stored[:10] + "T" + stored[11:-6] + "Z"
        return write(read(stored))

    return moment


def leaf(type_: GraphQLOutputType) -> Callable[[Any], Any]:
    """What GraphQL makes of a Python value of this type; a list, too. Raises Unanswerable where it makes an error."""
    if isinstance(type_, GraphQLNonNull):
        inner, texts = leaf(type_.of_type), getattr(type_.of_type, "name", "") in _TEXT

        def required(value: Any) -> Any:
            if texts and type(value) is str:
                return value
            if value is None:
                raise Unanswerable
            return inner(value)

        return required
    if isinstance(type_, GraphQLList):
        each = leaf(type_.of_type)
        return lambda value: None if value is None else [each(item) for item in value]
    coerce, text = type_.coerce_output_value, getattr(type_, "name", "") in _TEXT  # type: ignore[union-attr]  # asked of leaves alone

    def shown(value: Any) -> Any:
        if text and type(value) is str:
            return value
        made = None if value is None else coerce(value)
        if made is None and value is not None:
            raise Unanswerable
        return made

    return shown


class _Exponents(dict[str, int | None]):
    def __missing__(self, currency: str) -> int | None:
        found = money.exponent(currency)
        if len(self) < _MEMORY:
            self[currency] = found
        return found


_EXPONENTS = _Exponents()


def major(minor: int, currency: str) -> str | None:
    """An amount in major units, as `format(money.major(minor, currency), "f")` has it; None where the decimals are not known."""
    exponent = _EXPONENTS[currency]
    if exponent == 2 and minor >= 0:
        return f"{minor // 100}.{minor % 100:02d}"
    return None if exponent is None else format(money.major(minor, currency), "f")
