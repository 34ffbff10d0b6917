"""Documents drawn from the schema itself: every field, argument and filter, so that a new one is tested before anybody remembers to."""

from collections.abc import Iterator

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    OperationType,
    get_named_type,
    is_required_argument,
)

from schema.build import schema


def root(kind: OperationType) -> GraphQLObjectType:
    found = schema._schema.get_root_type(kind)
    assert found is not None
    return found


QUERY, MUTATION = root(OperationType.QUERY), root(OperationType.MUTATION)


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
    """Every field of a type that needs no argument but a page, with what is beneath it, so deep; connections cost no depth."""
    paged = parent.name.endswith(("Connection", "Edge"))
    found = []
    for name, field in parent.fields.items():
        if any(is_required_argument(each) for each in field.args.values()):
            continue
        inner = selected(field, depth if paged else depth - 1) if depth > 0 or paged else ""
        if inner or not isinstance(get_named_type(field.type), (GraphQLObjectType, GraphQLInterfaceType)):
            found.append(f"{name}{'(first: 3)' if 'first' in field.args else ''} {inner}")
    return found


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


def inputs(field: GraphQLField) -> Iterator[str]:
    """The fields of a mutation's input that an id can be given to."""
    kind = get_named_type(field.args["input"].type)
    assert isinstance(kind, GraphQLInputObjectType)
    for name, each in kind.fields.items():
        if get_named_type(each.type).name == "ID":
            yield name
