"""Cursors: a place in one order of one list. Opaque to the caller, checked when they come back.

A cursor holds the sort value and the key of its row, and the order that they belong to: keyset, so that a page deep in the list costs what
the first one does, and rows that come and go do not shift it.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from resolvers.entities import Entity
from resolvers.errors import BadInput


@dataclass(frozen=True, slots=True)
class Order:
    """What a list goes by: a column, then the primary key, both in the same direction."""

    column: str
    descending: bool

    def name(self, entity: Entity) -> str:
        return f"{entity.name}.{self.column}.{'desc' if self.descending else 'asc'}"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row stands in an order."""

    value: Any
    key: Any


def encode(entity: Entity, order: Order, place: Place) -> str:
    value = place.value.isoformat() if isinstance(place.value, datetime) else place.value
    return urlsafe_b64encode(orjson.dumps([order.name(entity), value, place.key])).decode().rstrip("=")


def decode(entity: Entity, order: Order, cursor: str, argument: str) -> Place:
    """The place that `encode` was given.

    Raises:
        BadInput: names `argument`; not a cursor, or one of another list or order.
    """
    try:
        name, value, key = orjson.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (Error, ValueError, TypeError) as error:
        raise BadInput(argument, "is not a cursor of this API") from error
    if name != order.name(entity):
        raise BadInput(argument, "is a cursor of another list or another order")
    return Place(_value(value, argument), _key(entity, key, argument))


def _value(value: Any, argument: str) -> datetime:
    """Every order of ours goes by a time."""
    try:
        time = datetime.fromisoformat(value)
        if time.tzinfo is not None:
            return time.astimezone(UTC)
    except (TypeError, ValueError, OverflowError) as error:
        raise BadInput(argument, "is not a cursor of this API") from error
    raise BadInput(argument, "is not a cursor of this API")


def _key(entity: Entity, key: Any, argument: str) -> Any:
    wanted = int if entity.number else str
    if type(key) is not wanted or (isinstance(key, int) and not 0 <= key < 1 << 63):
        raise BadInput(argument, "is not a cursor of this API")
    return key
