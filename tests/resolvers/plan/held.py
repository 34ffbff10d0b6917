"""What the naive reading holds: every row in memory, and plain Python that finds, filters, sorts and cuts them to a page."""

import base64
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from datetime import datetime
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any, Self

from graphql import GraphQLSchema, build_schema

from ingest.models.evidence import Click, Rate, RateSource, StripeEvent
from ingest.models.facts import Fact, Subject
from ingest.models.ledger import Consideration, Credit, Dispute, Refund, Sale, SaleReference
from ingest.models.people import Customer, Lead, StripeCustomer
from ingest.models.workspace import ApiKey, Domain, Link, Workspace
from tests.counting import Book, said
from tests.resolvers.plan import cutting
from tests.resolvers.plan.cutting import Row

SDL = Path(__file__).parents[3] / "schema.graphql"


@cache
def sdl() -> GraphQLSchema:
    return build_schema(SDL.read_text())


class Held(ABC):
    """One workspace, one mode. How a row of each kind is shown stands where it is written."""

    def __init__(self, workspace_id: int, livemode: bool, origin: str) -> None:
        self._mine = {"workspace_id": workspace_id}
        self._mode = {**self._mine, "livemode": livemode}
        self._origin, self._workspace_id = origin, workspace_id

    async def loaded(self) -> Self:
        mine, mode = self._mine, self._mode
        self.workspace, self.domains = await Workspace.get(id=self._workspace_id), await Domain.filter(**mine)
        self.links, self.clicks = await Link.filter(**mine), await Click.filter(**mine)
        self.keys, self.customers = await ApiKey.filter(**mode), await Customer.filter(**mode)
        self.pointers, self.leads = await StripeCustomer.filter(**mode), await Lead.filter(**mode)
        self.sales, self.references = await Sale.filter(**mode), await SaleReference.filter(**mode)
        self.refunds, self.disputes = await Refund.filter(**mode), await Dispute.filter(**mode)
        self.credits, self.considerations = await Credit.filter(**mode), await Consideration.filter(**mode)
        self.events, self.facts, self.subjects = (
            await StripeEvent.filter(**mode),
            await Fact.filter(**mode),
            await Subject.filter(**mode),
        )
        self.rates, self.complete = await Rate.all(), {each.source: each.complete_to for each in await RateSource.all()}
        self.book = await Book.read(self._workspace_id, livemode=bool(mode["livemode"]))
        return self

    @abstractmethod
    def _sale(self, sale: Any) -> Row: ...

    @abstractmethod
    def _refund(self, refund: Any) -> Row: ...

    @abstractmethod
    def _customer(self, customer: Any) -> Row: ...

    @abstractmethod
    def _link(self, link: Any) -> Row: ...

    @abstractmethod
    def _click(self, click: Any) -> Row: ...

    def _found(self, rows: Iterable[Any], key: Any, shown: Callable[[Any], Row]) -> Row | None:
        return next((shown(row) for row in rows if row.id == key), None)

    def _listed(self, kind: str, rows: Callable[[], Iterable[Any]], shown: Callable[[Any], Row], column: str) -> Callable[..., Row]:
        def connection(_info: Any, **asked: Any) -> Row:
            order = asked.pop("orderBy", None) or {"field": "", "direction": "DESC"}
            descending, by, held = order["direction"] == "DESC", _ORDERS.get(order["field"], column), asked.pop("filter", None)
            whole = sorted((row for row in rows() if _held(kind, row, held)), key=lambda row: (getattr(row, by), row.id))
            name = f"{kind}.{by}.{'desc' if descending else 'asc'}"
            return self._paged(whole[::-1] if descending else whole, name, by, shown, **asked)

        return connection

    def _paged(self, whole: list[Any], name: str, by: str, shown: Callable[[Any], Row], **asked: Any) -> Row:
        size = cutting.sized(asked.get("first"), asked.get("last"))
        descending = name.endswith(".desc")
        after, before = (cutting.place(side, asked.get(side), name, descending, by) for side in ("after", "before"))

        def cursor(row: Any) -> str:
            value = json.dumps([name, getattr(row, by).isoformat(), row.id], separators=(",", ":"))
            return base64.urlsafe_b64encode(value.encode()).decode().rstrip("=")

        return cutting.cut(whole, size, asked.get("first") is not None, after, before, shown, cursor)


_ORDERS = {"RECEIVED_AT": "received_at"}
"""Orders that are not the usual one of their list."""
_COLUMNS = {"link": "link_id", "customer": "customer_id", "sale": "sale_id", "email": "email_key"}


def _held(kind: str, row: Any, asked: Row | None) -> bool:
    given = {name: held for name, held in (asked or {}).items() if held is not None and any(each is not None for each in held.values())}
    if kind == "Click" and "bot" not in given and row.bot:
        return False
    return all(
        _meets(_column(kind, row, name), operator, value, name)
        for name, held in given.items()
        for operator, value in held.items()
        if value is not None
    )


def _column(kind: str, row: Any, name: str) -> Any:
    if name == "click":
        return None if row.click_id is None else f"click_{row.click_id}"
    if kind == "Click" and name == "at":
        return row.clicked_at
    snake = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
    return getattr(row, _COLUMNS.get(name, snake))


def _meets(held: Any, operator: str, value: Any, name: str) -> bool:
    if operator == "isNull":
        return (held is None) is value
    if held is None:
        return False
    if isinstance(held, datetime):
        there = datetime.fromisoformat(value)
        return held >= there if operator == "gte" else held < there
    mine = held.name if isinstance(held, Enum) else said(held)
    mine = mine.upper() if name in {"reason", "trigger"} else mine
    lower: Callable[[str], str] = (lambda text: text.lower()) if name == "email" else (lambda text: text)
    if operator == "contains":
        return lower(value) in mine
    return mine in [lower(each) for each in value] if operator == "in" else mine == (value if isinstance(value, bool) else lower(value))
