"""How a field is read: one declaration beside each field of the schema, for ordinary execution now and for a compiler of whole queries.

A declaration is data and holds no query. What it names are columns of the row that the field stands on, or another entity and the column
that joins the two.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Literal, TypeAlias

from tortoise.models import Model

from resolvers.entities import Entity
from resolvers.filters import Condition


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the row, as it is."""

    name: str


@dataclass(frozen=True, slots=True)
class Computed:
    """A pure function of columns of the row. What it makes, if it is an object, is read by attributes."""

    make: Callable[..., Any]
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Situated:
    """A pure function of the address that the caller reached us at, and of columns of the row."""

    make: Callable[..., Any]
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute of a plain object that a Computed made."""

    name: str


@dataclass(frozen=True, slots=True)
class Same:
    """Another view of the same row; null where the column `when` is."""

    when: str | None = None


@dataclass(frozen=True, slots=True)
class One:
    """The row of `entity` whose primary key stands in column `by`; null where that is."""

    entity: Entity
    by: str


@dataclass(frozen=True, slots=True)
class Keyed:
    """The row of `entity` whose primary key is an attribute of a plain object; null where that is."""

    entity: Entity
    name: str


@dataclass(frozen=True, slots=True)
class Several:
    """All rows of `entity` whose column `by` names this row, in the entity's order, oldest first. For lists that are short by nature."""

    entity: Entity
    by: str


@dataclass(frozen=True, slots=True)
class Bridge:
    """A table between: rows of it whose `near` equals this row's `local` name the target's primary key in `far`."""

    model: type[Model]
    local: str
    near: str
    far: str


@dataclass(frozen=True, slots=True)
class Many:
    """A connection: a page of `entity`. Of this row's where `by` is the column that names it, or over a bridge; else of the workspace's."""

    entity: Entity
    by: str | None = None
    bridge: Bridge | None = None
    always: tuple[Condition, ...] = ()
    """Conditions that hold whatever the caller asks."""
    unless_asked: tuple[Condition, ...] = ()
    """Conditions that hold where the caller's filter says nothing of their column."""

    def conditions(self, asked: Sequence[Condition]) -> tuple[Condition, ...]:
        """Everything that must hold of a row when the caller asks so much."""
        spoken = {condition.column for condition in asked}
        return (*self.always, *(condition for condition in self.unless_asked if condition.column not in spoken), *asked)


@dataclass(frozen=True, slots=True)
class Touches:
    """A connection over the clicks that led to this sale: see `resolvers.journeys`."""

    entity: Entity


@dataclass(frozen=True, slots=True)
class Named:
    """A row that is known by its key alone, and not yet read."""

    entity: Entity
    key: Any


class Ask(Enum):
    """What names no row by its key: the function must be asked."""

    ASK = "ask"


ASK = Ask.ASK


@dataclass(frozen=True, slots=True)
class Asked:
    """Read by a function of its own: (context, row or None, arguments) -> value. A compiler calls it as it is."""

    read: Callable[..., Any]
    gives: Entity | None = None
    """What the value is a row of, where it is one and its type does not say so."""
    named: Callable[..., Named | list[Named | None] | Literal[Ask.ASK] | None] | None = None
    """(context, arguments) -> the row or rows that the arguments name by key, so that they can be read with what is asked of them."""


Read: TypeAlias = Column | Computed | Situated | Attribute | Same | One | Keyed | Several | Many | Touches | Asked
