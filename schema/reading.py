"""Fields: each is declared with how it is read, and executed from that declaration alone.

`Field.read` is the declaration of `resolvers.reads`. A compiler of whole queries reads the same one.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, TypeVar, dataclass_transform

import strawberry
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.field import StrawberryField
from strawberry.types.info import Info

from resolvers import loading
from resolvers.entities import Entity, Row
from resolvers.filters import Condition
from resolvers.reads import Asked, Attribute, Bridge, Column, Computed, Keyed, Many, One, Read, Same, Several, Situated, Touches
from schema import conditions
from schema.connected import Connected
from schema.later import Later
from schema.orders import order_of

READ = "read"
T = TypeVar("T")
PAGING = {
    "first": (int | None, "Give this many, from the start of the list or from `after`: 1 to 100. One of `first` and `last` is required."),
    "after": (str | None, "Only what follows this cursor, one that this list gave in this order."),
    "last": (int | None, "Give this many, from the end of the list or up to `before`: 1 to 100."),
    "before": (str | None, "Only what comes before this cursor, one that this list gave in this order."),
}
Arguments = Mapping[str, tuple[Any, str]]


class Field(StrawberryField):
    """A field that is read as its declaration says."""

    @property
    def read(self) -> Read:
        read: Read = self.metadata[READ]
        return read

    @property
    def is_basic_field(self) -> bool:
        """Whether the row alone answers: Strawberry then spares the making of an Info."""
        return isinstance(self.read, (Column, Computed, Attribute, Same))

    def get_result(self, source: Any, info: Info | None, args: list[Any], kwargs: dict[str, Any]) -> Any:  # noqa: ARG002  # Strawberry's signature
        if info is not None:
            info.context.require("read")  # a key that may only write sees the row that it wrote, and nothing around it
        return _EXECUTED[type(self.read)](self.read, source, info, kwargs)


def _computed(read: Computed, row: Row, _info: Any, _arguments: Any) -> Any:
    return read.make(*(row[name] for name in read.columns))


def _situated(read: Situated, row: Row, info: Any, _arguments: Any) -> Any:
    return read.make(info.context.origin, *(row[name] for name in read.columns))


def _same(read: Same, row: Row, _info: Any, _arguments: Any) -> Any:
    return None if read.when is not None and row[read.when] is None else row


def _one(read: One, row: Row, info: Any, _arguments: Any) -> Any:
    return None if row[read.by] is None else Later(loading.one, info.context, read.entity, row[read.by])


def _keyed(read: Keyed, made: Any, info: Any, _arguments: Any) -> Any:
    key = getattr(made, read.name)
    return None if key is None else Later(loading.one, info.context, read.entity, key)


def _several(read: Several, row: Row, info: Any, _arguments: Any) -> Any:
    return Later(loading.several, info.context, read, row)


async def _many(read: Many, row: Row | None, info: Any, arguments: dict[str, Any]) -> Connected:
    asked: list[Condition] = conditions.of(arguments.pop("filter", None))
    order = order_of(arguments.pop("order_by", None))
    return Connected(info.context, read, await loading.many(info.context, read, row, {**arguments, "order": order}, asked))


async def _touches(read: Touches, row: Row, info: Any, arguments: dict[str, Any]) -> Connected:
    return Connected(info.context, read, await loading.touches(info.context, read, row, arguments))


_EXECUTED: Mapping[type, Callable[..., Any]] = MappingProxyType(
    {
        Column: lambda read, row, _info, _arguments: row[read.name],
        Computed: _computed,
        Situated: _situated,
        Attribute: lambda read, made, _info, _arguments: getattr(made, read.name),
        Same: _same,
        One: _one,
        Keyed: _keyed,
        Several: _several,
        Many: lambda *asked: Later(_many, *asked),
        Touches: lambda *asked: Later(_touches, *asked),
        Asked: lambda read, row, info, arguments: Later(read.read, info.context, row, **arguments),
    }
)


def field(read: Read, description: str, arguments: Arguments = MappingProxyType({})) -> Any:
    """A field of the schema that is read so. Arguments are of (type, description), by their Python names."""
    made = Field(description=description, metadata={READ: read})
    made.arguments = [
        StrawberryArgument(name, None, StrawberryAnnotation(type_), description=text) for name, (type_, text) in arguments.items()
    ]
    return made


def stream(read: Asked, description: str, arguments: Arguments = MappingProxyType({})) -> Any:
    """A field of Subscription: what it reads is an iterator of the rows that its events show."""
    made: Field = field(read, description, arguments)
    made.is_subscription = True
    return made


def column(name: str, description: str) -> Any:
    return field(Column(name), description)


def computed(make: Callable[..., Any], *columns: str, description: str) -> Any:
    return field(Computed(make, columns), description)


def situated(make: Callable[..., Any], *columns: str, description: str) -> Any:
    return field(Situated(make, columns), description)


def attribute(name: str, description: str) -> Any:
    return field(Attribute(name), description)


def same(description: str, *, when: str | None = None) -> Any:
    return field(Same(when), description)


def one(entity: Entity, by: str, description: str) -> Any:
    return field(One(entity, by), description)


def several(entity: Entity, by: str, description: str) -> Any:
    return field(Several(entity, by), description)


def many(  # keyword-only, each a part of one declaration
    entity: Entity,
    description: str,
    *,
    by: str | None = None,
    bridge: Bridge | None = None,
    always: tuple[Condition, ...] = (),
    unless_asked: tuple[Condition, ...] = (),
    filter: type | None = None,  # noqa: A002  # as the argument is called
    order: type | None = None,
) -> Any:
    """A connection, with the arguments that all have, and a filter and order of the types given."""
    arguments: dict[str, tuple[Any, str]] = dict(PAGING)
    if filter is not None:
        arguments["filter"] = (filter | None, "Only those that meet every condition given; null is the same as leaving a condition out.")
    if order is not None:
        arguments["order_by"] = (order | None, "What the list goes by; the newest first unless said otherwise.")
    return field(Many(entity, by, bridge, always, unless_asked), description, arguments)


@dataclass_transform(kw_only_default=True)
def row_type(entity: Entity, description: str) -> Callable[[type[T]], type[T]]:
    """A type of the schema whose values are rows of `entity`."""

    def decorate(cls: type[T]) -> type[T]:
        cls.entity = entity  # type: ignore[attr-defined]  # for whoever reads the schema to know what is behind it
        cls.is_type_of = staticmethod(  # type: ignore[attr-defined]  # where Strawberry looks for it
            lambda value, _info: isinstance(value, Row) and value.entity is entity
        )
        return strawberry.type(cls, name=entity.name, description=description)

    return decorate
