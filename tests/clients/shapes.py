"""Whether an answer is one that the schema allows to a document: every field that was asked and no other, each of its type."""

from collections.abc import Iterator, Mapping
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLEnumType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    is_composite_type,
    parse,
)

PLAIN: Mapping[str, tuple[type, ...]] = {"String": (str,), "ID": (str,), "Int": (int,), "Float": (int, float), "Boolean": (bool,)}


def wrong(schema: GraphQLSchema, document: str | DocumentNode, answer: Mapping[str, Any]) -> list[str]:
    """What the schema denies in `answer`; fragments are inline, as those of drawn documents are."""
    node = parse(document) if isinstance(document, str) else document
    (operation,) = (each for each in node.definitions if isinstance(each, OperationDefinitionNode))
    root = schema.get_root_type(operation.operation)
    if answer.get("data") is None:
        return [] if answer.get("errors") else ["neither data nor errors"]
    assert root is not None
    return list(_object(schema, operation.selection_set, root, answer["data"], "data"))


def _object(schema: GraphQLSchema, selection: SelectionSetNode, of: GraphQLObjectType, value: Any, at: str) -> Iterator[str]:
    asked = dict(_asked(selection, of))
    if not isinstance(value, dict) or value.keys() != asked.keys():
        yield f"{at}: {sorted(asked)} were asked, and {value!r} came"
        return
    for name, field in asked.items():
        if field.name.value == "__typename":
            yield from () if value[name] == of.name else (f"{at}.{name}: {value[name]!r}",)
        else:
            yield from _value(schema, field, of.fields[field.name.value].type, value[name], f"{at}.{name}")


def _asked(selection: SelectionSetNode, of: GraphQLObjectType) -> Iterator[tuple[str, FieldNode]]:
    for node in selection.selections:
        if isinstance(node, FieldNode):
            yield (node.alias or node.name).value, node
            continue
        assert isinstance(node, InlineFragmentNode)
        if node.type_condition is None or node.type_condition.name.value in {of.name, *(each.name for each in of.interfaces)}:
            yield from _asked(node.selection_set, of)


def _value(schema: GraphQLSchema, field: FieldNode, type_: GraphQLOutputType, value: Any, at: str) -> Iterator[str]:
    if isinstance(type_, GraphQLNonNull):
        if value is None:
            yield f"{at}: null is not {type_}"
            return
        type_ = type_.of_type
    if value is None:
        return
    if isinstance(type_, GraphQLList):
        for place, item in enumerate(value if isinstance(value, list) else [value]):
            yield from _value(schema, field, type_.of_type, item, f"{at}[{place}]")
    elif is_composite_type(type_):
        yield from _composite(schema, field, type_, value, at)
    elif isinstance(type_, GraphQLEnumType):
        yield from () if value in type_.values else (f"{at}: {value!r} is not of {type_}",)
    elif type_.name in PLAIN and not (isinstance(value, PLAIN[type_.name]) and (type_.name == "Boolean" or not isinstance(value, bool))):
        yield f"{at}: {value!r} is not of {type_}"


def _composite(schema: GraphQLSchema, field: FieldNode, type_: Any, value: Any, at: str) -> Iterator[str]:
    """An object; one of an interface is of whichever type its keys and the document allow."""
    assert field.selection_set is not None
    kinds = [type_] if isinstance(type_, GraphQLObjectType) else schema.get_possible_types(type_)
    found = [list(_object(schema, field.selection_set, kind, value, at)) for kind in kinds]
    yield from min(found, key=len)
