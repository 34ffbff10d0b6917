"""Asking: fields that are read by a function of their own, within a plan. It is asked of all rows at once.

The rows that it names are then looked up as any others are, with what the operation wants of them.
"""

import asyncio
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import ListValueNode, ObjectValueNode, ValueNode, VariableNode

from resolvers import loading, pages
from resolvers.entities import Entity, Row
from resolvers.filters import storable
from resolvers.plan.levels import ByKeys, Level, Run, Source, Unanswerable
from resolvers.plan.texts import PAGE
from resolvers.reads import ASK, Asked, Named, Touches

ARGUMENTS = 64
"""Inputs that one field remembers."""
LENGTH = 2_000
"""Of the variables of those."""


class Arguments:
    """What a resolver is given, of a request's variables; made once where they hold none."""

    def __init__(
        self, make: Callable[[Any], dict[str, Any]], rest: Callable[[], dict[str, Any]] | None = None, places: Mapping[str, str] = {}
    ) -> None:
        self._make, self._rest, self._places = make, rest, places
        self._made: dict[str, Any] | None = None
        self.constant = rest is not None and not places

    def __call__(self, variables: Any) -> dict[str, Any]:
        """`rest` makes what no variable says, once; `places` names the variables that are taken as they are."""
        if self._rest is None:
            return self._make(variables)
        if self._made is None:
            self._made = self._rest()
        if not self._places:
            return self._made
        coerced = variables.coerced
        return {**self._made, **{name: coerced[variable] for name, variable in self._places.items() if variable in coerced}}


@dataclass(frozen=True, slots=True)
class Place:
    """Where whole rows stand among the records of a level."""

    level: int
    entity: Entity
    slots: Mapping[str, int]

    def rows(self, run: Run) -> dict[Any, Row]:
        """The distinct rows, by their key as it is stored."""
        key = self.slots["id"]
        place = (self.level, key)
        if place not in run.rows:
            run.rows[place] = {record[key]: self._row(record) for record in run.records[self.level] if record[key] is not None}
        rows: dict[Any, Row] = run.rows[place]
        return rows

    def _row(self, record: Any) -> Row:
        values = {}
        for column, convert in self.entity.readers.items():
            value = record[self.slots[column]]
            values[column] = value if convert is None or value is None else convert(value)
        return Row(self.entity, values)


def named(number: int, entity: Entity) -> Source:
    """The keys of rows of `entity` that level `number` named."""
    return lambda run: [each.key for each in _flat(run.records[number]) if each.entity is entity]


def _flat(value: Any) -> list[Named]:
    if isinstance(value, list):
        return [each for item in value for each in _flat(item)]
    return [] if value is None else [value]


def holds_variable(value: ValueNode) -> bool:
    if isinstance(value, VariableNode):
        return True
    if isinstance(value, ListValueNode):
        return any(holds_variable(each) for each in value.values)
    return isinstance(value, ObjectValueNode) and any(holds_variable(each.value) for each in value.fields)


@dataclass(slots=True, eq=False)
class Begun:
    """A field at the top: the row or rows that its arguments name."""

    number: int
    read: Asked
    arguments: Arguments
    asks: bool = True

    async def run(self, run: Run) -> None:
        arguments = self.arguments(run.variables)
        found = ASK if self.read.named is None else self.read.named(run.context, **arguments)
        if found is ASK:
            found = _name(await _settled(self.read.read(run.context, None, **arguments)))
        elif isinstance(found, list):
            found = [_stored(each) for each in found]
        else:
            found = _stored(found)
        run.found[self.number] = run.records[self.number] = found


@dataclass(slots=True, eq=False)
class Called:
    """A field at the top whose value is no row: made by its function, and read by attributes."""

    number: int
    read: Asked
    arguments: Arguments
    asks: bool = True
    _known: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Arguments made of variables before: an input of many fields takes longer to read than to answer, and dashboards ask it again."""

    async def run(self, run: Run) -> None:
        run.found[self.number] = await _settled(self.read.read(run.context, None, **self._asked(run.variables)))
        run.records[self.number] = [run.found[self.number]]

    def _asked(self, variables: Any) -> dict[str, Any]:
        key = repr(variables.coerced)
        if len(key) > LENGTH:
            return self.arguments(variables)
        if key not in self._known:
            if len(self._known) >= ARGUMENTS:
                self._known.clear()
            self._known[key] = self.arguments(variables)
        return self._known[key]


@dataclass(slots=True, eq=False)
class Shown:
    """The row that a mutation or an event shows, of which the plan reads what is asked."""

    number: int
    asks: bool = False

    async def run(self, run: Run) -> None:
        run.found[self.number] = run.records[self.number] = run.named


def _stored(named: Named | None) -> Named | None:
    key = None if named is None else storable(named.key)
    return named if named is None or key is named.key else Named(named.entity, key)


def _name(value: Any) -> Any:
    if value is None:
        return None
    if isinstance(value, Row):
        return Named(value.entity, storable(value["id"]))
    raise Unanswerable


async def _settled(value: Any) -> Any:
    return await value if inspect.isawaitable(value) else value


@dataclass(slots=True, eq=False)
class AskedOfEach:
    """A field of rows: asked of each at once, so that their loaders make one statement of it."""

    number: int
    read: Asked
    arguments: Arguments
    place: Place
    asks: bool = True

    async def run(self, run: Run) -> None:
        rows, arguments = self.place.rows(run), self.arguments(run.variables)
        values = await asyncio.gather(*(_settled(self.read.read(run.context, row, **arguments)) for row in rows.values()))
        if self.read.gives is not None:
            run.records[self.number] = [_name(value) for value in values]
            values = [None if value is None else value.key for value in run.records[self.number]]
        run.found[self.number] = dict(zip(rows, values, strict=True))


@dataclass(slots=True, eq=False)
class Trodden:
    """The pages of the clicks that led to each sale."""

    number: int
    read: Touches
    arguments: Arguments
    place: Place
    asks: bool = True

    async def run(self, run: Run) -> None:
        rows, arguments = self.place.rows(run), self.arguments(run.variables)
        found = await asyncio.gather(*(loading.touches(run.context, self.read, row, arguments) for row in rows.values()))
        run.found[self.number] = dict(zip(rows, found, strict=True))


@dataclass(slots=True, eq=False)
class Touched:
    """The same pages as the row builder reads them: their clicks, and what is asked beside them."""

    level: Level
    trodden: Trodden
    rows: bool = False
    total: bool = False
    after: bool = False
    before: bool = False
    asks: bool = True
    _keyed: ByKeys = field(init=False)

    def __post_init__(self) -> None:
        self._keyed = ByKeys(self.level, "id")

    async def run(self, run: Run) -> None:
        found: Mapping[Any, pages.Page] = run.found[self.trodden.number]
        keys = list(dict.fromkeys(storable(row["id"]) for page in found.values() for row in page.rows)) if self.rows else []
        records = await self._records(run, keys) if keys else {}
        beside = await asyncio.gather(*(self._beside(run, page) for page in found.values()))
        run.found[self.level.number] = {
            key: self._paged(page, records, told) for (key, page), told in zip(found.items(), beside, strict=True)
        }
        run.records[self.level.number] = list(records.values())

    async def _records(self, run: Run, keys: Sequence[Any]) -> dict[Any, Any]:
        slot = self.level.slot(PAGE, "id")
        return {record[slot]: record for record in await self._keyed.fetch(run, keys)}

    async def _beside(self, run: Run, page: pages.Page) -> tuple[bool, bool, int]:
        read, context = self.trodden.read, run.context
        after = self.after and await loading.goes_on(context, read, page, forward=True)
        before = self.before and await loading.goes_on(context, read, page, forward=False)
        return after, before, await loading.total(context, read, page) if self.total else 0

    def _paged(self, page: pages.Page, records: Mapping[Any, Any], told: tuple[bool, bool, int]) -> "Trail":
        rows = [records.get(storable(row["id"])) for row in page.rows] if self.rows else []
        if None in rows:
            raise Unanswerable  # a click was erased between two statements
        return Trail(rows, told[0], told[1], told[2], {id(record): page.cursor(row) for record, row in zip(rows, page.rows, strict=False)})


@dataclass(slots=True, eq=False)
class Trail:
    """One such page; see `plan.pages.Paged`."""

    rows: list[Any]
    next: bool
    previous: bool
    total: int
    _cursors: Mapping[int, str]

    def cursor(self, record: Any) -> str:
        return self._cursors[id(record)]
