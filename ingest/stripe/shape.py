"""One object inside an event, read by shape: a field of the wrong type is absent, and an absent field is None.

Nothing here knows a field's meaning. Text comes out escaped (`ingest.text`), currencies upper case, times aware UTC.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

from ingest.stripe.errors import Unreadable
from ingest.text import escape

T = TypeVar("T")
LONGEST = 255
"""Characters of an id or name that the database keeps."""
DEEPEST = 4
"""Levels of objects inside objects that are read. Stripe expands no deeper: https://docs.stripe.com/expand"""
LARGEST = 2**53
"""Minor units beyond which a number is nobody's money."""
_LAST_SECOND = 253_402_300_799  # 9999-12-31T23:59:59Z
_OBJECT = (dict, Mapping)
"""In this order: what JSON is read into is told by a look at its type, any other mapping by a question to a class."""
_CURRENCY = re.compile(r"[A-Za-z]{3}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """An object as one event shows it."""

    body: Mapping[str, Any]
    place: str
    """Where it stood: `data.object`, `data.object.refunds.data.0`."""
    at: datetime
    """The event's `created`."""
    type: str = ""
    """The event's type; empty for an object inside another, of which the type says nothing."""
    given: Mapping[str, str] = field(default_factory=dict)
    """Ids that follow from where it stood: the charge of a refund in a charge's list."""
    depth: int = 0

    def value(self, *path: str) -> Any:
        value: Any = self.body
        for name in path:
            value = value.get(name) if isinstance(value, _OBJECT) else None
        return value

    def field(self, *path: str) -> str:
        return ".".join((self.place, *path))

    def text(self, *path: str) -> str | None:
        """Text that is not empty."""
        return as_text(self.value(*path))

    def name(self, *path: str) -> str | None:
        """Text cut to what a column holds: for people to read, never to join by."""
        value = self.text(*path)
        return value and value[:LONGEST]

    def id(self, *path: str) -> str | None:
        """An id, whether the field holds the id or the whole object."""
        value = self.value(*path)
        if isinstance(value, _OBJECT):
            value = value.get("id")
        found = as_text(value)
        if found is None or len(found) > LONGEST:
            return self.given.get(path[-1])
        return found

    def integer(self, *path: str) -> int | None:
        return as_integer(self.value(*path))

    def flag(self, *path: str) -> bool:
        return self.value(*path) is True

    def moment(self, *path: str) -> datetime | None:
        return as_moment(self.value(*path))

    def currency(self, *path: str) -> str | None:
        value = self.value(*path)
        return value.upper() if isinstance(value, str) and _CURRENCY.fullmatch(value) else None

    def country(self, *path: str) -> str | None:
        """Two letters; Stripe's test tools write whole names here."""
        value = self.text(*path)
        return value.upper() if value and len(value) == 2 and value.isascii() else None

    def sum(self, *path: str) -> int | None:
        """The sum of `amount` over a list, None where there is no list or a part of it cannot be read."""
        parts = self.value(*path)
        if not isinstance(parts, list):
            return None
        amounts = [as_integer(part.get("amount")) if isinstance(part, _OBJECT) else None for part in parts]
        known = [amount for amount in amounts if amount is not None]
        return sum(known) if len(known) == len(amounts) else None

    def need_id(self) -> str:
        return self._need(self.id("id"), "id")

    def need_minor(self, *path: str) -> int:
        amount = self.integer(*path)
        return self._need(None if amount is None or amount < 0 else amount, *path)

    def need_currency(self, *path: str) -> str:
        return self._need(self.currency(*path), *path)

    def need_moment(self, *path: str) -> datetime:
        return self._need(self.moment(*path), *path)

    def _need(self, value: T | None, *path: str) -> T:
        if value is None:
            raise Unreadable(self.field(*path))
        return value

    def inside(self, *path: str, link: str | None = None) -> Iterator["Seen"]:
        """The objects that stand in a field: an expanded one, or a list's. `link` is the field of theirs that means this one."""
        own = self.id("id")
        given = {link: own} if link and own else {}
        for steps, body in _objects(self.value(*path)):
            if self.depth < DEEPEST and as_text(body.get("id")):
                yield Seen(body=body, place=self.field(*path, *steps), at=self.at, given=given, depth=self.depth + 1)


def _objects(value: Any) -> Iterator[tuple[tuple[str, ...], Mapping[str, Any]]]:
    if not isinstance(value, _OBJECT):
        return
    listed = value.get("data")
    if not isinstance(listed, list):
        yield (), value
        return
    for number, item in enumerate(listed):
        if isinstance(item, _OBJECT):
            yield ("data", str(number)), item


def as_text(value: Any) -> str | None:
    return escape(value) if isinstance(value, str) and value else None


def as_integer(value: Any) -> int | None:
    return value if type(value) is int and -LARGEST <= value <= LARGEST else None


def as_moment(value: Any) -> datetime | None:
    """Of whole seconds since 1970."""
    seconds = as_integer(value)
    return datetime.fromtimestamp(seconds, UTC) if seconds is not None and 0 < seconds <= _LAST_SECOND else None
