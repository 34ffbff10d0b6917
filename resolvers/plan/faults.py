"""Faults: fields that failed, such as for an argument that cannot be taken. What holds one becomes null, and the error has its path.

Source: https://spec.graphql.org/September2025/#sec-Handling-Execution-Errors
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from graphql import FieldNode, GraphQLError, GraphQLList, GraphQLNonNull, GraphQLOutputType, located_error

Path: TypeAlias = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Fault:
    """What stands in an answer where a field failed."""

    level: int
    """Which of the plan's levels failed: its error is that of every such field."""
    nodes: tuple[FieldNode, ...]
    above: int
    """How many steps of the path above the field that stands which becomes null; the field itself is 0 steps above."""


@dataclass(frozen=True, slots=True)
class Told:
    """One error, and the place that is null because of it: the empty path is all of the answer."""

    error: Exception
    nodes: tuple[FieldNode, ...]
    path: Path
    null: Path

    def located(self, start: Path = ()) -> GraphQLError:
        """The error as GraphQL tells it, of an answer that stands at `start`."""
        return located_error(self.error, list(self.nodes), [*start, *self.path])


@dataclass(frozen=True, slots=True)
class Answer:
    """What a plan answers: data, and what is wrong with it, in the order of the document."""

    data: dict[str, Any] | None
    told: tuple[Told, ...] = ()


def settled(data: dict[str, Any], errors: Mapping[int, Exception]) -> Answer:
    """The answer of data that hold faults. Of several that one null stands for, the first is told."""
    told: dict[Path, Told] = {}
    for path, fault in list(_found(data, ())):
        null = path[: max(len(path) - fault.above, 0)]
        if not any(null[:length] in told for length in range(len(null) + 1)):
            told[null] = Told(errors[fault.level], fault.nodes, path, null)
    if () in told:
        return Answer(None, tuple(told.values()))
    for null in told:
        _clear(data, null)
    return Answer(data, tuple(told.values()))


def _found(value: Any, path: Path) -> Iterator[tuple[Path, Fault]]:
    if isinstance(value, Fault):
        yield path, value
    elif isinstance(value, dict):
        for name, each in value.items():
            yield from _found(each, (*path, name))
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from _found(each, (*path, number))


def _clear(data: Any, path: Path) -> None:
    for step in path[:-1]:
        data = data[step]
    data[path[-1]] = None


def steps(type_: GraphQLOutputType) -> list[bool]:
    """Of each step of the path that a field of this type takes, its name and its places in lists, whether null may stand there."""
    null = not isinstance(type_, GraphQLNonNull)
    inner = type_ if null else type_.of_type  # type: ignore[union-attr]  # a type that is not null is of another
    return [null, *(steps(inner.of_type) if isinstance(inner, GraphQLList) else ())]


def above(null: list[bool]) -> int:
    """How many steps above the last of these stands the next that may be null; one more than there are where none may."""
    return next((number for number, each in enumerate(reversed(null)) if each), len(null))
