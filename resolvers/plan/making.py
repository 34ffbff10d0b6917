"""Plain objects: what functions made, read by attributes; amounts of money without making them at all."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    get_named_type,
    is_leaf_type,
)

from resolvers.amounts import Amount, Pair, amount
from resolvers.entities import Entity
from resolvers.filters import storable
from resolvers.plan import formats
from resolvers.plan.levels import Run, Source
from resolvers.plan.selecting import Details, Selecting, Unknown, required
from resolvers.reads import Attribute, Keyed

Trail = Callable[[Run], list[Any]]
"""What stands at one place of a plain answer: all objects there."""


class Making(Selecting, ABC):
    """Source of objects that are no rows."""

    @abstractmethod
    def _looked_up(self, type_: GraphQLObjectType, entity: Entity, details: Details, source: Source) -> str:
        """A function from a key to the object of the row that has it, looked up in a statement of its own."""

    def _made(self, type_: GraphQLOutputType, details: Details, value: str, trail: Trail | None = None) -> str:
        """Source of what a function made: a leaf, an object read by its attributes, or a list of either."""
        if is_leaf_type(get_named_type(type_)):
            return f"{self.writer.bind(formats.leaf(type_))}({value})"
        if isinstance(type_, GraphQLNonNull):
            return self._made(type_.of_type, details, f"{self.writer.bind(required)}({value})", trail)
        if isinstance(type_, GraphQLList):
            each = self.writer.fresh("o")
            return f"[{self._made(type_.of_type, details, each, trail and _each(trail))} for {each} in {value}]"
        assert isinstance(type_, GraphQLObjectType)
        made = self._parts(type_, self._beneath(type_, details), lambda field, inner: self._attribute(field, inner, trail))
        return f"{self.writer.function('o', 'if o is None:', '    return None', f'return {made}')}({value})"

    def _attribute(self, field: GraphQLField, details: Details, trail: Trail | None) -> str:
        read = self.declared.read(field)
        if isinstance(read, Keyed) and trail is not None and isinstance(field.type, GraphQLObjectType):
            made = self._looked_up(field.type, read.entity, details, _keys(trail, read.name))
            return f"({made}({self.writer.bind(storable)}(o.{read.name})) if o.{read.name} is not None else None)"
        if not isinstance(read, Attribute):
            raise Unknown(details[0].node.name.value)
        return self._made(field.type, details, f"o.{read.name}", trail and _attributes(trail, read.name))

    def pair(self, type_: GraphQLOutputType, details: Details, values: list[str]) -> str:
        """Source of `Pair.of`, without making one."""
        minor, currency, converted, target = values
        named = get_named_type(type_)
        assert isinstance(named, GraphQLObjectType)

        def made(field: GraphQLField, inner: Details) -> str:
            if self.declared.read(field) == Attribute("original"):
                return self.money(field.type, inner, [minor, currency])
            return self.perhaps(field.type, inner, [converted, target])

        return self._parts(named, self._beneath(named, details), made)

    def perhaps(self, type_: GraphQLOutputType, details: Details, values: list[str]) -> str:
        """Source of `amount`."""
        return f"({self.money(type_, details, values)} if {values[0]} is not None and {values[1]} is not None else None)"

    def money(self, type_: GraphQLOutputType, details: Details, values: list[str]) -> str:
        """Source of an `Amount`."""
        named = get_named_type(type_)
        assert isinstance(named, GraphQLObjectType)

        def made(field: GraphQLField, inner: Details) -> str:
            match self.declared.read(field):
                case Attribute("major"):
                    return f"{self.writer.bind(formats.major)}({values[0]}, {values[1]})"
                case Attribute("minor"):
                    return f"str({values[0]})"
                case Attribute("currency"):
                    return values[1]
            raise Unknown(inner[0].node.name.value)

        return self._parts(named, self._beneath(named, details), made)


def _attributes(trail: Trail, name: str) -> Trail:
    return lambda run: [getattr(each, name) for each in trail(run) if each is not None]


def _each(trail: Trail) -> Trail:
    return lambda run: [each for several in trail(run) if several is not None for each in several]


def _keys(trail: Trail, name: str) -> Source:
    found = _attributes(trail, name)
    return lambda run: [storable(key) for key in found(run) if key is not None]


KNOWN: Mapping[Any, Callable[[Any, GraphQLOutputType, Details, list[str]], str]] = {
    Pair.of.__func__: Making.pair,  # type: ignore[attr-defined]  # a class method's function
    Amount: Making.money,
    amount: Making.perhaps,
}
"""Functions whose objects need not be made to be read."""
