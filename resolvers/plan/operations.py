"""Operations: planned once, and kept as long as their document; a request binds its variables and runs the plan.

`answered` gives None where ordinary execution must answer: for what the compiler does not know, and for every answer that holds an error.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog
from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
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
from resolvers.entities import SALE
from resolvers.errors import ReadError
from resolvers.plan import connections
from resolvers.plan.levels import Run, Unanswerable
from resolvers.plan.selecting import Declared, Unknown
from resolvers.plan.shapes import Plan, Planner

_PLANS = 16
"""Plans of one operation: for each choice of what `@skip` and `@include` leave."""
_TAKEN: Mapping[str, type] = {"ID": str, "String": str, "Boolean": bool}
"""Types whose values are taken as they are; of numbers GraphQL looks at the size."""
_NO_VARIABLES = VariableValues({}, {})
_log = structlog.get_logger("plan")


@dataclass(slots=True)
class Counts:
    """How operations were answered, for tests, metrics and the curious."""

    compiled: int = 0
    unknown: int = 0
    """Not planned: they hold what the compiler does not know."""
    unanswerable: int = 0
    """Planned, and answered ordinarily: with an error, or beside a rare row."""
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

    async def answered(self, operation: Operation, given: Mapping[str, Any], context: Context) -> dict[str, Any] | None:
        """The data of a valid operation that may be executed; None where ordinary execution must answer."""
        connection = connections.of(SALE.model)
        if connection is None:
            return None
        try:
            variables = self._variables(operation, given)
            plan = self._planned(operation, variables, connection.sqlite)
            if plan is None:
                self.counts.unknown += 1
                return None
            answer = await _run(plan, Run(context, connection, variables, [None] * len(plan.levels), [None] * len(plan.levels)))
        except (Unanswerable, ReadError, GraphQLError):
            self.counts.unanswerable += 1
            return None
        except asyncio.CancelledError:
            raise
        except Exception:  # ordinary execution says what is wrong, in GraphQL's way
            self.counts.failed += 1
            _log.warning("failed", exc_info=True)
            return None
        self.counts.compiled += 1
        return answer

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

    def _planned(self, operation: Operation, variables: VariableValues, sqlite: bool) -> Plan | None:
        key = (sqlite, *(variables.coerced.get(name) for name in operation.deciding))
        if key not in operation.plans:
            if len(operation.plans) >= _PLANS:
                operation.plans.pop(next(iter(operation.plans)))
            operation.plans[key] = self._plan(operation, variables)
        return operation.plans[key]

    def _plan(self, operation: Operation, variables: VariableValues) -> Plan | None:
        try:
            return Planner(self._declared, operation.node, operation.fragments, variables).plan()
        except (Unknown, GraphQLError, RecursionError, MemoryError, SyntaxError):  # the last three: nested deeper than Python compiles
            return None


async def _run(plan: Plan, run: Run) -> dict[str, Any]:
    try:
        for level in plan.levels:
            if level.asks:
                await run.connection.release()  # a function takes connections of its own: to wait for one while holding one locks both up
            await level.run(run)
    finally:
        await run.connection.release()
    answer: dict[str, Any] = plan.answer(run.found, run.context.origin)
    return answer


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
