"""Documents drawn from the schema itself: every field, argument and filter, so that a new one is tested before anybody remembers to.

What cannot be drawn is an error: an argument that must be given stands in GIVEN, and `reached` tells what no document asks for.
"""

from collections.abc import Iterable, Iterator, Mapping

from graphql import (
    FieldNode,
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    OperationType,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    get_named_type,
    is_required_argument,
    is_required_input_field,
    parse,
    visit,
)

from schema.build import schema


def root(kind: OperationType) -> GraphQLObjectType:
    found = schema._schema.get_root_type(kind)
    assert found is not None
    return found


QUERY, MUTATION, SUBSCRIPTION = root(OperationType.QUERY), root(OperationType.MUTATION), root(OperationType.SUBSCRIPTION)
GIVEN: Mapping[str, str] = {"currency": '"EUR"'}
"""What is given to arguments beneath the top that must be given, by name: nothing that could name a row."""
PLAIN = frozenset({"first", "last", "orderBy"})
"""Arguments that name no row. Those of a list that may (`after`, `before`, `filter`) are tried with rows of others."""


def everything() -> set[str]:
    """`Type.field` of every field of every type that can be asked for."""
    return {
        f"{kind.name}.{name}"
        for kind in schema._schema.type_map.values()
        if isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__")
        for name in kind.fields
    }


def of_queries() -> set[str]:
    """Those of them that a query can ask for."""
    found, waiting = set[str](), [QUERY, *types()]
    while waiting:
        kind = waiting.pop()
        for name, field in kind.fields.items():
            inner = get_named_type(field.type)
            if f"{kind.name}.{name}" not in found and isinstance(inner, GraphQLObjectType):
                waiting.append(inner)
            found.add(f"{kind.name}.{name}")
    return found


def reached(documents: Iterable[str]) -> set[str]:
    """`Type.field` of every field that these documents ask for."""
    found: set[str] = set()
    info = TypeInfo(schema._schema)

    class Noting(Visitor):
        def enter_field(self, node: FieldNode, *_: object) -> None:
            parent = info.get_parent_type()
            assert parent is not None
            found.add(f"{parent.name}.{node.name.value}")

    for document in documents:
        visit(parse(document), TypeInfoVisitor(info, Noting()))
    return found


def required(parent: GraphQLObjectType, name: str, arguments: Mapping[str, GraphQLArgument]) -> str:
    """What must be given to a field beneath the top, and a page where it has pages."""
    given = {"first": "3"} if "first" in arguments else {}
    for argument, each in arguments.items():
        if is_required_argument(each):
            assert argument in GIVEN, f"say in GIVEN what to give to {parent.name}.{name}({argument}:)"
            given[argument] = GIVEN[argument]
    return f"({', '.join(f'{argument}: {value}' for argument, value in given.items())})" if given else ""


def nested() -> Iterator[tuple[GraphQLObjectType, str, GraphQLField]]:
    """Every list beneath a type that has an id."""
    for kind in types():
        for name, field in kind.fields.items():
            if "first" in field.args:
                yield kind, name, field


def types() -> list[GraphQLObjectType]:
    """The object types that have an id."""
    return [
        each for each in schema._schema.type_map.values() if isinstance(each, GraphQLObjectType) and "Node" in map(str, each.interfaces)
    ]


def selected(field: GraphQLField, depth: int) -> str:
    """A field's selection with everything beneath it, so deep; empty for a scalar."""
    named = get_named_type(field.type)
    if isinstance(named, GraphQLInterfaceType):
        return "{ id __typename }"
    if not isinstance(named, GraphQLObjectType):
        return ""
    return "{ " + " ".join(["__typename", *beneath(named, depth)]) + " }"


def beneath(parent: GraphQLObjectType, depth: int) -> list[str]:
    """Every field of a type with what is beneath it, so deep; connections cost no depth."""
    paged = parent.name.endswith(("Connection", "Edge"))
    found = []
    for name, field in parent.fields.items():
        inner = selected(field, depth if paged else depth - 1) if depth > 0 or paged else ""
        if inner or not isinstance(get_named_type(field.type), (GraphQLObjectType, GraphQLInterfaceType)):
            found.append(f"{name}{required(parent, name, field.args)} {inner}")
    return found


def by_ids(kind: GraphQLObjectType, depth: int) -> str:
    """A document that asks for every field of rows of this type by their ids, so deep."""
    return f"query($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on {kind.name} {{ {' '.join(beneath(kind, depth))} }} }} }}"


def texts(field: GraphQLField) -> Iterator[str]:
    """The arguments of a field that a name or id can be given to, but for cursors."""
    for name, argument in field.args.items():
        if str(argument.type).strip("!") in {"ID", "String"} and name not in {"after", "before"}:
            yield name


def filters(field: GraphQLField) -> Iterator[tuple[str, str, str]]:
    """(type of the filter, its field, type of that) of every filter that a name or id can be given to."""
    argument = field.args.get("filter")
    kind = None if argument is None else get_named_type(argument.type)
    if isinstance(kind, GraphQLInputObjectType):
        for name, each in kind.fields.items():
            held = get_named_type(each.type)
            if isinstance(held, GraphQLInputObjectType) and "eq" in held.fields:
                of = get_named_type(held.fields["eq"].type)
                if not isinstance(of, GraphQLEnumType) and of.name in {"ID", "String"}:
                    yield kind.name, name, held.name


def inputs(field: GraphQLField, *kinds: str) -> Iterator[str]:
    """The fields of a mutation's input that values of these types can be given to."""
    kind = get_named_type(field.args["input"].type)
    assert isinstance(kind, GraphQLInputObjectType)
    for name, each in kind.fields.items():
        if str(each.type).strip("!") in kinds:
            yield name


def harmless(field: GraphQLField) -> dict[str, object]:
    """Values for what a mutation's input must have, that name no row of anybody."""
    kind = get_named_type(field.args["input"].type)
    assert isinstance(kind, GraphQLInputObjectType)
    values: Mapping[str, object] = {"String": "nobody", "ID": "nothing_1", "BigInt": "100", "[String!]": ["read"]}
    return {name: values[str(each.type).strip("!")] for name, each in kind.fields.items() if is_required_input_field(each)}
