"""Pages: a connection becomes a level and the source of its object, with cursors, flags and the total as they are asked for."""

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLObjectType,
)

from resolvers.entities import Entity
from resolvers.pages import Window
from resolvers.plan import asking, formats
from resolvers.plan.levels import Level, Run, beneath
from resolvers.plan.making import Making
from resolvers.plan.pages import Pages
from resolvers.plan.selecting import Declared, Details, Grouped, Unknown
from resolvers.plan.texts import PAGE, column_type
from resolvers.reads import Attribute, Many

_WITHOUT_ROWS = (Attribute("total_count"), Attribute("page_info"))
"""What is told of a page without reading it; what is asked of a PageInfo is looked at by itself."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A row that fields are read from: one of a level's records, or a row beside it."""

    level: Level
    entity: Entity
    alias: str
    record: str
    """What the names of its values begin with: a record is unpacked once, which costs less than to look into it for each."""

    def slot(self, column: str) -> int:
        return self.level.slot(self.alias, column)

    def value(self, column: str) -> str:
        return f"{self.record}_{self.slot(column)}"


class Paging(Making):
    """Source of connections."""

    @abstractmethod
    def _object(self, type_: GraphQLObjectType, grouped: Grouped, spot: Spot) -> str:
        """Source of a row's object."""

    def _rows(self, field: GraphQLField, details: Details, spot: Spot) -> Callable[[str], str]:
        made = self._object(*self._within(field, details), spot)
        return lambda rows: f"[{made} for ({self._unpacked(spot)}) in {rows}]"

    def _unpacked(self, spot: Spot) -> str:
        """Source of the names of a record's values, each with a comma: all of its level, which may yet become more."""
        level = spot.level
        return self.writer.late(lambda: "".join(f"{spot.record}_{place}, " for place in range(level.offset + len(level.columns))))

    def _connection(self, field: GraphQLField, details: Details, read: Many, spot: Spot | None) -> str:
        level = self._level(read.entity, offset=2 if spot is None else 3)
        arguments = self._arguments(field, details)
        pages = Pages(level, read, _windows(self.declared, read, arguments), None)
        self.levels[level.number] = pages
        local = "id" if read.bridge is None else read.bridge.local
        if spot is not None:
            pages.source, pages.key = beneath(spot.level.number, spot.slot(local)), column_type(spot.entity, local)
        made = self._page(*self._within(field, details), Spot(level, read.entity, PAGE, "r"), pages)
        function = self.writer.function("p", f"return {made}")
        found = f"k{level.number}" if spot is None else f"k{level.number}[{spot.value(local)}]"
        return f"{function}({found})"

    def _page(self, type_: GraphQLObjectType, grouped: Grouped, spot: Spot, pages: Any) -> str:
        """Source of a connection's object, or of its PageInfo, of the page `p`."""
        return self._parts(type_, grouped, lambda field, details: self._of_page(field, details, spot, pages))

    def _of_page(self, field: GraphQLField, details: Details, spot: Spot, pages: Any) -> str:  # noqa: PLR0911  # one for each field of a page
        read = self.declared.read(field)
        pages.rows = pages.rows or read not in _WITHOUT_ROWS
        match read:
            case Attribute("nodes"):
                return self._rows(field, details, spot)("p.rows")
            case Attribute("edges"):
                type_, grouped = self._within(field, details)
                return f"[{self._edge(type_, grouped, spot)} for row in p.rows for ({self._unpacked(spot)}) in (row,)]"
            case Attribute("page_info"):
                return self._page(*self._within(field, details), spot, pages)
            case Attribute("total_count"):
                pages.total = True
                return f"{self.writer.bind(formats.leaf(field.type))}(p.total)"
            case Attribute("has_next_page"):
                pages.after = True
                return "p.next"
            case Attribute("has_previous_page"):
                pages.before = True
                return "p.previous"
            case Attribute("start_cursor"):
                return "(p.cursor(p.rows[0]) if p.rows else None)"
            case Attribute("end_cursor"):
                return "(p.cursor(p.rows[-1]) if p.rows else None)"
        raise Unknown(details[0].node.name.value)

    def _edge(self, type_: GraphQLObjectType, grouped: Grouped, spot: Spot) -> str:
        def made(field: GraphQLField, details: Details) -> str:
            match self.declared.read(field):
                case Attribute("cursor"):
                    return "p.cursor(row)"
                case Attribute("node"):
                    return self._object(*self._within(field, details), spot)
            raise Unknown(details[0].node.name.value)

        return self._parts(type_, grouped, made)


def _windows(declared: Declared, read: Many, arguments: asking.Arguments) -> Callable[[Run], Window]:
    """The page that each request asks for; made once where no variable says it."""
    kept: list[Window] = []

    def window(run: Run) -> Window:
        if kept:
            return kept[0]
        found = declared.window(read, dict(arguments(run.variables)))
        if arguments.constant:
            kept.append(found)
        return found

    return window
