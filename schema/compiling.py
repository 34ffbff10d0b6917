"""Compiling: what a compiler of whole queries is told of this schema, and the operations that it has planned."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import graphql as graphql_core
from graphql import DocumentNode, GraphQLError, GraphQLField, GraphQLObjectType, GraphQLSchema, OperationDefinitionNode
from strawberry.schema import BaseSchema
from strawberry.types.arguments import convert_arguments
from strawberry.types.execution import ExecutionResult

from resolvers import loading
from resolvers.context import Context
from resolvers.entities import Entity
from resolvers.pages import Window
from resolvers.plan import switch
from resolvers.plan.operations import Operation, Operations, Payloads
from resolvers.plan.selecting import Declared
from resolvers.reads import Many
from schema import conditions, costs, extents
from schema.documents import Documents, Prepared, kept_for
from schema.orders import order_of
from schema.reading import Field

_DEFINITION = "strawberry-definition"
_KEPT = 1_000
"""Prices of one operation: one for each choice of sizes."""


@dataclass(frozen=True, slots=True)
class Question:
    """An operation as plans know it, and its price."""

    operation: Operation
    price: "Price"

    @property
    def is_query(self) -> bool:
        return self.operation.node.operation is graphql_core.OperationType.QUERY


class Compiled:
    """The operations of a schema that plans answer, within the limits and prices that hold for all."""

    def __init__(self, schema: BaseSchema, documents: Documents) -> None:
        graphql: GraphQLSchema = schema._schema  # type: ignore[attr-defined]  # where Strawberry keeps it
        self._documents, self._graphql = documents, graphql
        self.operations = Operations(
            Declared(graphql, _read, _entity, lambda field, given: _converted(schema, field, given), _python_name(schema), _window)
        )

    async def answered(self, text: str | None, name: str | None, given: Mapping[str, Any] | None, context: Any) -> ExecutionResult | None:
        """The answer of a query that a plan knows; None where ordinary execution must answer, or refuse."""
        if not text or not _may_be_planned(context):
            return None
        given = given or {}
        try:
            documents = kept_for(context, self._documents)
            prepared = documents.prepared(text)
        except GraphQLError:
            return None
        question = self.question(prepared, name)
        if question is None or not question.is_query:
            return None
        requested, maximum = question.price.of(given), documents.limits.cost
        if requested > maximum:
            return None
        found = await self.operations.answered(question.operation, given, context)
        if found is None:
            return None
        told = [each.located() for each in found.told] or None
        return ExecutionResult(data=found.data, errors=told, extensions={"cost": {"requested": requested, "maximum": maximum}})

    def question(self, prepared: Prepared, name: str | None) -> Question | None:
        """The operation of this name; None where there is none, or the document is not valid."""
        found: Question | None = prepared.made.get(name)
        node = None if prepared.errors or found is not None else prepared.operation(name)
        if node is None:
            return found
        price = Price(self._graphql, prepared.document, node)
        found = prepared.made[name] = Question(Operation.of(prepared.document, node), price)
        return found

    def payloads(self, question: Question, context: Any) -> Payloads | None:
        """How the rows that a mutation or subscription shows are read; None where ordinary execution must read them."""
        return Payloads(self.operations, question.operation) if not question.is_query and _may_be_planned(context) else None


def _may_be_planned(context: Any) -> bool:
    return switch.enabled and isinstance(context, Context) and context.compiled and context.access.allows("read")


class Price:
    """What an operation costs, reckoned once for each choice of the variables that it depends on: page sizes, ids, what reports are of."""

    def __init__(self, graphql: GraphQLSchema, document: DocumentNode, node: OperationDefinitionNode) -> None:
        self._node, self._graphql, self._document = node, graphql, document
        self._variables, self._said = costs.variables(document), extents.variables(document)
        self._known: dict[Any, int] = {}

    def of(self, given: Mapping[str, Any]) -> int:
        key = (*(_size(given.get(name, given)) for name in self._variables), *(repr(given.get(name, given)) for name in self._said))
        if key not in self._known:
            if len(self._known) > _KEPT:
                self._known.clear()
            self._known[key] = costs.of(self._graphql, self._document, self._node, given)
        return self._known[key]


def _size(value: Any) -> Any:
    """As much of a variable's value as a price depends on."""
    if isinstance(value, list):
        return "list", len(value)
    return (type(value), value) if isinstance(value, (int, float)) else type(value)


def _read(field: GraphQLField) -> Any:
    definition = field.extensions.get(_DEFINITION)
    return definition.read if isinstance(definition, Field) else None


def _entity(type_: GraphQLObjectType) -> Entity | None:
    definition: Any = type_.extensions.get(_DEFINITION)
    return None if definition is None else getattr(definition.origin, "entity", None)


def _converted(schema: BaseSchema, field: GraphQLField, given: dict[str, Any]) -> dict[str, Any]:
    definition: Field = field.extensions[_DEFINITION]
    return convert_arguments(
        given,
        definition.arguments,
        scalar_registry=schema.schema_converter.scalar_registry,
        config=schema.config,
    )


def _python_name(schema: BaseSchema) -> Callable[[GraphQLField, str], str]:
    def named(field: GraphQLField, name: str) -> str:
        convert = schema.config.name_converter
        arguments = field.extensions[_DEFINITION].arguments
        found: str = next(each.python_name for each in arguments if convert.from_argument(each) == name)
        return found

    return named


def _window(read: Many, arguments: dict[str, Any]) -> Window:
    asked = conditions.of(arguments.pop("filter", None))
    return loading.window(read, {**arguments, "order": order_of(arguments.pop("order_by", None))}, asked)
