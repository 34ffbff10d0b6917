"""Pages: the levels of a plan that read a list by its window, for the workspace or for each row of the level above."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from resolvers import cursors, statements
from resolvers.cursors import Place
from resolvers.filters import Operator, storable
from resolvers.pages import Window
from resolvers.plan import texts
from resolvers.plan.levels import Level, Run, Source
from resolvers.plan.texts import KEYS, Beside, Statement
from resolvers.reads import Bridge, Many

VARIANTS = 64
"""Texts that one level keeps."""


@dataclass(slots=True, eq=False)
class Paged:
    """One page as the row builder reads it."""

    rows: list[Any]
    next: bool
    previous: bool
    window: Window
    read_value: Callable[[Any], Any]
    total: int = 0

    def cursor(self, record: Any) -> str:
        return cursors.encode(self.window.entity, self.window.order, Place(self.read_value(record[0]), record[1]))


def paged(asked: Window, records: list[Any], read_value: Callable[[Any], Any]) -> Paged:
    more = len(records) > asked.size
    kept = records[: asked.size] if more else records
    rows = kept if asked.forward else kept[::-1]
    return Paged(rows, more and asked.forward, more and not asked.forward, asked, read_value)


@dataclass(slots=True, eq=False)
class Pages:
    """A page of the workspace's rows, or one for each row of the level above."""

    level: Level
    read: Many
    window: Callable[[Run], Window]
    source: Source | None
    key: str = "text"
    rows: bool = False
    """Whether anything but the total is asked: else no page is read."""
    total: bool = False
    after: bool = False
    before: bool = False
    asks: bool = False
    """Whether functions are called that hold statements of their own."""
    _texts: dict[Any, Statement] = field(default_factory=dict)
    _latest: dict[str, tuple[Window, Statement]] = field(default_factory=dict)
    """Of each kind, the text for the latest window: where no variable says what the page is, there is but one."""

    async def run(self, run: Run) -> None:
        number, keys = self.level.number, None if self.source is None else run.keys(self.source)
        if keys == []:  # nobody asks: neither scopes nor arguments are looked at
            run.found[number], run.records[number] = {}, []
            return
        run.context.require(self.read.entity.scope)
        asked = self.window(run)
        if keys is None:
            page = await self._one(run, asked)
            run.found[number], run.records[number] = page, page.rows
        else:
            pages = await self._each(run, asked, keys)
            run.found[number], run.records[number] = pages, [row for page in pages.values() for row in page.rows]

    async def _one(self, run: Run, asked: Window) -> Paged:
        records = await run.fetch(self._text(asked, "page"), _values(run, asked)) if self.rows else []
        page = paged(asked, records, self._reader(asked))
        for record in await self._beside(run, asked):
            self._tell(asked, page, record, 0)
        return page

    async def _each(self, run: Run, asked: Window, keys: list[Any]) -> dict[Any, Paged]:
        reader, grouped = self._reader(asked), dict[Any, list[Any]]()
        for record in await self._rows_of(run, asked, keys) if self.rows else ():
            grouped.setdefault(record[2], []).append(record)
        beside = await self._beside(run, asked, keys)
        if not beside:  # parents without rows share one empty page
            pages = dict.fromkeys(keys, paged(asked, [], reader))
            pages.update((key, paged(asked, records, reader)) for key, records in grouped.items())
            return pages
        pages = {key: paged(asked, grouped.get(key, []), reader) for key in keys}
        for record in beside:
            self._tell(asked, pages[record[0]], record, 1)
        return pages

    async def _rows_of(self, run: Run, asked: Window, keys: list[Any]) -> list[Any]:
        if run.one_of(keys):
            return await run.fetch(self._text(asked, "only"), {**_values(run, asked), KEYS: keys[0]})
        return await run.fetch(self._text(asked, "pages"), {**_values(run, asked), KEYS: run.connection.listed(keys)})

    def _asked_beside(self, asked: Window) -> Beside:
        return Beside(self.total, self.after and asked.before is not None, self.before and asked.after is not None)

    async def _beside(self, run: Run, asked: Window, keys: list[Any] | None = None) -> list[Any]:
        if not any((self.total, self.after and asked.before is not None, self.before and asked.after is not None)):
            return []
        parents = {} if keys is None else {KEYS: run.connection.listed(keys)}
        return await run.fetch(self._text(asked, "beside"), {**_values(run, asked), **parents})

    def _tell(self, asked: Window, page: Paged, record: Any, start: int) -> None:
        told, place = self._asked_beside(asked), start
        if told.total:
            page.total, place = record[place], place + 1
        if told.after:
            page.next, place = page.next or bool(record[place]), place + 1
        if told.before:
            page.previous = page.previous or bool(record[place])

    def _reader(self, asked: Window) -> Callable[[Any], Any]:
        return asked.entity.readers[asked.order.column] or _as_it_is

    def _text(self, asked: Window, kind: str) -> Statement:
        latest = self._latest.get(kind)
        if latest is None or latest[0] is not asked:
            latest = self._latest[kind] = asked, self._kept(asked, kind)
        return latest[1]

    def _kept(self, asked: Window, kind: str) -> Statement:
        shape = tuple((each.column, each.operator, each.operator is Operator.IS_NULL and each.value) for each in asked.conditions)
        variant = (kind, asked.order, asked.size, asked.forward, asked.after is None, asked.before is None, shape)
        if variant not in self._texts:
            if len(self._texts) >= VARIANTS:
                self._texts.pop(next(iter(self._texts)))
            self._texts[variant] = self._written(asked, kind)
        return self._texts[variant]

    def _written(self, asked: Window, kind: str) -> Statement:
        narrow = None if self.source is None else narrowed(self.read)
        if kind == "beside":
            return texts.beside(self.level.entity, asked, self._asked_beside(asked), narrow, self.key)
        if narrow is None:
            return texts.page(self.level.wanted, asked)
        if kind == "only":
            return texts.page_of_one(self.level.wanted, asked, narrow)
        return texts.pages(self.level.wanted, asked, narrow, self.key)


def _as_it_is(value: Any) -> Any:
    return value


def narrowed(read: Many) -> Callable[[Any], texts.Narrow]:
    """What narrows a list to the rows of a parent, given the column that its key stands in."""
    bridge, by = read.bridge, read.by
    if bridge is None:
        return lambda parent: lambda table, _access: table[by or ""] == parent
    return lambda parent: lambda table, access: table["id"].isin(_over(bridge, parent, access))


def _over(bridge: Bridge, parent: Any, access: Any) -> Any:
    query, between = statements.scoped(bridge.model, access)
    return query.select(between[bridge.far]).where(between[bridge.near] == parent)


def _values(run: Run, asked: Window) -> dict[str, Any]:
    """What a window brings to its statement."""
    found: dict[str, Any] = {}
    for number, condition in enumerate(asked.conditions):
        value = condition.value
        if condition.operator is Operator.IN:
            found[texts.condition_name(number)] = run.connection.listed([storable(each) for each in value])
        else:
            found[texts.condition_name(number)] = storable(value)
    for side, place in (("after", asked.after), ("before", asked.before)):
        if place is not None:
            found[f"{side}_value"], found[f"{side}_key"] = place.value, storable(place.key)
    return found
