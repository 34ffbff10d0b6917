"""Texts of statements: fixed for a plan, with numbered places for what a request brings. Pure.

Built from the same beginnings as every other statement (`resolvers.statements`), so none forgets whose rows it may see; what the
builder lacks is written here: pages of many parents at once, by LATERAL on PostgreSQL, by row numbers of limited selects on SQLite.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pypika_tortoise.context import SqlContext
from pypika_tortoise.enums import Dialects
from pypika_tortoise.queries import QueryBuilder, Table
from pypika_tortoise.terms import Criterion, Field, Function, LiteralValue, Parameter
from tortoise import fields as columns

from resolvers import statements
from resolvers.cursors import Place
from resolvers.entities import Entity
from resolvers.filters import Condition, Operator, criterion
from resolvers.pages import Window

KEYS = "keys"
PAGE, PARENT = "page", "parent"
Narrow = Callable[[Table, Any], Criterion | None]


@dataclass(frozen=True, slots=True)
class Statement:
    """A text, and the names of the values that its places take, in their order."""

    text: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Join:
    """A row beside the page's: of `entity`, whose key stands in column `by` of another."""

    alias: str
    entity: Entity
    beside: str
    by: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a statement selects: columns of the page's rows and of the rows beside them."""

    entity: Entity
    joins: tuple[Join, ...]
    columns: tuple[tuple[str, str], ...]
    """(alias, column), in the order of the answer."""

    @property
    def inner(self) -> list[str]:
        """Columns of the page itself that anything needs."""
        named = [column for alias, column in self.columns if alias == PAGE]
        return list(dict.fromkeys(["id", *named, *(join.by for join in self.joins if join.beside == PAGE)]))


class Slot(Parameter):
    """A place for a value; equal names are one place."""

    def __init__(self, writing: "Writing", name: str) -> None:
        super().__init__(placeholder=name)
        self._writing, self._name = writing, name

    def get_sql(self, ctx: SqlContext) -> str:  # noqa: ARG002  # the builder's signature
        return self._writing.place(self._name)


class Listed(Slot):
    """A place for a list, as a set on SQLite."""

    def get_sql(self, ctx: SqlContext) -> str:
        return f"(SELECT value FROM json_each({super().get_sql(ctx)}))"  # noqa: S608  # a place


class Writing:
    """One statement while it is written. It stands for the access, too: its workspace and mode are places."""

    def __init__(self, entity: Entity) -> None:
        self.dialect = statements.dialect(entity.model)
        self._context: SqlContext = entity.model._meta.db.query_class.SQL_CONTEXT
        self._names: list[str] = []
        self.workspace_id: Any = Slot(self, "workspace")
        self.livemode: Any = Slot(self, "livemode")

    def allows(self, _scope: str) -> bool:
        """Scopes are asked before a plan runs."""
        return True

    @property
    def sqlite(self) -> bool:
        return self.dialect is Dialects.SQLITE

    def place(self, name: str) -> str:
        if name not in self._names:
            self._names.append(name)
        return f"{'?' if self.sqlite else '$'}{self._names.index(name) + 1}"

    def slot(self, name: str) -> Slot:
        return Slot(self, name)

    def sql(self, part: QueryBuilder | Criterion | Field) -> str:
        return part.get_sql(self._context)

    def within(self, column: Field, name: str) -> Criterion:
        """The column holds one of a list."""
        found: Criterion = column.isin(Listed(self, name)) if self.sqlite else column == Function("ANY", Slot(self, name))
        return found

    def done(self, text: str) -> Statement:
        return Statement(text, tuple(self._names))


def keyed(wanted: Wanted, by: str, order: str | None = None, *, one: bool = False) -> Statement:
    """Rows whose column `by` is one of the keys, or the `one` key; oldest first in `order`, if one is given."""
    writing = Writing(wanted.entity)
    query, table = statements.scoped(wanted.entity.model, writing, tenant=wanted.entity.tenant)
    query = query.where(table[by] == writing.slot(KEYS) if one else writing.within(table[by], KEYS))
    query = query.select(*(table[column] for column in dict.fromkeys([*wanted.inner, by, order or by])))
    text = f"SELECT {_listed(wanted.columns)} FROM ({writing.sql(query)}) page{_joined(writing, wanted.joins)}"  # noqa: S608  # made by the builder
    return writing.done(text if order is None else f'{text} ORDER BY page."{order}",page."id"')


def page(wanted: Wanted, asked: Window) -> Statement:
    """One page of the workspace's rows; before the wanted columns, the value that it goes by and the key."""
    writing = Writing(wanted.entity)
    query, table = _selected(writing, asked, None)
    query = query.select(*(table[column] for column in dict.fromkeys([asked.order.column, *wanted.inner])))
    text = f"SELECT {_listed([*_places(asked), *wanted.columns])} FROM ({writing.sql(_limited(query, table, asked))}) page"  # noqa: S608  # made by the builder
    return writing.done(text + _joined(writing, wanted.joins) + _ordered(asked))


def pages(wanted: Wanted, asked: Window, narrow: Callable[[Field], Narrow], key: str) -> Statement:
    """A page for each of many parents at once, each read from its own end of the index; third stands the parent's key, of type `key`."""
    writing = Writing(wanted.entity)
    parent = Table(PARENT, alias=PARENT)["value"]
    query, table = _selected(writing, asked, narrow(parent))
    selected = _listed([*_places(asked), (PARENT, "value"), *wanted.columns])
    if writing.sqlite:
        rows = writing.sql(_limited(query.select(table["rowid"]), table, asked))
        name = wanted.entity.model._meta.db_table
        source = f'json_each({writing.place(KEYS)}) "parent" CROSS JOIN "{name}" page ON page.rowid IN ({rows})'
    else:
        query = query.select(*(table[column] for column in dict.fromkeys([asked.order.column, *wanted.inner])))
        rows = writing.sql(_limited(query, table, asked))
        source = f'unnest({writing.place(KEYS)}::{key}[]) "parent"("value") CROSS JOIN LATERAL ({rows}) page'
    return writing.done(f"SELECT {selected} FROM {source}{_joined(writing, wanted.joins)}{_ordered(asked)}")  # noqa: S608  # made by the builder


def page_of_one(wanted: Wanted, asked: Window, narrow: Callable[[Slot], Narrow]) -> Statement:
    """The same for a single parent."""
    writing = Writing(wanted.entity)
    query, table = _selected(writing, asked, narrow(writing.slot(KEYS)))
    query = query.select(*(table[column] for column in dict.fromkeys([asked.order.column, *wanted.inner])))
    rows = writing.sql(_limited(query, table, asked))
    selected = ",".join([_listed(_places(asked)), writing.place(KEYS), *([_listed(wanted.columns)] if wanted.columns else [])])
    return writing.done(f"SELECT {selected} FROM ({rows}) page{_joined(writing, wanted.joins)}{_ordered(asked)}")  # noqa: S608  # made by the builder


@dataclass(frozen=True, slots=True)
class Beside:
    """What is asked of a page beside its rows."""

    total: bool = False
    after: bool = False
    """Whether rows stand at the cursor `before` or after it."""
    before: bool = False
    """Whether rows stand at the cursor `after` or before it."""


def beside(entity: Entity, asked: Window, wanted: Beside, narrow: Callable[[Field], Narrow] | None, key: str) -> Statement:
    """Counts and flags of each parent's list, or of the workspace's, in one statement: the total, what is after, what is before."""
    writing = Writing(entity)
    own = None if narrow is None else narrow(Table(PARENT, alias=PARENT)["value"])
    parts = [] if own is None else ['"parent"."value"']
    if wanted.total:
        query, _ = _listing(writing, asked, own)
        parts.append(f"({writing.sql(query.select(Function('COUNT', LiteralValue('*'))))})")
    for flag, forward, side in ((wanted.after, True, "before"), (wanted.before, False, "after")):
        if flag:
            query, _ = _listing(writing, asked, own, (side, forward), inclusive=True)
            parts.append(f"EXISTS ({writing.sql(query.select(LiteralValue('1')))})")
    text = f"SELECT {','.join(parts)}"  # made by the builder
    if own is None:
        return writing.done(text)
    source = f"json_each({writing.place(KEYS)})" if writing.sqlite else f"unnest({writing.place(KEYS)}::{key}[])"
    return writing.done(f'{text} FROM {source} "parent"' + ("" if writing.sqlite else '("value")'))


def column_type(entity: Entity, column: str) -> str:
    """PostgreSQL's name for what a column holds: keys are passed as lists of it."""
    names = {db: name for name, db in entity.model._meta.fields_db_projection.items()}
    field = entity.model._meta.fields_map[names[column]]
    if isinstance(field, columns.BigIntField):
        return "bigint"
    return "int" if isinstance(field, columns.IntField) else "text"


def condition_name(place: int) -> str:
    return f"condition{place}"


def _place(writing: Writing, side: str) -> Place:
    return Place(writing.slot(f"{side}_value"), writing.slot(f"{side}_key"))


def _selected(writing: Writing, asked: Window, narrow: Narrow | None) -> tuple[QueryBuilder, Table]:
    """The list from its cursors on."""
    sides = (("after", True, asked.after), ("before", False, asked.before))
    return _listing(writing, asked, narrow, *((side, forward) for side, forward, place in sides if place is not None))


def _listing(
    writing: Writing, asked: Window, narrow: Narrow | None, *cursors: tuple[str, bool], inclusive: bool = False
) -> tuple[QueryBuilder, Table]:
    """The list, from these cursors on: after or before, and forward or not. The whole of it without any.

    Cursors come first: where a condition bounds the list on the same side, SQLite walks from the bound that it meets first.
    """

    def where(table: Table) -> Iterable[Criterion]:
        for side, forward in cursors:
            yield statements.beyond(table, asked.order, _place(writing, side), forward=forward, inclusive=inclusive)
        for number, condition in enumerate(asked.conditions):
            yield _held(writing, condition, table, condition_name(number))
        own = None if narrow is None else narrow(table, writing)
        if own is not None:
            yield own

    return statements.rows(asked.entity, writing, where)


def _held(writing: Writing, condition: Condition, table: Table, name: str) -> Criterion:
    if condition.operator is Operator.IN:
        return writing.within(table[condition.column], name)
    value = condition.value if condition.operator is Operator.IS_NULL else writing.slot(name)
    return criterion(Condition(condition.column, condition.operator, value), table, writing.dialect)


def _limited(query: QueryBuilder, table: Table, asked: Window) -> QueryBuilder:
    """The size stands in the text: a planner that does not know it expects a tenth of the table."""
    return statements.ordered(query, table, asked.order, forward=asked.forward).limit(asked.size + 1)


def _places(asked: Window) -> list[tuple[str, str]]:
    return [(PAGE, asked.order.column), (PAGE, "id")]


def _ordered(asked: Window) -> str:
    """Neither database promises that a join keeps the order of what it joins."""
    direction = "DESC" if asked.order.descending is asked.forward else "ASC"
    return f' ORDER BY page."{asked.order.column}" {direction},page."id" {direction}'


def _listed(columns: Sequence[tuple[str, str]]) -> str:
    return ",".join(f'{alias}."{column}"' for alias, column in columns)


def _joined(writing: Writing, joins: Iterable[Join]) -> str:
    return "".join(f" {_join(writing, join)}" for join in joins)


def _join(writing: Writing, join: Join) -> str:
    table = Table(join.entity.model._meta.db_table, alias=join.alias)
    found = (table["id"] == Table(join.beside, alias=join.beside)[join.by]) & (table[join.entity.tenant] == writing.workspace_id)
    if join.entity.by_mode:
        found = found & (table["livemode"] == writing.livemode)
    return f'LEFT JOIN "{join.entity.model._meta.db_table}" {join.alias} ON {writing.sql(found)}'
