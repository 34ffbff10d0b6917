"""Shapes: a selection of a query becomes levels of statements and the source of a row builder, from the declarations beside the fields."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLScalarType,
    GraphQLSchema,
    OperationDefinitionNode,
    Undefined,
    VariableNode,
    get_named_type,
    is_leaf_type,
)
from graphql.execution.collect_fields import FieldDetails, FragmentDetails, collect_fields, collect_subfields
from graphql.execution.values import VariableValues, get_argument_values

from resolvers.amounts import Amount, Pair, amount
from resolvers.entities import SALE, Entity
from resolvers.pages import Window
from resolvers.plan import asking, formats
from resolvers.plan.levels import Group, Level, Lookup, Pages, Run, Source, Unanswerable, beneath
from resolvers.plan.texts import PAGE, column_type
from resolvers.plan.writing import Writer
from resolvers.reads import Asked, Attribute, Column, Computed, Many, One, Same, Several, Situated, Touches

Details = list[FieldDetails]
_OWN = frozenset({"ID", "String", "Int", "Boolean"})
Grouped = Mapping[str, Details]


class Unknown(Exception):
    """The compiler does not know how this is read; the operation is executed ordinarily."""


@dataclass(frozen=True, slots=True)
class Declared:
    """What the schema tells of its fields: kept apart, because nothing here may import it."""

    schema: GraphQLSchema
    read: Callable[[GraphQLField], Any]
    """The declaration of a field; None for one without."""
    entity: Callable[[GraphQLObjectType], Entity | None]
    """What the values of a type are rows of."""
    convert: Callable[[GraphQLField, dict[str, Any]], dict[str, Any]]
    """GraphQL's arguments as a resolver takes them."""
    python_name: Callable[[GraphQLField, str], str]
    """What a resolver calls an argument."""
    window: Callable[[Many, dict[str, Any]], Window]
    """The page that a resolver's arguments ask for."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A row that fields are read from: one of a level's records, or a row beside it."""

    level: Level
    entity: Entity
    alias: str
    record: str
    """Source of the record."""

    def slot(self, column: str) -> int:
        return self.level.slot(self.alias, column)

    def value(self, column: str) -> str:
        return f"{self.record}[{self.slot(column)}]"


@dataclass(frozen=True, slots=True)
class Plan:
    """What answers an operation: levels in the order that they run, and a function that makes the answer of what they found."""

    levels: tuple[Any, ...]
    answer: Callable[[list[Any], str], Any]


class Planner:
    """One operation while it is planned."""

    def __init__(
        self, declared: Declared, operation: OperationDefinitionNode, fragments: dict[str, FragmentDetails], given: VariableValues
    ):
        self.declared, self._operation, self._fragments, self._given = declared, operation, fragments, given
        self.writer, self.levels = Writer(), list[Any]()

    def plan(self) -> Plan:
        root = self.declared.schema.query_type
        assert root is not None
        grouped = collect_fields(self.declared.schema, self._fragments, self._given, root, self._operation).grouped_field_set
        parts = [f"{name!r}: {self._root(root, details)}" for name, details in grouped.items()]
        return Plan(tuple(self.levels), self.writer.compiled(len(self.levels), "{" + ", ".join(parts) + "}"))

    # --- where an answer begins -------------------------------------------------------------------------------------------------

    def _root(self, root: GraphQLObjectType, details: Details) -> str:
        node = details[0].node
        if node.name.value == "__typename":
            return repr(root.name)
        field = self._field(root, details)
        read = self.declared.read(field)
        if isinstance(read, Many):
            return self._connection(field, details, read, None)
        if isinstance(read, Asked) and self._is_plain(field):
            number = self._add(lambda number: asking.Called(number, read, self._arguments(field, details)))
            return self._made(field.type, details, f"k{number}")
        if isinstance(read, Asked):
            number = self._add(lambda number: asking.Begun(number, read, self._arguments(field, details)))
            return self._named(field.type, details, f"k{number}", number)
        raise Unknown(node.name.value)

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
        return picked if null else f"{self.writer.bind(_required)}({picked})"

    def _picked(self, type_: Any, details: Details, number: int) -> str:
        """A function from what names a row to its object."""
        found: list[str] = []
        for each in self._possible(type_):
            entity = self.declared.entity(each)
            if entity is None:
                raise Unknown(each.name)
            made = self._looked_up(each, entity, details, asking.named(number, entity))
            found += [f"if x.entity is {self.writer.bind(entity)}:", f"    return {made}(x.key)"]
        return self.writer.function("x", "if x is None:", "    return None", *found, f"return {self.writer.bind(_required)}(None)")

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
        return self.writer.function("key", f"r = k{level.number}.get(key)", f"return None if r is None else {made}")

    # --- rows -------------------------------------------------------------------------------------------------------------------

    def _object(self, type_: GraphQLObjectType, grouped: Grouped, spot: Spot) -> str:
        parts = [f"{name!r}: {self._value(type_, details, spot)}" for name, details in grouped.items()]
        return "{" + ", ".join(parts) + "}"

    def _value(self, parent: GraphQLObjectType, details: Details, spot: Spot) -> str:
        if details[0].node.name.value == "__typename":
            return repr(parent.name)
        field = self._field(parent, details)
        read = self.declared.read(field)
        made = getattr(self, f"_read_{type(read).__name__.lower()}", None)
        if made is None:
            raise Unknown(parent.name)
        source: str = made(field, details, read, spot)
        return source

    def _read_column(self, field: GraphQLField, _details: Details, read: Column, spot: Spot) -> str:
        return formats.column(self.writer, spot.entity, read.name, field.type, spot.value(read.name))

    def _read_computed(self, field: GraphQLField, details: Details, read: Computed, spot: Spot) -> str:
        if is_leaf_type(get_named_type(field.type)):
            return self._computed_leaf(field.type, read, spot)
        values = [formats.python(self.writer, spot.entity, name, spot.value(name)) for name in read.columns]
        known = _KNOWN.get(getattr(read.make, "__func__", read.make))
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
        absent = "None" if not isinstance(field.type, GraphQLNonNull) else f"{self.writer.bind(_required)}(None)"
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

    def _rows(self, field: GraphQLField, details: Details, spot: Spot) -> Callable[[str], str]:
        made = self._object(*self._within(field, details), spot)
        return lambda rows: f"[{made} for {spot.record} in {rows}]"

    def _read_many(self, field: GraphQLField, details: Details, read: Many, spot: Spot) -> str:
        return self._connection(field, details, read, spot if read.by or read.bridge else None)

    # --- pages ------------------------------------------------------------------------------------------------------------------

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
        parts = []
        for name, details in grouped.items():
            if details[0].node.name.value == "__typename":
                parts.append(f"{name!r}: {type_.name!r}")
                continue
            field = self._field(type_, details)
            parts.append(f"{name!r}: {self._of_page(field, details, spot, pages)}")
        return "{" + ", ".join(parts) + "}"

    def _of_page(self, field: GraphQLField, details: Details, spot: Spot, pages: Any) -> str:  # noqa: PLR0911  # one for each field of a page
        match self.declared.read(field):
            case Attribute("nodes"):
                return self._rows(field, details, spot)("p.rows")
            case Attribute("edges"):
                type_, grouped = self._within(field, details)
                return f"[{self._edge(type_, grouped, spot)} for r in p.rows]"
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
        parts = []
        for name, details in grouped.items():
            if details[0].node.name.value == "__typename":
                parts.append(f"{name!r}: {type_.name!r}")
                continue
            field = self._field(type_, details)
            match self.declared.read(field):
                case Attribute("cursor"):
                    parts.append(f"{name!r}: p.cursor(r)")
                case Attribute("node"):
                    parts.append(f"{name!r}: {self._object(*self._within(field, details), spot)}")
                case _:
                    raise Unknown(name)
        return "{" + ", ".join(parts) + "}"

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
            return self._made(field.type, details, value)
        type_ = get_named_type(field.type)
        if not isinstance(type_, GraphQLObjectType) or type_ is not field.type:
            raise Unknown(str(field.type))
        made = self._looked_up(type_, read.gives, details, asking.named(number, read.gives))
        return f"({made}({value}) if {value} is not None else None)"

    def _whole(self, spot: Spot) -> asking.Place:
        """Where a row stands whole, for a function that wants all of it."""
        return asking.Place(spot.level.number, spot.entity, {column: spot.slot(column) for column in spot.entity.readers})

    # --- plain objects ----------------------------------------------------------------------------------------------------------

    def _made(self, type_: GraphQLOutputType, details: Details, value: str) -> str:
        """Source of what a function made: a leaf, an object read by its attributes, or a list of either."""
        if is_leaf_type(get_named_type(type_)):
            return f"{self.writer.bind(formats.leaf(type_))}({value})"
        if isinstance(type_, GraphQLNonNull):
            return self._made(type_.of_type, details, f"{self.writer.bind(_required)}({value})")
        if isinstance(type_, GraphQLList):
            each = self.writer.fresh("o")
            return f"[{self._made(type_.of_type, details, each)} for {each} in {value}]"
        assert isinstance(type_, GraphQLObjectType)
        parts = [f"{name!r}: {self._attribute(type_, inner)}" for name, inner in self._beneath(type_, details).items()]
        function = self.writer.function("o", "if o is None:", "    return None", "return {" + ", ".join(parts) + "}")
        return f"{function}({value})"

    def _attribute(self, parent: GraphQLObjectType, details: Details) -> str:
        if details[0].node.name.value == "__typename":
            return repr(parent.name)
        field = self._field(parent, details)
        read = self.declared.read(field)
        if not isinstance(read, Attribute):
            raise Unknown(parent.name)
        return self._made(field.type, details, f"o.{read.name}")

    def pair(self, type_: GraphQLOutputType, details: Details, values: list[str]) -> str:
        """Source of `Pair.of`, without making one."""
        minor, currency, converted, target = values
        named = get_named_type(type_)
        assert isinstance(named, GraphQLObjectType)
        parts = []
        for name, inner in self._beneath(named, details).items():
            if inner[0].node.name.value == "__typename":
                parts.append(f"{name!r}: {named.name!r}")
                continue
            field = self._field(named, inner)
            if self.declared.read(field) == Attribute("original"):
                parts.append(f"{name!r}: {self.money(field.type, inner, [minor, currency])}")
            else:
                parts.append(f"{name!r}: {self.perhaps(field.type, inner, [converted, target])}")
        return "{" + ", ".join(parts) + "}"

    def perhaps(self, type_: GraphQLOutputType, details: Details, values: list[str]) -> str:
        """Source of `amount`."""
        return f"({self.money(type_, details, values)} if {values[0]} is not None and {values[1]} is not None else None)"

    def money(self, type_: GraphQLOutputType, details: Details, values: list[str]) -> str:
        """Source of an `Amount`."""
        named = get_named_type(type_)
        assert isinstance(named, GraphQLObjectType)
        parts = []
        for name, inner in self._beneath(named, details).items():
            if inner[0].node.name.value == "__typename":
                parts.append(f"{name!r}: {named.name!r}")
                continue
            match self.declared.read(self._field(named, inner)):
                case Attribute("major"):
                    parts.append(f"{name!r}: {self.writer.bind(formats.major)}({values[0]}, {values[1]})")
                case Attribute("minor"):
                    parts.append(f"{name!r}: str({values[0]})")
                case Attribute("currency"):
                    parts.append(f"{name!r}: {values[1]}")
                case _:
                    raise Unknown(name)
        return "{" + ", ".join(parts) + "}"

    # --- the document -----------------------------------------------------------------------------------------------------------

    def _field(self, parent: GraphQLObjectType, details: Details) -> GraphQLField:
        name = details[0].node.name.value
        if name not in parent.fields:
            raise Unknown(name)  # __schema and its like
        found: GraphQLField = parent.fields[name]
        return found

    def _beneath(self, type_: GraphQLObjectType, details: Details) -> Grouped:
        schema = self.declared.schema
        return collect_subfields(schema, self._fragments, self._given, self._operation, type_, details).grouped_field_set

    def _within(self, field: GraphQLField, details: Details) -> tuple[GraphQLObjectType, Grouped]:
        type_ = get_named_type(field.type)
        assert isinstance(type_, GraphQLObjectType)
        return type_, self._beneath(type_, details)

    def _arguments(self, field: GraphQLField, details: Details) -> asking.Arguments:
        """The field's arguments as a resolver takes them, given a request's variables."""
        node, convert = details[0].node, self.declared.convert

        def make(variables: Any) -> dict[str, Any]:
            return convert(field, get_argument_values(field, node, variables))

        given = {each.name.value: each.value for each in node.arguments or ()}
        plain = {name: value.name.value for name, value in given.items() if isinstance(value, VariableNode) and _is_plain(field, name)}
        held = [name for name, value in given.items() if asking.holds_variable(value)]
        if plain.keys() < set(held):
            return asking.Arguments(make)
        rest = FieldNode(name=node.name, arguments=tuple(each for each in node.arguments or () if each.name.value not in plain))
        places = {self.declared.python_name(field, name): variable for name, variable in plain.items()}
        return asking.Arguments(make, lambda: convert(field, get_argument_values(field, rest)), places)

    def _level(self, entity: Entity, offset: int = 0) -> Level:
        level = Level(len(self.levels), entity, offset)
        self.levels.append(None)
        return level

    def _add(self, make: Callable[[int], Any]) -> int:
        number = len(self.levels)
        self.levels.append(make(number))
        return number


def _is_plain(field: GraphQLField, name: str) -> bool:
    """Whether a resolver takes the argument just as the variable holds it: a nullable scalar of GraphQL's own, without a default."""
    argument = field.args[name]
    return (
        isinstance(argument.type, GraphQLScalarType)
        and argument.type.name in _OWN
        and argument.default is None
        and argument.default_value is Undefined
    )


def _python(reader: Callable[[Any], Any] | None, stored: Any) -> Any:
    return stored if reader is None or stored is None else reader(stored)


def _required(value: Any) -> Any:
    if value is None:
        raise Unanswerable
    return value


def _absent(entity: Entity, *, null: bool) -> Callable[..., None]:
    """What stands where a row is not found: null if it may. A sale may be there under another name: it is looked up ordinarily."""

    def absent(key: Any, looked_up: bool = False) -> None:
        if not null or (key is not None and entity is SALE and not looked_up):
            raise Unanswerable

    return absent


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


_KNOWN: Mapping[Any, Callable[[Planner, GraphQLOutputType, Details, list[str]], str]] = {
    Pair.of.__func__: Planner.pair,  # type: ignore[attr-defined]  # a class method's function
    Amount: Planner.money,
    amount: Planner.perhaps,
}
"""Functions whose objects need not be made to be read."""
