"""Selections: what an operation asks of each type, with its fragments and conditions resolved, and the arguments of its fields."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    OperationDefinitionNode,
    Undefined,
    VariableNode,
    get_named_type,
)
from graphql.execution.collect_fields import FieldDetails, FragmentDetails, collect_subfields
from graphql.execution.values import VariableValues, get_argument_values

from resolvers.entities import Entity
from resolvers.pages import Window
from resolvers.plan import asking, faults
from resolvers.plan.faults import Fault
from resolvers.plan.levels import Level, Unanswerable
from resolvers.plan.writing import Writer
from resolvers.reads import Many

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


class Selecting:
    """One operation while it is planned: its document, its source, its levels."""

    def __init__(
        self,
        declared: Declared,
        operation: OperationDefinitionNode,
        fragments: dict[str, FragmentDetails],
        given: VariableValues,
        failed: frozenset[int] = frozenset(),
    ):
        """`failed`: levels that have failed, of the same plan made without them; in place of their fields stand faults."""
        self.declared, self._operation, self._fragments, self._given = declared, operation, fragments, given
        self.writer, self.levels = Writer(), list[Any]()
        self._failed, self._null = set(failed), list[bool]()

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

    def _parts(self, type_: GraphQLObjectType, grouped: Grouped, made: Callable[[GraphQLField, Details], str]) -> str:
        """Source of an object of this type, given how the source of each of its fields is made."""
        parts = []
        for name, details in grouped.items():
            if details[0].node.name.value == "__typename":
                parts.append(f"{name!r}: {type_.name!r}")
            else:
                parts.append(f"{name!r}: {self._followed(self._field(type_, details), details, made)}")
        return "{" + ", ".join(parts) + "}"

    def _followed(self, field: GraphQLField, details: Details, made: Callable[[GraphQLField, Details], str]) -> str:
        """Source of a field; of a fault, if a level of its own has failed."""
        before, depth = len(self.levels), len(self._null)
        self._null += faults.steps(field.type)
        source = made(field, details)
        del self._null[depth + 1 :]
        failed = next((level for level in sorted(self._failed) if before <= level < len(self.levels)), None)
        if failed is not None:  # the fields within it have taken theirs
            self._failed -= set(range(before, len(self.levels)))
            source = self.writer.bind(Fault(failed, tuple(each.node for each in details), faults.above(self._null)))
        self._null.pop()
        return source

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


def required(value: Any) -> Any:
    if value is None:
        raise Unanswerable
    return value
