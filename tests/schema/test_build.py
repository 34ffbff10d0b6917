"""The schema as a whole: the file is fresh, everything is described, every field says how it is read."""

from pathlib import Path

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    is_introspection_type,
)
from strawberry.types.base import StrawberryObjectDefinition

from resolvers.reads import Read
from schema.build import schema, sdl
from schema.reading import Field

ROOT = Path(__file__).parents[2]
TYPES: list[GraphQLNamedType] = [each for each in schema._schema.type_map.values() if not is_introspection_type(each)]


def test_the_schema_file_is_what_the_schema_prints() -> None:
    assert (ROOT / "schema.graphql").read_text() == sdl(), "stale: run `make schema`"


def test_every_type_field_argument_and_value_is_described() -> None:
    bare = [name for each in TYPES for name, text in _described(each) if not (text or "").strip()]

    assert bare == []


def _described(each: GraphQLNamedType) -> list[tuple[str, str | None]]:
    found = [(each.name, each.description)]
    if isinstance(each, GraphQLEnumType):
        found += [(f"{each.name}.{name}", value.description) for name, value in each.values.items()]
    if isinstance(each, (GraphQLObjectType, GraphQLInterfaceType, GraphQLInputObjectType)):
        found += [(f"{each.name}.{name}", field.description) for name, field in each.fields.items()]
    if isinstance(each, (GraphQLObjectType, GraphQLInterfaceType)):
        found += [(f"{each.name}.{name}({arg})", a.description) for name, f in each.fields.items() for arg, a in f.args.items()]
    return found


def test_every_field_that_a_query_can_reach_says_how_it_is_read() -> None:
    told = {"Mutation", "UserError", "Receipt", "Node"}
    silent = [
        f"{each.name}.{field.python_name}"
        for each in TYPES
        if isinstance(each, GraphQLObjectType) and each.name not in told and not each.name.endswith("Payload")
        for field in _definition(each).fields
        if not isinstance(field, Field) or not isinstance(field.read, Read)
    ]

    assert silent == []


def _definition(each: GraphQLObjectType) -> StrawberryObjectDefinition:
    definition: StrawberryObjectDefinition = each.extensions["strawberry-definition"]
    return definition


def test_every_list_without_an_end_is_a_connection_in_pages() -> None:
    for each in TYPES:
        if isinstance(each, GraphQLObjectType):
            for name, field in each.fields.items():
                assert (str(field.type).endswith("Connection!")) is ("first" in field.args), f"{each.name}.{name}"
