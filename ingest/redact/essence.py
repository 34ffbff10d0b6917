"""The essence of an event: the fields that the parser reads of it, and no others. Pure.

The parser itself says which they are: it is let loose on a body that remembers what was looked at. So what is kept reads exactly as
the whole did, and no list of fields grows old beside the parser.
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, TypeAlias

from ingest.stripe import parser
from ingest.stripe.errors import Unreadable

Json: TypeAlias = dict[str, Any]

ENVELOPE = ("id", "object", "type", "created", "livemode", "api_version", "account")
"""What an event says of itself."""
NAMED = ("id", "object")
"""What its object says of itself."""


class Watched(dict[str, Any]):
    """An object that remembers which of its fields were read. What stands inside a field is watched once the field is read."""

    def __init__(self, body: Mapping[str, Any]) -> None:
        super().__init__(body)
        self.read: Json = {}

    def get(self, name: str, default: Any = None) -> Any:
        if name not in self.read and super().__contains__(name):
            self.read[name] = _watched(super().__getitem__(name))
        return self.read.get(name, default)

    def __getitem__(self, name: str) -> Any:
        return self.get(name) if name in self else super().__getitem__(name)

    def __contains__(self, name: object) -> bool:
        there = super().__contains__(name)
        if there and isinstance(name, str):
            self.get(name)
        return there


def _watched(value: Any) -> Any:
    """The parser reads objects and lists of objects; of anything else in a list only that it is there."""
    if isinstance(value, dict):
        return Watched(value)
    return [Watched(item) if isinstance(item, dict) else None for item in value] if isinstance(value, list) else value


def essence(event: Mapping[str, Any]) -> Json:
    """The event without all that nobody reads. One that cannot be read keeps what was read of it until then."""
    watched = Watched(event)
    with suppress(Unreadable):
        parser.parse(watched)
    kept = _kept(watched)
    body = event.get("data", {}).get("object", {})
    named = {name: body[name] for name in NAMED if isinstance(body.get(name), str)}
    kept["data"] = {"object": {**named, **kept.get("data", {}).get("object", {})}}
    return {**{name: event[name] for name in ENVELOPE if name in event}, **kept}


def _kept(value: Any) -> Any:
    if isinstance(value, Watched):
        return {name: _kept(inner) for name, inner in value.read.items()}
    return [_kept(item) for item in value] if isinstance(value, list) else value
