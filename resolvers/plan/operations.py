"""Operations: planned once, and kept as long as their document; a request binds its variables and runs the plan.

`answered` gives None where ordinary execution must answer: for what the compiler does not know, variables that are not of their types,
and a row that went away between two statements.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import structlog
from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLObjectType,
    NamedTypeNode,
    NonNullTypeNode,
    OperationDefinitionNode,
    VariableNode,
    Visitor,
    visit,
)
from graphql.execution.collect_fields import FragmentDetails
from graphql.execution.values import VariableValues, get_variable_values

from resolvers.context import Context
from resolvers.entities import SALE, Row
from resolvers.errors import ReadError
from resolvers.filters import storable
from resolvers.plan import connections, faults
from resolvers.plan.faults import Answer
from resolvers.plan.levels import Run, Unanswerable
from resolvers.plan.selecting import Declared, Details, Unknown
from resolvers.plan.shapes import Plan, Planner
from resolvers.reads import Named

_PLANS = 64
"""Plans of one operation: for each choice of what `@skip` and `@include` leave, each row that a mutation shows, and what failed."""
_TAKEN: Mapping[str, type] = {"ID": str, "String": str, "Boolean": bool}
"""Types whose values are taken as they are; of numbers GraphQL looks at the size."""
_NO_VARIABLES = VariableValues({}, {})
_log = structlog.get_logger("plan")


@dataclass(slots=True)
class Counts:
    """How operations were answered, for tests, metrics and the curious."""

    compiled: int = 0
    payloads: int = 0
    """Rows that mutations and events showed, read by a plan."""
    unknown: int = 0
    """Not planned: they hold what the compiler does not know."""
    unanswerable: int = 0
    """Planned, and answered ordinarily: variables were wrong, or a row went away meanwhile."""
    failed: int = 0
    """A plan failed in a way that nobody foresaw."""


@dataclass(slots=True, eq=False)
class Operation:
    """One operation of one document, and its plans."""

    node: OperationDefinitionNode
    fragments: dict[str, FragmentDetails]
    deciding: tuple[str, ...]
    """Variables that `@skip` and `@include` read."""
    plans: dict[Any, Plan | None] = field(default_factory=dict)
    plain: Mapping[str, tuple[type, bool]] | None = None
    """What each variable holds and whether it must be there, where all are plain and without defaults; None where one is not."""

    @classmethod
    def of(cls, document: DocumentNode, node: OperationDefinitionNode) -> "Operation":
        """An operation of a valid document."""
        fragments = {each.name.value: FragmentDetails(each) for each in document.definitions if isinstance(each, FragmentDefinitionNode)}
        return cls(node, fragments, _deciding(document), plain=_plain(node))

    def quick(self, given: Mapping[str, Any]) -> VariableValues | None:
        """The variables, where each is there and of its own type: GraphQL would take them as they are. None asks GraphQL."""
        if self.plain is None or not given.keys() <= self.plain.keys():
            return None
        for name, (kind, required) in self.plain.items():
            if (name in given or required) and type(given.get(name)) is not kind:
                return None
        return VariableValues({}, dict(given))


class Operations:
    """How operations of one schema are answered."""

    def __init__(self, declared: Declared) -> None:
        self._declared, self.counts = declared, Counts()

    async def answered(self, operation: Operation, given: Mapping[str, Any], context: Context) -> Answer | None:
        """The answer to a valid query that may be executed; None where ordinary execution must give it."""
        found = await self._attempted(self._answered(operation, given, context))
        self.counts.compiled += found is not None
        return found

    async def shown(
        self, operation: Operation, type_: GraphQLObjectType, details: Details, row: Row, variables: VariableValues, context: Context
    ) -> Answer | None:
        """What an operation asks of a row that it shows; None where ordinary execution must answer."""
        found = await self._attempted(self._shown(operation, type_, details, row, variables, context))
        self.counts.payloads += found is not None
        return found

    async def _attempted(self, attempt: Awaitable[Answer | None]) -> Answer | None:
        try:
            return await attempt
        except Unanswerable:
            self.counts.unanswerable += 1
        except asyncio.CancelledError:
            raise
        except Exception:  # ordinary execution says what is wrong, in GraphQL's way
            self.counts.failed += 1
            _log.warning("failed", exc_info=True)
        return None

    async def _answered(self, operation: Operation, given: Mapping[str, Any], context: Context) -> Answer | None:
        connection = connections.of(SALE.model)
        if connection is None:
            return None
        variables = self._variables(operation, given)
        planned = partial(self._planned, operation, (), variables, connection, Planner.plan)
        plan = planned()
        return None if plan is None else await _answer(plan, Run(context, connection, variables, *plan.places()), planned)

    async def _shown(
        self, operation: Operation, type_: GraphQLObjectType, details: Details, row: Row, variables: VariableValues, context: Context
    ) -> Answer | None:
        connection = connections.of(SALE.model)
        if connection is None:
            return None
        key = (type_.name, *(id(each.node) for each in details))  # the operation keeps its nodes
        planned = partial(self._planned, operation, key, variables, connection, lambda planner: planner.row(type_, row.entity, details))
        plan, named = planned(), Named(row.entity, storable(row["id"]))
        return None if plan is None else await _answer(plan, Run(context, connection, variables, *plan.places(), named), planned)

    def _variables(self, operation: Operation, given: Mapping[str, Any]) -> VariableValues:
        node = operation.node
        if not node.variable_definitions:
            return _NO_VARIABLES
        quick = operation.quick(given)
        if quick is not None:
            return quick
        found = get_variable_values(self._declared.schema, node.variable_definitions, dict(given))
        if isinstance(found, list):
            raise Unanswerable
        return found

    def _planned(
        self,
        operation: Operation,
        key: tuple[Any, ...],
        variables: VariableValues,
        connection: connections.Connection,
        make: Callable[[Planner], Plan],
        failed: frozenset[int] = frozenset(),
    ) -> Plan | None:
        """The plan for what `key` names of the operation, the whole of it or a row; None where the compiler does not know all of it."""
        chosen = (connection.sqlite, key, failed, *(variables.coerced.get(name) for name in operation.deciding))
        if chosen not in operation.plans:
            if len(operation.plans) >= _PLANS:
                operation.plans.pop(next(iter(operation.plans)))
            try:
                operation.plans[chosen] = make(Planner(self._declared, operation.node, operation.fragments, variables, failed))
            except (Unknown, GraphQLError, RecursionError, MemoryError, SyntaxError):  # the last three: nested deeper than Python compiles
                operation.plans[chosen] = None
        plan = operation.plans[chosen]
        self.counts.unknown += plan is None
        return plan


@dataclass(frozen=True, slots=True)
class Payloads:
    """One mutation or subscription, whose rows are read by plans: see `resolvers.context.Payloads`."""

    operations: Operations
    operation: Operation

    async def read(
        self, type_: GraphQLObjectType, details: Details, row: Row, variables: VariableValues, context: Context
    ) -> Answer | None:
        return await self.operations.shown(self.operation, type_, details, row, variables, context)


async def _answer(plan: Plan, run: Run, planned: Callable[[frozenset[int]], Plan | None]) -> Answer:
    failed = await _run(plan, run)
    if not failed:
        return Answer(plan.answer(run.found, run.context.origin))
    with_faults = planned(frozenset(failed))
    assert with_faults is not None
    return faults.settled(with_faults.answer(run.found, run.context.origin), failed)


async def _run(plan: Plan, run: Run) -> dict[int, Exception]:
    """What failed, by the number of the level; whatever is beneath finds nothing to ask for."""
    failed: dict[int, Exception] = {}
    try:
        for number, level in enumerate(plan.levels):
            if level.asks:
                await run.connection.release()  # a function takes connections of its own: to wait for one while holding one locks both up
            try:
                await level.run(run)
            except (ReadError, GraphQLError) as error:
                failed[number], run.found[number], run.records[number] = error, {}, []
    finally:
        await run.connection.release()
    return failed


def _plain(node: OperationDefinitionNode) -> Mapping[str, tuple[type, bool]] | None:
    found: dict[str, tuple[type, bool]] = {}
    for each in node.variable_definitions or ():
        type_ = each.type.type if isinstance(each.type, NonNullTypeNode) else each.type
        name = type_.name.value if isinstance(type_, NamedTypeNode) else ""
        if name not in _TAKEN or each.default_value is not None:
            return None
        found[each.variable.name.value] = _TAKEN[name], type_ is not each.type
    return found


class _Deciding(Visitor):
    """Finds the variables within `@skip` and `@include`."""

    def __init__(self) -> None:
        super().__init__()
        self.names: dict[str, None] = {}

    def enter_directive(self, node: Any, *_: Any) -> None:
        for argument in node.arguments or ():
            if isinstance(argument.value, VariableNode):
                self.names[argument.value.name.value] = None


def _deciding(document: DocumentNode) -> tuple[str, ...]:
    finding = _Deciding()
    visit(document, finding)
    return tuple(finding.names)
