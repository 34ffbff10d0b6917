"""Execution as graphql-core has it, but for the rows that a mutation or an event shows: a plan reads what is asked of them."""

from functools import reduce
from typing import Any

from graphql.pyutils import Path
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from resolvers.entities import Row
from resolvers.plan.faults import Answer
from schema.later import Later


class Executor(StrawberryGraphQLCoreExecutionContext):
    """Asks a plan where a row is met, and goes on field by field where there is none, or where it cannot answer."""

    _field_by_field = False
    """Whether a plan has failed to answer: then what is beneath its row is not planned row by row."""

    def complete_object_value(
        self, return_type: Any, field_details_list: Any, info: Any, path: Any, result: Any, position_context: Any
    ) -> Any:
        asked = (return_type, field_details_list, info, path, result, position_context)
        if self._field_by_field or not isinstance(result, Row) or self.context_value.payloads is None:
            return super().complete_object_value(*asked)
        return Later(self._planned, *asked)

    async def _planned(self, return_type: Any, details: Any, info: Any, path: Any, row: Row, position: Any) -> Any:
        found: Answer | None = await self.context_value.payloads.read(return_type, details, row, self.variable_values, self.context_value)
        if found is not None:
            return self._told(found, path)
        self._field_by_field = True
        made = super().complete_object_value(return_type, details, info, path, row, position)
        return await made if self.is_awaitable(made) else made

    def _told(self, found: Answer, path: Path) -> dict[str, Any]:
        """The data, when the errors are told: one that no null within them stands for makes null of what holds the row."""
        start = tuple(path.as_list())
        for each in found.told:
            if each.null:
                self.collected_errors.add(each.located(start), reduce(_beneath, each.null, path))
        if found.data is None:
            raise found.told[-1].located(start)
        return found.data


def _beneath(path: Path, step: str | int) -> Path:
    return path.add_key(step)
