"""The schema, put together once."""

import strawberry
from graphql import lexicographic_sort_schema, print_schema
from strawberry.schema.config import StrawberryConfig

from schema.query import Query
from schema.scalars import scalar_map

schema = strawberry.Schema(query=Query, config=StrawberryConfig(scalar_map=scalar_map()))


def sdl() -> str:
    """The schema in GraphQL's own language, sorted. The one that runs is not: a sorted copy forgets how Strawberry reads its enums."""
    return print_schema(lexicographic_sort_schema(schema._schema)) + "\n"
