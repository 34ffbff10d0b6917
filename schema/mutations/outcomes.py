"""What every mutation gives back: what it made, or what was wrong. A mistake of the caller's is an answer, not an error."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

import strawberry

from ingest.errors import Invalid, NotFound
from resolvers.context import Context

T = TypeVar("T")


@strawberry.type(description="What is wrong with what was told.")
class UserError:
    field: str | None = strawberry.field(
        description="The field of the input, as a path: url, utm.source. Null where it is none in particular."
    )
    code: str = strawberry.field(description="For programs, such as REQUIRED, INVALID, TAKEN or NOT_FOUND.")
    message: str = strawberry.field(description="For people.")


def user_errors() -> Any:
    return strawberry.field(description="What is wrong with what was told; then nothing was done.", default_factory=list)


def mutation(description: str) -> Callable[[Callable[..., Awaitable[Any]]], Any]:
    """A field of Mutation, made of the method beneath; its argument is described as its type is."""

    def decorate(method: Callable[..., Awaitable[Any]]) -> Any:
        field: Any = strawberry.mutation(method, description=description)
        for argument in field.arguments:
            argument.description = argument.type.__strawberry_definition__.description
        return field

    return decorate


async def attempted(
    context: Context,
    scope: str,
    payload: Callable[..., T],
    work: Callable[[], Awaitable[Mapping[str, Any]]],
    *,
    named: str = "id",
    names: Mapping[str, str] | None = None,
) -> T:
    """The payload with what `work` made, or with the mistake that it found.

    `names` tells the input's field for each that `ingest` knows by another name; `named` is the field that tells what was not found.

    Raises:
        Forbidden: the key lacks `scope`.
    """
    context.require(scope)
    try:
        made = await work()
    except Invalid as error:
        field = (names or {}).get(error.field, _camel(error.field))
        return payload(user_errors=[UserError(field=field, code=error.code, message=error.message)])
    except NotFound as error:
        return payload(user_errors=[UserError(field=named, code="NOT_FOUND", message=f"no such {error.what} here")])
    finally:
        context.loaders.clear()  # what was read before may have changed
    return payload(**made)


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.title() for word in rest)


def given(input_: Any, *names: str) -> dict[str, Any]:
    """The named fields of an input that the caller gave, null ones too."""
    return {name: value for name in names if (value := getattr(input_, name)) is not strawberry.UNSET}


def optional(description: str) -> Any:
    return strawberry.field(description=description, default=strawberry.UNSET)


def required(description: str) -> Any:
    return strawberry.field(description=description)
