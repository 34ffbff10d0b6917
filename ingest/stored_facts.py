"""Facts as they are stored: the JSON form of each, and back."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any

from ingest.facts import KINDS, Contact, Fact, Said

_NAMES: Mapping[type, tuple[str, ...]] = {shape: tuple(each.name for each in fields(shape)) for shape in (*KINDS.values(), Contact, Said)}


def dump(fact: Fact | Contact | Said) -> dict[str, Any]:
    """The JSON form of a fact: times as RFC 3339 strings, tuples as lists."""
    return {name: _dumped(getattr(fact, name)) for name in _NAMES[type(fact)]}


def _dumped(value: Any) -> Any:
    if value is None or isinstance(value, (str, int)):
        return value
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, tuple):
        return [_dumped(each) for each in value]
    return dump(value) if isinstance(value, (Contact, Said)) else value


def load(kind: str, data: Mapping[str, Any]) -> Fact:
    """The fact that `dump` made this of.

    Raises:
        KeyError: no such kind.
    """
    shape = KINDS[kind]
    values = {name: _value(name, value) for name, value in data.items() if name in _NAMES[shape]}
    fact: Fact = shape(**values)
    return fact


def _value(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name.endswith("_at"):
        return datetime.fromisoformat(value)
    if name == "contact":
        return Contact(**value)
    if name == "said":
        return tuple(Said(**item) for item in value)
    return value
