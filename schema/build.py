"""The schema, put together once, with what every operation passes: the kept documents, the limits, the price."""

from collections.abc import AsyncGenerator, Iterable, Iterator
from typing import Any

import strawberry
from graphql import GraphQLError, lexicographic_sort_schema, print_schema
from strawberry.extensions import SchemaExtension
from strawberry.schema.config import StrawberryConfig
from strawberry.types.execution import ExecutionContext, ExecutionResult
from strawberry.types.graphql import OperationType

from schema import errors
from schema.compiling import Compiled
from schema.documents import Documents, Prepared, kept_for
from schema.executing import Executor
from schema.limits import too_complex
from schema.mutations.root import Mutation
from schema.query import Query
from schema.scalars import scalar_map
from schema.subscription import Subscription


class Admission(SchemaExtension):
    """Parses and validates from the kept documents, and refuses an operation that would cost too much, before it runs."""

    _documents: Documents
    _prepared: Prepared
    _cost: dict[str, int] | None = None

    def on_parse(self) -> Iterator[None]:
        context = self.execution_context
        if context.query is not None:
            self._documents = kept_for(context.context, documents)
            self._prepared = self._documents.prepared(context.query, curious=context.context.access.allows("read"))
            self.execution_context.graphql_document = self._prepared.document
        yield

    def on_validate(self) -> Iterator[None]:
        context = self.execution_context
        context.pre_execution_errors = list(self._prepared.errors) or self._refused()
        yield

    def _refused(self) -> list[GraphQLError]:
        """Strawberry runs the first of several operations where the caller names none; the specification refuses to choose."""
        context, maximum = self.execution_context, self._documents.limits.cost
        question = compiled.question(self._prepared, context._provided_operation_name)
        if question is None:
            return [GraphQLError("operationName must name one operation of the document", extensions={"code": "BAD_USER_INPUT"})]
        requested = question.price.of(context.variables or {})
        self._cost = {"requested": requested, "maximum": maximum}
        if requested > maximum:
            return [too_complex(f"the operation costs {requested}, more than {maximum}: ask for smaller pages")]
        if context.context is not None:
            context.context.payloads = compiled.payloads(question, context.context)
        return []

    def get_results(self) -> dict[str, Any]:
        return {} if self._cost is None else {"cost": self._cost}


class Schema(strawberry.Schema):
    """Strawberry's schema, but for what it logs: its own way would write every caller's mistake, with what they sent.

    A variable that is not one of an enum's values is refused without guesses: only validation, which knows the caller, makes those.
    """

    def _get_custom_context_kwargs(self, operation_extensions: dict[str, Any] | None = None, *, sync: bool = False) -> dict[str, Any]:
        return {**super()._get_custom_context_kwargs(operation_extensions, sync=sync), "hide_suggestions": True}

    async def execute(
        self,
        query: str | None,
        variable_values: dict[str, Any] | None = None,
        context_value: Any | None = None,
        root_value: Any | None = None,
        operation_name: str | None = None,
        allowed_operation_types: Iterable[OperationType] | None = None,
        operation_extensions: dict[str, Any] | None = None,
    ) -> ExecutionResult:
        """By a compiled plan where one can answer, else ordinarily; the answer is the same."""
        kinds = None if allowed_operation_types is None else tuple(allowed_operation_types)
        found = await compiled.answered(query, operation_name, variable_values, context_value) if _may_ask(kinds) else None
        if found is not None:
            return found
        return await super().execute(query, variable_values, context_value, root_value, operation_name, kinds, operation_extensions)

    async def stream(
        self,
        query: str | None,
        variable_values: dict[str, Any] | None = None,
        context_value: Any | None = None,
        root_value: Any | None = None,
        operation_name: str | None = None,
        operation_extensions: dict[str, Any] | None = None,
        allowed_operation_types: Iterable[OperationType] | None = None,
    ) -> Any:
        """The same for transports that stream: a query is one answer."""
        kinds = None if allowed_operation_types is None else tuple(allowed_operation_types)
        found = await compiled.answered(query, operation_name, variable_values, context_value) if _may_ask(kinds) else None
        if found is not None:
            return _once(found)
        return await super().stream(query, variable_values, context_value, root_value, operation_name, operation_extensions, kinds)

    def process_errors(self, errors_: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:  # noqa: ARG002
        for error in errors_:
            errors.note(error)


def _may_ask(kinds: tuple[OperationType, ...] | None) -> bool:
    return kinds is None or OperationType.QUERY in kinds


async def _once(result: ExecutionResult) -> AsyncGenerator[ExecutionResult, None]:
    yield result


schema = Schema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    config=StrawberryConfig(scalar_map=scalar_map()),
    extensions=[Admission],
    execution_context_class=Executor,
)
documents = Documents(schema._schema)
compiled = Compiled(schema, documents)


def sdl() -> str:
    """The schema in GraphQL's own language, sorted. The one that runs is not: a sorted copy forgets how Strawberry reads its enums."""
    return print_schema(lexicographic_sort_schema(schema._schema)) + "\n"
