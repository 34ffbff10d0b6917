"""Limits on the shape of a document, measured in one pass that visits each fragment once, before anything else looks at the document.

Validation itself walks fragments and compares fields, so a hostile document must be refused before it: by the numbers below.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields

from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)


@dataclass(frozen=True, slots=True)
class Limits:
    """What one document may hold; fragments count as often as they are spread."""

    tokens: int = 4_000
    """Words and signs, as the parser counts them."""
    fragments: int = 200
    """Fragments that are defined, and operations."""
    nesting: int = 50
    """Selections within selections, fragments included."""
    depth: int = 20
    """Fields within fields."""
    fields: int = 2_000
    """Fields in all."""
    roots: int = 50
    """Fields at the top."""
    aliases: int = 200
    """Fields that are given another name."""
    directives: int = 200
    """Directives in all."""
    pairs: int = 50_000
    """Fields that are answered under one name, squared, over all names: validation compares them with each other."""
    variables: int = 100
    """Variables of one operation."""
    cost: int = 20_000
    """Objects that an answer may hold: see `schema.costs`."""
    characters: int = 100_000
    """Characters of the text."""


LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Size:
    """What a selection holds, with all that its fragments hold."""

    nesting: int = 0
    depth: int = 0
    fields: int = 0
    aliases: int = 0
    directives: int = 0


def too_complex(message: str) -> GraphQLError:
    return GraphQLError(message, extensions={"code": "TOO_COMPLEX"})


def check(document: DocumentNode, limits: Limits = LIMITS) -> None:
    """Raises GraphQLError, code TOO_COMPLEX, for a document over a limit."""
    if len(document.definitions) > limits.fragments:
        raise too_complex(f"the document defines more than {limits.fragments} operations and fragments")
    measuring = _Measuring(document)
    for operation in (each for each in document.definitions if isinstance(each, OperationDefinitionNode)):
        _hold(measuring.operation(operation), limits)
        if measuring.roots(operation.selection_set) > limits.roots:
            raise too_complex(f"an operation asks for more than {limits.roots} fields at the top")
        if len(operation.variable_definitions or ()) > limits.variables:
            raise too_complex(f"an operation has more than {limits.variables} variables")
    if sum(times * times for times in measuring.names.values()) > limits.pairs:
        raise too_complex("the document answers the same names too often")


def _hold(size: Size, limits: Limits) -> None:
    for field in fields(Size):
        limit = getattr(limits, field.name)
        if getattr(size, field.name) > limit:
            raise too_complex(f"the operation is over the limit of {limit} for {field.name}")


class _Measuring:
    """One document's measures; each fragment is measured once, and what is in it counts wherever it is spread."""

    def __init__(self, document: DocumentNode) -> None:
        self._fragments = {each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)}
        self._sizes: dict[str, Size] = {}
        self._roots: dict[str, int] = {}
        self.names: dict[str, int] = {}

    def operation(self, operation: OperationDefinitionNode) -> Size:
        size = self._selected(operation.selection_set)
        return _sum([size], directives=len(operation.directives or ()))

    def roots(self, selection: SelectionSetNode) -> int:
        """Fields at the top, through fragments."""
        count = 0
        for node in selection.selections:
            if isinstance(node, FragmentSpreadNode):
                count += self._spread_roots(node.name.value)
            elif isinstance(node, InlineFragmentNode):
                count += self.roots(node.selection_set)
            else:
                count += 1
        return count

    def _spread_roots(self, name: str) -> int:
        if name not in self._roots:
            self._roots[name] = 0  # a fragment that spreads itself is refused by validation
            fragment = self._fragments.get(name)
            self._roots[name] = 0 if fragment is None else self.roots(fragment.selection_set)
        return self._roots[name]

    def _selected(self, selection: SelectionSetNode | None) -> Size:
        return Size() if selection is None else _sum([self._node(node) for node in selection.selections], nesting=1)

    def _node(self, node: object) -> Size:
        if isinstance(node, FieldNode):
            self._note(node)
            inner = self._selected(node.selection_set)
            return _sum([inner], depth=1, fields=1, aliases=int(node.alias is not None), directives=_count(node.directives))
        if isinstance(node, InlineFragmentNode):
            return _sum([self._selected(node.selection_set)], directives=_count(node.directives))
        assert isinstance(node, FragmentSpreadNode)
        return _sum([self._fragment(node.name.value)], directives=_count(node.directives))

    def _note(self, node: FieldNode) -> None:
        name = (node.alias or node.name).value
        self.names[name] = self.names.get(name, 0) + 1

    def _fragment(self, name: str) -> Size:
        if name not in self._sizes:
            self._sizes[name] = Size()  # a fragment that spreads itself is refused by validation
            fragment = self._fragments.get(name)
            self._sizes[name] = Size() if fragment is None else self._selected(fragment.selection_set)
        return self._sizes[name]


def _count(directives: Iterable[DirectiveNode] | None) -> int:
    return len(tuple(directives or ()))


def _sum(inner: list[Size], *, nesting: int = 0, depth: int = 0, fields: int = 0, aliases: int = 0, directives: int = 0) -> Size:
    """The deepest of the inner, and all that they hold; each with what the outer adds."""
    return Size(
        nesting=nesting + max((size.nesting for size in inner), default=0),
        depth=depth + max((size.depth for size in inner), default=0),
        fields=fields + sum(size.fields for size in inner),
        aliases=aliases + sum(size.aliases for size in inner),
        directives=directives + sum(size.directives for size in inner),
    )
