"""What has a global id."""

from typing import Any

import strawberry

from resolvers.entities import Row


@strawberry.interface(description="Anything with a global id: `node(id:)` finds it again.")
class Node:
    id: strawberry.ID = strawberry.field(description="The global id: opaque, and the same for ever.")

    @classmethod
    def resolve_type(cls, value: Row, *_: Any) -> str:
        return value.entity.name
