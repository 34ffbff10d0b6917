"""An operation over a connection that stays open: the same schema, limits and errors as over HTTP, in a context of its own."""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLError
from starlette.requests import HTTPConnection
from strawberry.types.execution import ExecutionResult, PreExecutionError
from strawberry.types.graphql import OperationType

from api import access, callers, quotas
from api.errors import RateLimited
from ingest import away
from ingest.keys import Access
from resolvers.context import Context
from schema import errors
from schema.build import schema

CHECK_SECONDS = 2.0
"""How often an open connection's key is looked at."""
SEND_SECONDS = 10.0
"""How long a reader may let a message wait; then the connection is dropped."""
EVERYTHING = tuple(OperationType)


class Shown(GraphQLError):
    """An error as it goes on the wire."""

    def __init__(self, shown: Mapping[str, Any]) -> None:
        super().__init__(shown["message"], extensions=shown.get("extensions"))
        self._shown = dict(shown)

    @property
    def formatted(self) -> Any:
        return self._shown


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks over one connection, by which key."""

    connection: HTTPConnection
    plaintext: str
    access: Access

    async def may_stay(self) -> bool:
        """Whether the key still opens what it opened; while nobody can say, it does."""
        try:
            return await access.identify(self.connection, self.plaintext) == self.access
        except Exception as error:
            if away.is_away(error):
                return True
            raise

    async def results(
        self, query: str, variables: dict[str, Any] | None, operation: str | None, *, allowed: Iterable[OperationType] = EVERYTHING
    ) -> AsyncGenerator[ExecutionResult, None]:
        """What the operation answers: once, or for as long as it is read where it is a subscription."""
        context = callers.context(self.connection, self.access)
        try:
            quotas.spend_over(self.connection, self.plaintext)
            async with AsyncExitStack() as stack:
                async with asyncio.timeout(self.connection.app.state.settings.graphql_seconds) as limit:
                    context.followed = lambda: limit.reschedule(None)
                    results: Any = await schema.stream(
                        query, variable_values=variables, context_value=context, operation_name=operation, allowed_operation_types=allowed
                    )
                    await stack.enter_async_context(aclosing(results))
                    first = await anext(results, None)
                if first is not None:
                    yield _worded(first, context)
                    async for result in results:
                        yield _worded(result, context)
        except GraphQLError as error:  # a document that does not parse or is over a limit: Strawberry lets it through
            yield PreExecutionError(data=None, errors=[_shown(error, context)])
        except RateLimited as error:
            yield _refused("RATE_LIMITED", error.message)
        except TimeoutError:
            yield _refused("TIMEOUT", "this took too long: ask for less")


def _refused(code: str, message: str) -> PreExecutionError:
    return PreExecutionError(data=None, errors=[GraphQLError(message, extensions={"code": code})])


def _worded(result: ExecutionResult, context: Context) -> ExecutionResult:
    """The result with its errors as they go on the wire."""
    shown: list[GraphQLError] = [_shown(error, context) for error in result.errors or ()]
    result.errors = shown or None
    return result


def _shown(error: GraphQLError, context: Context) -> Shown:
    return Shown(errors.presented(error, context.request_id))


def too_long(most: int) -> dict[str, Any]:
    """What is told in place of a result over the limit of an answer."""
    message = f"the answer has more than {most} bytes: ask for smaller pages"
    return {"data": None, "errors": [GraphQLError(message, extensions={"code": "TOO_COMPLEX"}).formatted]}
