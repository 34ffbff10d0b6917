"""Shapes: a selection of a query becomes levels of statements and the source of a row builder, from the declarations beside the fields."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    get_named_type,
    is_leaf_type,
)
from graphql.execution.collect_fields import collect_fields

from resolvers.entities import SALE, Entity
from resolvers.plan import asking, formats
from resolvers.plan.levels import Group, Lookup, Source, Unanswerable, beneath
from resolvers.plan.making import KNOWN
from resolvers.plan.paging import Paging, Spot
from resolvers.plan.selecting import Details, Grouped, Unknown, required
from resolvers.plan.texts import PAGE
from resolvers.reads import Asked, Column, Computed, Many, One, Same, Several, Situated, Touches


@dataclass(frozen=True, slots=True)
class Plan:
    """What answers an operation: levels in the order that they run, and a function that makes the answer of what they found."""

    levels: tuple[Any, ...]
    answer: Callable[[list[Any], str], Any]

    def places(self) -> tuple[list[Any], list[Any]]:
        """Where the levels of one run put what they find."""
        return [None] * len(self.levels), [None] * len(self.levels)


class Planner(Paging):
    """Source of rows, pages and what begins an answer."""

    def plan(self) -> Plan:
        root = self.declared.schema.query_type
        assert root is not None
        grouped = collect_fields(self.declared.schema, self._fragments, self._given, root, self._operation).grouped_field_set
        made = self._parts(root, grouped, self._root)
        return Plan(tuple(self.levels), self.writer.compiled(len(self.levels), made))

    def row(self, type_: GraphQLObjectType, entity: Entity, details: Details) -> Plan:
        """A plan of what is asked of one row that is there before: see `levels.Run.named`."""
        number = self._add(asking.Shown)
        made = self._looked_up(type_, entity, details, asking.named(number, entity))
        return Plan(tuple(self.levels), self.writer.compiled(len(self.levels), f"{self.writer.bind(required)}({made}(k{number}.key))"))

    # --- where an answer begins -------------------------------------------------------------------------------------------------

    def _root(self, field: GraphQLField, details: Details) -> str:
        read = self.declared.read(field)
        if isinstance(read, Many):
            return self._connection(field, details, read, None)
        if isinstance(read, Asked) and self._is_plain(field):
            number = self._add(lambda number: asking.Called(number, read, self._arguments(field, details)))
            return self._made(field.type, details, f"k{number}", lambda run: run.records[number])
        if isinstance(read, Asked):
            number = self._add(lambda number: asking.Begun(number, read, self._arguments(field, details)))
            return self._named(field.type, details, f"k{number}", number)
        raise Unknown(details[0].node.name.value)

    def _is_plain(self, field: GraphQLField) -> bool:
        """Whether the values are no rows."""
        type_ = get_named_type(field.type)
        return is_leaf_type(type_) or (isinstance(type_, GraphQLObjectType) and self.declared.entity(type_) is None)

    def _named(self, type_: GraphQLOutputType, details: Details, value: str, number: int) -> str:
        """Source of rows that level `number` named: one, or a list."""
        null, inner = (True, type_) if not isinstance(type_, GraphQLNonNull) else (False, type_.of_type)
        if isinstance(inner, GraphQLList):
            return f"[{self._named(inner.of_type, details, 'each', number)} for each in {value}]"
        picked = f"{self._picked(inner, details, number)}({value})"
        return picked if null else f"{self.writer.bind(required)}({picked})"

    def _picked(self, type_: Any, details: Details, number: int) -> str:
        """A function from what names a row to its object."""
        found: list[str] = []
        for each in self._possible(type_):
            entity = self.declared.entity(each)
            if entity is None:
                raise Unknown(each.name)
            made = self._looked_up(each, entity, details, asking.named(number, entity))
            found += [f"if x.entity is {self.writer.bind(entity)}:", f"    return {made}(x.key)"]
        return self.writer.function("x", "if x is None:", "    return None", *found, f"return {self.writer.bind(required)}(None)")

    def _possible(self, type_: Any) -> list[GraphQLObjectType]:
        if isinstance(type_, GraphQLInterfaceType):
            return list(self.declared.schema.get_possible_types(type_))
        if isinstance(type_, GraphQLObjectType):
            return [type_]
        raise Unknown(str(type_))

    def _looked_up(self, type_: GraphQLObjectType, entity: Entity, details: Details, source: Source) -> str:
        """A function from a key to the object of the row that has it, looked up in a statement of its own."""
        level = self._level(entity)
        level.slot(PAGE, "id")
        self.levels[level.number] = Lookup(level, source)
        spot = Spot(level, entity, PAGE, "r")
        made = self._object(type_, self._beneath(type_, details), spot)
        found = [f"row = k{level.number}.get(key)", "if row is None:", "    return None", f"{self._unpacked(spot)}= row"]
        return self.writer.function("key", *found, f"return {made}")

    # --- rows -------------------------------------------------------------------------------------------------------------------

    def _object(self, type_: GraphQLObjectType, grouped: Grouped, spot: Spot) -> str:
        return self._parts(type_, grouped, lambda field, details: self._value(field, details, spot))

    def _value(self, field: GraphQLField, details: Details, spot: Spot) -> str:
        read = self.declared.read(field)
        made = getattr(self, f"_read_{type(read).__name__.lower()}", None)
        if made is None:
            raise Unknown(details[0].node.name.value)
        source: str = made(field, details, read, spot)
        return source

    def _read_column(self, field: GraphQLField, _details: Details, read: Column, spot: Spot) -> str:
        return formats.column(self.writer, spot.entity, read.name, field.type, spot.value(read.name))

    def _read_computed(self, field: GraphQLField, details: Details, read: Computed, spot: Spot) -> str:
        if is_leaf_type(get_named_type(field.type)):
            return self._computed_leaf(field.type, read, spot)
        values = [formats.python(self.writer, spot.entity, name, spot.value(name)) for name in read.columns]
        known = KNOWN.get(getattr(read.make, "__func__", read.make))
        if known is None:
            return self._made(field.type, details, f"{self.writer.bind(read.make)}({', '.join(values)})")
        return known(self, field.type, details, values)

    def _computed_leaf(self, type_: GraphQLOutputType, read: Computed, spot: Spot) -> str:
        write = formats.leaf(type_)
        if not read.columns:
            return self.writer.bind(write(read.make()))
        if read.make == spot.entity.global_id and read.columns == ("id",):
            key = formats.python(self.writer, spot.entity, "id", spot.value("id"))
            return key if spot.entity.whole_id else f"f'{spot.entity.prefix}_{{{key}}}'"
        if len(read.columns) == 1 and not formats.column_of(spot.entity, read.columns[0]).pk:
            reader = spot.entity.readers[read.columns[0]]
            return formats.remembered(self.writer, lambda stored: write(read.make(_python(reader, stored))), spot.value(read.columns[0]))
        values = ", ".join(formats.python(self.writer, spot.entity, name, spot.value(name)) for name in read.columns)
        return f"{self.writer.bind(write)}({self.writer.bind(read.make)}({values}))"

    def _read_situated(self, field: GraphQLField, _details: Details, read: Situated, spot: Spot) -> str:
        values = ", ".join(formats.python(self.writer, spot.entity, name, spot.value(name)) for name in read.columns)
        make = lru_cache(maxsize=1_000)(read.make)
        return f"{self.writer.bind(formats.leaf(field.type))}({self.writer.bind(make)}(origin, {values}))"

    def _read_same(self, field: GraphQLField, details: Details, read: Same, spot: Spot) -> str:
        made = self._object(*self._within(field, details), spot)
        if read.when is None:
            return made
        absent = "None" if not isinstance(field.type, GraphQLNonNull) else f"{self.writer.bind(required)}(None)"
        return f"({made} if {spot.value(read.when)} is not None else {absent})"

    def _read_one(self, field: GraphQLField, details: Details, read: One, spot: Spot) -> str:
        type_, key = self._within(field, details)[0], spot.value(read.by)
        absent = self.writer.bind(_absent(read.entity, null=not isinstance(field.type, GraphQLNonNull)))
        alias = spot.level.join(read.entity, spot.alias, read.by)
        if alias is None:
            made = self._looked_up(type_, read.entity, details, beneath(spot.level.number, spot.slot(read.by)))
            return f"({made}({key}) or {absent}({key}, True))"
        beside = Spot(spot.level, read.entity, alias, spot.record)
        made = self._object(type_, self._beneath(type_, details), beside)
        return f"({made} if {beside.value('id')} is not None else {absent}({key}))"

    def _read_several(self, field: GraphQLField, details: Details, read: Several, spot: Spot) -> str:
        level, source = self._level(read.entity), beneath(spot.level.number, spot.slot("id"))
        level.slot(PAGE, read.by)
        self.levels[level.number] = Group(level, source, read)
        made = self._rows(field, details, Spot(level, read.entity, PAGE, self.writer.fresh("r")))
        return made(f"k{level.number}.get({spot.value('id')}, ())")

    def _read_many(self, field: GraphQLField, details: Details, read: Many, spot: Spot) -> str:
        return self._connection(field, details, read, spot if read.by or read.bridge else None)

    # --- what functions of their own read ---------------------------------------------------------------------------------------

    def _read_touches(self, field: GraphQLField, details: Details, read: Touches, spot: Spot) -> str:
        arguments = self._arguments(field, details)
        place = self._whole(spot)
        number = self._add(lambda number: asking.Trodden(number, read, arguments, place))
        level = self._level(read.entity)
        level.slot(PAGE, "id")
        touched = asking.Touched(level, self.levels[number])
        self.levels[level.number] = touched
        made = self._page(*self._within(field, details), Spot(level, read.entity, PAGE, "r"), touched)
        return f"{self.writer.function('p', f'return {made}')}(k{level.number}[{spot.value('id')}])"

    def _read_asked(self, field: GraphQLField, details: Details, read: Asked, spot: Spot) -> str:
        arguments, place = self._arguments(field, details), self._whole(spot)
        number = self._add(lambda number: asking.AskedOfEach(number, read, arguments, place))
        value = f"k{number}[{spot.value('id')}]"
        if read.gives is None:
            return self._made(field.type, details, value, lambda run: list(run.found[number].values()))
        type_ = get_named_type(field.type)
        if not isinstance(type_, GraphQLObjectType) or type_ is not field.type:
            raise Unknown(str(field.type))
        made = self._looked_up(type_, read.gives, details, asking.named(number, read.gives))
        return f"({made}({value}) if {value} is not None else None)"

    def _whole(self, spot: Spot) -> asking.Place:
        """Where a row stands whole, for a function that wants all of it."""
        return asking.Place(spot.level.number, spot.entity, {column: spot.slot(column) for column in spot.entity.readers})


def _python(reader: Callable[[Any], Any] | None, stored: Any) -> Any:
    return stored if reader is None or stored is None else reader(stored)


def _absent(entity: Entity, *, null: bool) -> Callable[..., None]:
    """What stands where a row is not found: null if it may. A sale may be there under another name: it is looked up ordinarily."""

    def absent(key: Any, looked_up: bool = False) -> None:
        if not null or (key is not None and entity is SALE and not looked_up):
            raise Unanswerable

    return absent
