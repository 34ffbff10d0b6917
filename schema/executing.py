"""Execution as graphql-core has it, but for the rows that a mutation or an event shows: a plan reads what is asked of them."""

from typing import Any

from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from resolvers.entities import Row
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
        found = await self.context_value.payloads.read(return_type, details, row, self.variable_values, self.context_value)
        if found is not None:
            return found
        self._field_by_field = True
        made = super().complete_object_value(return_type, details, info, path, row, position)
        return await made if self.is_awaitable(made) else made
