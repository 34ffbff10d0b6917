"""What an operation may cost: the objects that its answer can hold. An object is 1 times the pages that it stands in; a scalar is 0.

Reckoned from the page sizes before anything runs, each fragment once for each page size that it is spread under.
"""

from collections.abc import Mapping
from typing import Any

from graphql import (
    ArgumentNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    Visitor,
    get_named_type,
    is_composite_type,
    visit,
)

from resolvers.pages import MOST
from schema import extents

OF_ROWS = 1_000
"""What a report costs that no rollup answers."""
SHORT_LIST = 5
"""What a list that is not paged is reckoned at."""
LOOKED_AT = {("Sale", "suggestions"): 50}
"""Objects that a field looks at beyond those that it gives, and its price knows: as many rows as of one kind are looked at."""
PAGED = frozenset({"first", "last"})
SIZED = PAGED | {"ids"}


def of(schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode, variables: Mapping[str, Any]) -> int:
    """The cost of a valid operation."""
    root = schema.get_root_type(operation.operation)
    assert root is not None  # validation has found every type that the document names
    return _Reckoning(schema, document, operation, variables).selected(operation.selection_set, root, 1)


class _Sizes(Visitor):
    """Finds the variables that sizes are given by."""

    def __init__(self) -> None:
        super().__init__()
        self.names: dict[str, None] = {}

    def enter_argument(self, node: ArgumentNode, *_: Any) -> None:
        if node.name.value in SIZED and isinstance(node.value, VariableNode):
            self.names[node.value.name.value] = None


def variables(document: DocumentNode) -> tuple[str, ...]:
    """The variables that the cost of the document's operations depends on."""
    finding = _Sizes()
    visit(document, finding)
    return tuple(finding.names)


class _Reckoning:
    def __init__(
        self, schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode, variables: Mapping[str, Any]
    ) -> None:
        self._schema, self._variables = schema, variables
        self._fragments = {each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)}
        self._defaults = {each.variable.name.value: each.default_value for each in operation.variable_definitions or ()}
        self._reports = extents.of(document, variables, self._defaults)
        self._known: dict[tuple[str, int], int] = {}

    def selected(self, selection: SelectionSetNode | None, parent: GraphQLNamedType, page: int) -> int:
        """`page` is the size of the page that lists of `parent` hold, where it is a connection."""
        return 0 if selection is None else sum(self._node(node, parent, page) for node in selection.selections)

    def _node(self, node: object, parent: GraphQLNamedType, page: int) -> int:
        if isinstance(node, FieldNode):
            return self._field(node, parent, page)
        if isinstance(node, InlineFragmentNode):
            return self.selected(node.selection_set, self._narrowed(node, parent), page)
        assert isinstance(node, FragmentSpreadNode)
        key = (node.name.value, page)
        if key not in self._known:
            fragment = self._fragments[node.name.value]
            self._known[key] = self.selected(fragment.selection_set, self._narrowed(fragment, parent), page)
        return self._known[key]

    def _narrowed(self, node: InlineFragmentNode | FragmentDefinitionNode, parent: GraphQLNamedType) -> GraphQLNamedType:
        found = None if node.type_condition is None else self._schema.get_type(node.type_condition.name.value)
        return parent if found is None else found

    def _field(self, node: FieldNode, parent: GraphQLNamedType, page: int) -> int:
        definition = getattr(parent, "fields", {}).get(node.name.value)
        if definition is None or not is_composite_type(named := get_named_type(definition.type)):
            return 0  # a scalar, or __typename and its like
        if definition.args.keys() >= PAGED:
            return 1 + self.selected(node.selection_set, named, self._page(node))
        times = self._times(node, definition.type, page)
        looked_at = LOOKED_AT.get((parent.name, node.name.value), 0)
        looked_at += OF_ROWS if node.name.value == extents.FIELD and self._reports.of_rows else 0
        return looked_at + times * (1 + self.selected(node.selection_set, named, 1))

    def _times(self, node: FieldNode, type_: object, page: int) -> int:
        if isinstance(type_, GraphQLNonNull):
            type_ = type_.of_type
        if not isinstance(type_, GraphQLList):
            return 1
        if node.name.value in {"rows", "periods"}:  # of reports alone
            return self._reports.groups if node.name.value == "rows" else self._reports.periods
        ids = self._argument(node, "ids")
        if ids is not None:
            return min(ids, MOST)
        return page if node.name.value in {"nodes", "edges"} else SHORT_LIST

    def _page(self, node: FieldNode) -> int:
        """The size asked for; the most there is where it is not a size, which execution refuses."""
        sizes = [size for name in PAGED if (size := self._argument(node, name)) is not None]
        return max((size if 0 <= size <= MOST else MOST for size in sizes), default=1)

    def _argument(self, node: FieldNode, name: str) -> int | None:
        """A number, or the length of a list; None where the argument is not given."""
        value = next((each.value for each in node.arguments or () if each.name.value == name), None)
        return None if value is None else self._number(value)

    def _number(self, value: ValueNode) -> int | None:
        if isinstance(value, VariableNode):
            name = value.name.value
            return _plain(self._variables[name]) if name in self._variables else self._default(name)
        if isinstance(value, IntValueNode):
            return int(value.value) if len(value.value) < 10 else MOST
        return len(value.values) if isinstance(value, ListValueNode) else None

    def _default(self, name: str) -> int | None:
        default = self._defaults.get(name)
        return None if default is None else self._number(default)


def _plain(value: Any) -> int | None:
    if isinstance(value, list):
        return len(value)
    return int(value) if isinstance(value, (int, float)) and abs(value) < 1 << 31 else None if value is None else MOST
