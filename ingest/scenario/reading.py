"""A scenario file, read and checked: what happened, in chapters, and what the ledger must then say. Knows no database.

docs/scenarios.md describes the format. A key that nobody reads is an error that names it: a misspelt one must not pass a test.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import yaml

from ingest.errors import Invalid
from ingest.scenario.moments import moment

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
"""The clock of a scenario that names none."""
DEFAULT = "default"
"""The workspace and the link of whatever names none."""
HEAD = frozenset({"number", "title", "clock", "workspaces"})
WORKSPACE = frozenset({"currency", "fx_source", "account"})
WHERE = frozenset({"workspace", "livemode"})
PIECES: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    "clicks": (frozenset({"name", "at"}), frozenset({"link", "bot", "workspace"})),
    "leads": (frozenset({"customer", "at"}), frozenset({"click", "event", "email", "name"}) | WHERE),
    "tracked_sales": (frozenset({"customer", "amount", "at"}), frozenset({"currency", "click", "invoice", "processor", "event"}) | WHERE),
    "events": (frozenset({"type", "created", "object"}), frozenset({"id", "account", "api_version", "previous_attributes"}) | WHERE),
    "rates": (frozenset({"source", "complete_to", "published"}), frozenset()),
    "claims": (frozenset({"account"}), frozenset({"workspace"})),
    "attached": (frozenset({"payment", "click", "at"}), WHERE),
    "detached": (frozenset({"payment", "click", "at"}), WHERE),
    "archived": (frozenset({"link"}), frozenset({"workspace"})),
}
"""What may happen: section -> the keys that an entry needs and those that it may have."""
EXPECTED: Mapping[str, frozenset[str]] = {
    "sales": frozenset(
        "gross net tax shipping discount refunded disputed currency kind status paid_at event processor off_stripe converted_currency"
        " converted_gross converted_refunded converted_disputed converted_net rate rate_source presentment presentment_currency customer"
        " stripe_customer click link reason conflict considered session invoice intent charge subscription names workspace livemode".split()
    ),
    "refunds": frozenset("id amount counted currency status converted at has_sale workspace livemode".split()),
    "disputes": frozenset("id amount counted currency status converted at has_sale workspace livemode".split()),
    "leads": frozenset("customer event click link source at workspace livemode".split()),
    "customers": frozenset("customer email name stripe_customers deleted sales workspace livemode".split()),
    "stripe_customers": frozenset("id customer workspace livemode".split()),
    "events": frozenset("id state reason".split()),
}
"""What may be expected: section -> the keys of a row."""
COUNTS = frozenset({"quarantined", "waiting_for_rates"})


@dataclass(frozen=True, slots=True)
class Piece:
    """One thing that happened: a click, a lead, an event …; `position` is its place in the whole file."""

    section: str
    position: int
    said: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Chapter:
    """What happened, in any order, and what the ledger says when it is settled."""

    pieces: tuple[Piece, ...]
    expected: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A whole file."""

    title: str
    clock: datetime
    workspaces: Mapping[str, Mapping[str, Any]]
    chapters: tuple[Chapter, ...]

    @property
    def pieces(self) -> tuple[Piece, ...]:
        return tuple(piece for chapter in self.chapters for piece in chapter.pieces)

    @property
    def expected(self) -> Mapping[str, Any]:
        """What the ledger says at the end: in whatever order the chapters were told."""
        return self.chapters[-1].expected


def read(text: str) -> Scenario:
    """The scenario of a file's text.

    Raises:
        Invalid: it is not YAML, a key is unknown or missing, or a value is of the wrong sort; named by where it stands.
    """
    try:
        documents = [document for document in yaml.load_all(text, Loader=_Loader) if document is not None]
    except yaml.YAMLError as error:
        raise Invalid("file", "NOT_YAML", " ".join(str(error).split())) from error
    if not documents:
        raise Invalid("file", "EMPTY", "holds no scenario")
    for number, document in enumerate(documents, 1):
        allowed = (HEAD if number == 1 else frozenset()) | {*PIECES, "expected"}
        _keys(document, f"chapter {number}", needed=frozenset({"expected"}), allowed=allowed)
    head = documents[0]
    clock = moment(head.get("clock", NOON), NOON)
    if clock is None:
        raise Invalid("clock", "INVALID", "must be a date and time")
    return Scenario(
        title=str(head.get("title", "a scenario without a title")),
        clock=clock,
        workspaces=_workspaces(head.get("workspaces") or {DEFAULT: {}}),
        chapters=tuple(_chapters(documents)),
    )


class _Loader(yaml.SafeLoader):
    """Says no to a key that stands twice: the second would silently win."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        names = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode) and key.value != "<<"]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise yaml.constructor.ConstructorError(None, None, f"the key {twice} stands twice", node.start_mark)
        return super().construct_mapping(node, deep)


def _workspaces(said: Any) -> Mapping[str, Mapping[str, Any]]:
    if not isinstance(said, Mapping):
        raise Invalid("workspaces", "INVALID", "must be a mapping of names")
    for name, settings in said.items():
        _keys(settings or {}, f"workspaces.{name}", allowed=WORKSPACE)
    return {str(name): settings or {} for name, settings in said.items()}


def _chapters(documents: Iterable[Mapping[str, Any]]) -> Iterable[Chapter]:
    position = 0
    for number, document in enumerate(documents, 1):
        pieces = []
        for section, (needed, optional) in PIECES.items():
            for place, entry in enumerate(_listed(document.get(section), f"chapter {number}: {section}"), 1):
                _keys(entry, f"chapter {number}: {section}[{place}]", needed=needed, allowed=needed | optional)
                position += 1
                pieces.append(Piece(section, position, entry))
        yield Chapter(tuple(pieces), _expected(document["expected"], f"chapter {number}: expected"))


def _expected(said: Any, where: str) -> Mapping[str, Any]:
    _keys(said, where, allowed=COUNTS | EXPECTED.keys())
    for section, names in EXPECTED.items():
        for place, row in enumerate(_listed(said.get(section), f"{where}.{section}"), 1):
            _keys(row, f"{where}.{section}[{place}]", allowed=names)
    return {section: rows if rows is not None else [] for section, rows in said.items()}


def _listed(value: Any, where: str) -> list[Any]:
    if value is not None and not isinstance(value, list):
        raise Invalid(where, "INVALID", "must be a list")
    return value or []


def _keys(value: Any, where: str, *, allowed: Iterable[str], needed: frozenset[str] = frozenset()) -> None:
    if not isinstance(value, Mapping):
        raise Invalid(where, "INVALID", "must be a mapping")
    known = set(allowed)
    for name in value:
        if name not in known:
            raise Invalid(where, "UNKNOWN_KEY", f"has no key {name!r}; it may have {', '.join(sorted(known))}")
    for name in sorted(needed):
        if name not in value:
            raise Invalid(where, "REQUIRED", f"lacks {name!r}")
