"""Plain objects: what functions made, read by attributes; amounts of money without making them at all."""

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
from resolvers.plan import formats
from resolvers.plan.selecting import Details, Selecting, Unknown, required
from resolvers.reads import Attribute, Pointed


class Making(Selecting):
    """Source of objects that are no rows."""

    def _made(self, type_: GraphQLOutputType, details: Details, value: str, number: int | None = None) -> str:
        """Source of what a function made: a leaf, an object read by its attributes, or a list of either.

        `number` is the level of that function, where the value is its own and not within it.
        """
        if is_leaf_type(get_named_type(type_)):
            return f"{self.writer.bind(formats.leaf(type_))}({value})"
        if isinstance(type_, GraphQLNonNull):
            return self._made(type_.of_type, details, f"{self.writer.bind(required)}({value})", number)
        if isinstance(type_, GraphQLList):
            each = self.writer.fresh("o")
            return f"[{self._made(type_.of_type, details, each, number)} for {each} in {value}]"
        assert isinstance(type_, GraphQLObjectType)
        parts = [f"{name!r}: {self._attribute(type_, inner, number)}" for name, inner in self._beneath(type_, details).items()]
        function = self.writer.function("o", "if o is None:", "    return None", "return {" + ", ".join(parts) + "}")
        return f"{function}({value})"

    def _attribute(self, parent: GraphQLObjectType, details: Details, number: int | None) -> str:
        if details[0].node.name.value == "__typename":
            return repr(parent.name)
        field = self._field(parent, details)
        read = self.declared.read(field)
        if isinstance(read, Pointed) and number is not None:
            return self._pointed(field, details, read, number)
        if not isinstance(read, Attribute):
            raise Unknown(parent.name)
        return self._made(field.type, details, f"o.{read.name}")

    def _pointed(self, field: GraphQLField, details: Details, read: Pointed, number: int) -> str:
        """Source of the row that an attribute of an object of level `number` names."""
        raise NotImplementedError

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


KNOWN: Mapping[Any, Callable[[Any, GraphQLOutputType, Details, list[str]], str]] = {
    Pair.of.__func__: Making.pair,  # type: ignore[attr-defined]  # a class method's function
    Amount: Making.money,
    amount: Making.perhaps,
}
"""Functions whose objects need not be made to be read."""
