"""Levels: each is one statement of a plan, run with the keys that the level above it found."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from resolvers import lookups
from resolvers.context import Context
from resolvers.entities import SALE, Entity
from resolvers.plan import texts
from resolvers.plan.connections import Connection
from resolvers.plan.texts import KEYS, PAGE, Join, Statement, Wanted
from resolvers.reads import Named, Several

JOINS = 6
"""Rows beside a row in one statement; PostgreSQL weighs the orders of more than eight one by one."""


class Unanswerable(Exception):
    """The plan cannot answer this as it must be answered, such as with an error: ordinary execution can."""


@dataclass(slots=True, eq=False)
class Run:
    """One request's way through a plan."""

    context: Context
    connection: Connection
    variables: Any
    found: list[Any]
    """By the number of the level: what the row builder reads."""
    records: list[Any]
    """By the number of the level: its records, for the levels beneath."""
    named: Named | None = None
    """The row that was there before the plan, where it reads one that a mutation or an event shows."""
    rows: dict[Any, Any] = field(default_factory=dict)
    """Whole rows that functions were asked of, by where they stand: the loaders know them again."""

    async def fetch(self, statement: Statement, values: Mapping[str, Any]) -> list[Any]:
        access = self.context.access
        known = {"workspace": access.workspace_id, "livemode": access.livemode, **values}
        return await self.connection.fetch(statement.text, [known[name] for name in statement.names])

    def one_of(self, keys: Sequence[Any]) -> bool:
        """Whether the text for one key is asked: SQLite answers it in two thirds of the time of a list; to PostgreSQL it is all one."""
        return self.connection.sqlite and len(keys) == 1

    def keys(self, source: "Source") -> list[Any]:
        """The distinct keys that a level is asked for."""
        return list(dict.fromkeys(source(self)))


Source = Callable[[Run], Iterable[Any]]


def beneath(level: int, slot: int) -> Source:
    """The values of one column of a level above."""
    return lambda run: [record[slot] for record in run.records[level] if record[slot] is not None]


@dataclass(slots=True, eq=False)
class Level:
    """What one statement selects, collected while the plan is made."""

    number: int
    entity: Entity
    offset: int = 0
    """Columns before those that are collected here."""
    joins: list[Join] = field(default_factory=list)
    columns: list[tuple[str, str]] = field(default_factory=list)
    entities: dict[str, Entity] = field(default_factory=dict)

    def slot(self, alias: str, column: str) -> int:
        """Where a column stands in the records; a page has its key there already."""
        if self.offset and (alias, column) == (PAGE, "id"):
            return 1
        if (alias, column) not in self.columns:
            self.columns.append((alias, column))
        return self.offset + self.columns.index((alias, column))

    def join(self, entity: Entity, beside: str, by: str) -> str | None:
        """The alias of the row of `entity` whose key stands in a column; None where the statement has enough of them."""
        known = next((join for join in self.joins if (join.beside, join.by, join.entity) == (beside, by, entity)), None)
        if known is None:
            if len(self.joins) >= JOINS:
                return None
            known = Join(f"j{len(self.joins)}", entity, beside, by)
            self.joins.append(known)
        return known.alias

    @property
    def wanted(self) -> Wanted:
        return Wanted(self.entity, tuple(self.joins), tuple(self.columns))


@dataclass(slots=True, eq=False)
class ByKeys:
    """The texts of one level that ask for rows by keys, made when they are first asked."""

    level: Level
    by: str
    order: str | None = None
    _texts: dict[bool, Statement] = field(default_factory=dict)

    async def fetch(self, run: Run, keys: Sequence[Any]) -> list[Any]:
        one = run.one_of(keys)
        text = self._texts.get(one)
        if text is None:
            text = self._texts[one] = texts.keyed(self.level.wanted, self.by, self.order, one=one)
        return await run.fetch(text, {KEYS: keys[0] if one else run.connection.listed(keys)})


@dataclass(slots=True, eq=False)
class Lookup:
    """Rows by their own key."""

    level: Level
    source: Source
    asks: bool = False
    _keyed: ByKeys = field(init=False)

    def __post_init__(self) -> None:
        self._keyed = ByKeys(self.level, "id")

    async def run(self, run: Run) -> None:
        keys = run.keys(self.source)
        found = await self._by_key(run, keys) if keys else {}
        run.records[self.level.number] = list(found.values())
        if self.level.entity is SALE and len(found) < len(keys):
            found = found | await self._by_older_names(run, [key for key in keys if key not in found])
        run.found[self.level.number] = found

    async def _by_key(self, run: Run, keys: list[Any]) -> dict[Any, Any]:
        slot = self.level.slot(PAGE, "id")
        return {record[slot]: record for record in await self._keyed.fetch(run, keys)}

    async def _by_older_names(self, run: Run, names: list[str]) -> dict[str, Any]:
        """A sale answers to the ids that it had before, too."""
        now = await lookups.referred(run.context.access, names)
        found = await self._by_key(run, sorted(set(now.values()))) if now else {}
        known = run.records[self.level.number]
        run.records[self.level.number] = [*known, *found.values()]
        return {name: found[key] for name, key in now.items() if key in found}


@dataclass(slots=True, eq=False)
class Group:
    """All rows that name each row of the level above."""

    level: Level
    source: Source
    read: Several
    asks: bool = False
    _keyed: ByKeys = field(init=False)

    def __post_init__(self) -> None:
        self._keyed = ByKeys(self.level, self.read.by, self.read.entity.order)

    async def run(self, run: Run) -> None:
        keys = run.keys(self.source)
        slot = self.level.slot(PAGE, self.read.by)
        records = await self._keyed.fetch(run, keys) if keys else []
        found: dict[Any, list[Any]] = {}
        for record in records:
            found.setdefault(record[slot], []).append(record)
        run.found[self.level.number], run.records[self.level.number] = found, records
