"""A page on its way out: what the fields of a connection read. Counts and flags cost a statement only where they are asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from resolvers import loading
from resolvers.context import Context
from resolvers.entities import Row
from resolvers.pages import Page
from schema.later import Later


@dataclass(frozen=True, eq=False, slots=True)
class Edged:
    """A row and its cursor."""

    node: Row
    page: Page

    @property
    def cursor(self) -> str:
        return self.page.cursor(self.node)


@dataclass(frozen=True, eq=False, slots=True)
class Connected:
    """A page, with the declaration that it was read by."""

    context: Context
    read: Any
    page: Page

    @property
    def nodes(self) -> Sequence[Row]:
        return self.page.rows

    @property
    def edges(self) -> list[Edged]:
        return [Edged(row, self.page) for row in self.page.rows]

    @property
    def page_info(self) -> "Connected":
        return self

    @property
    def start_cursor(self) -> str | None:
        return self.page.cursor(self.page.rows[0]) if self.page.rows else None

    @property
    def end_cursor(self) -> str | None:
        return self.page.cursor(self.page.rows[-1]) if self.page.rows else None

    @property
    def has_next_page(self) -> Any:
        return Later(loading.goes_on, self.context, self.read, self.page, forward=True)

    @property
    def has_previous_page(self) -> Any:
        return Later(loading.goes_on, self.context, self.read, self.page, forward=False)

    @property
    def total_count(self) -> Any:
        return Later(loading.total, self.context, self.read, self.page)
