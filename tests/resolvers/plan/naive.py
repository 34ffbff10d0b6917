"""A naive reading of a small ledger: every row in memory, plain Python over them. It shares no code with what it judges but the tables.

graphql-core runs it over `schema.graphql`; how a field is found, filtered, sorted and cut to a page is written here a second time.
"""

import base64
import json
import re
from collections.abc import Callable, Iterable
from datetime import datetime
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any

from graphql import build_schema, graphql_sync

from ingest.models.evidence import Click, Rate, RateSource
from ingest.models.ledger import Customer, Refund, Sale
from ingest.models.workspace import ApiKey, Link, Workspace
from tests.counting import EXTRAS, FIGURES, Book, said
from tests.resolvers.plan import cutting
from tests.resolvers.plan.chains import Chains
from tests.resolvers.plan.cutting import Row, moment, money

SDL = Path(__file__).parents[3] / "schema.graphql"


@cache
def _schema() -> Any:
    return build_schema(SDL.read_text())


class Naive(Chains):
    """One workspace, one mode."""

    def __init__(self, workspace_id: int, livemode: bool, origin: str) -> None:
        self._mine = {"workspace_id": workspace_id}
        self._mode = {**self._mine, "livemode": livemode}
        self._origin, self._workspace_id = origin, workspace_id

    book: Book

    async def loaded(self) -> "Naive":
        self.links, self.clicks = await Link.filter(**self._mine), await Click.filter(**self._mine)
        self.customers, self.sales = await Customer.filter(**self._mode), await Sale.filter(**self._mode)
        self.refunds, self.keys = await Refund.filter(**self._mode), await ApiKey.filter(**self._mode)
        self.rates, self.complete = await Rate.all(), {each.source: each.complete_to for each in await RateSource.all()}
        self.workspace = await Workspace.get(id=self._workspace_id)
        await self._load_chains(self._mine, self._mode)
        self.book = await Book.read(self._mine["workspace_id"], livemode=bool(self._mode["livemode"]))
        return self

    def answer(self, text: str, variables: Row) -> dict[str, Any]:
        """The data, and the path and message of what was refused."""
        result = graphql_sync(_schema(), text, self._root(), variable_values=variables)
        assert all(isinstance(error.original_error, cutting.Refused) for error in result.errors or ()), result.errors
        return {"data": result.data, "errors": [{"path": error.path, "message": error.message} for error in result.errors or ()]}

    def words(self, code: str) -> str:
        return str(_schema().type_map["FindingCode"].values[code].description)

    def _root(self) -> Row:
        return {
            "sales": self._listed("Sale", lambda: self.sales, self._sale, "paid_at"),
            "refunds": self._listed("Refund", lambda: self.refunds, self._refund, "at"),
            "customers": self._listed("Customer", lambda: self.customers, self._customer, "first_seen_at"),
            "links": self._listed("Link", lambda: self.links, self._link, "created_at"),
            "clicks": self._listed("Click", lambda: self.clicks, self._click, "clicked_at"),
            "workspace": lambda _info: self._workspace(self.workspace),
            **self._chain_roots(),
            "report": lambda _info, input: self._report(input),  # noqa: A006  # as the argument is called
        }

    def _report(self, asked: Row) -> Row:
        cutting.reportable(asked)
        found = self.book.report(asked)
        currency = found["currency"]
        return {
            **{name: found[name] for name in ("timezone", "currency", "groups")},
            "start": moment(found["start"]),
            "end": moment(found["end"]),
            "totals": _figures(found["totals"], currency),
            "rows": [self._group(row, currency) for row in found["rows"]],
            "pending": [{**each, **{name: money(each[name], each["currency"]) for name in ("gross", "net")}} for each in found["pending"]],
        }

    def _group(self, row: Row, currency: str) -> Row:
        names = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "country", "device", "browser", "os", "referer")
        texts = {re.sub("_(.)", lambda found: found[1].upper(), name): said(row.get(name)) or None for name in (*names, "trigger")}
        link = row.get("link_id")
        return {**texts, "link": lambda _info: self._found(self.links, link, self._link), **_figures(row, currency)}

    def _sale(self, sale: Any) -> Row:
        def pair(name: str) -> Row:
            converted = money(getattr(sale, f"converted_{name}_minor"), sale.converted_currency)
            return {"original": money(getattr(sale, f"{name}_minor"), sale.currency), "converted": converted}

        figures = {name: pair(name) for name in ("gross", "tax", "shipping", "discount", "refunded", "disputed", "net")}
        return {
            "__typename": "Sale",
            "id": sale.id,
            "kind": sale.kind.name,
            "status": sale.status.name,
            "paidAt": moment(sale.paid_at),
            "livemode": sale.livemode,
            "eventName": said(sale.event_name),
            "processor": sale.processor,
            "offStripe": sale.off_stripe,
            "metadata": sale.metadata,
            "identityConflict": sale.identity_conflict,
            **figures,
            "presentment": None if sale.presentment_currency is None else money(sale.presentment_minor, sale.presentment_currency),
            "customer": lambda _info: self._found(self.customers, sale.customer_id, self._customer),
            "click": lambda _info: self._found(self.clicks, sale.click_id, self._click),
            "link": lambda _info: self._found(self.links, sale.link_id, self._link),
            "refunds": self._listed("Refund", lambda: [each for each in self.refunds if each.sale_id == sale.id], self._refund, "at"),
            "amountIn": lambda _info, currency: self._amount_in(sale, currency),
            "journey": lambda _info: self._journey(sale),
            "suggestions": lambda _info: self._suggestions(sale),
            **self._beneath(sale),
        }

    def _refund(self, refund: Any) -> Row:
        return {
            "__typename": "Refund",
            "id": refund.id,
            "livemode": refund.livemode,
            "stripeId": refund.stripe_id,
            "status": refund.status.name,
            "reason": said(refund.reason),
            "at": moment(refund.at),
            "amount": money(refund.amount_minor, refund.currency),
            "counted": money(refund.counted_minor, refund.currency),
            "pair": {
                "original": money(refund.amount_minor, refund.currency),
                "converted": money(refund.converted_minor, refund.converted_currency),
            },
            "sale": lambda _info: self._found(self.sales, refund.sale_id, self._sale),
        }

    def _customer(self, customer: Any) -> Row:
        return {
            "__typename": "Customer",
            "id": customer.id,
            "livemode": customer.livemode,
            "externalId": said(customer.external_id),
            "email": said(customer.email),
            "name": said(customer.name),
            "avatar": customer.avatar,
            "country": customer.country,
            "stripeCustomerIds": customer.stripe_customers,
            "firstSeenAt": moment(customer.first_seen_at),
            "deletedAt": moment(customer.deleted_at),
            "sales": self._listed("Sale", lambda: [each for each in self.sales if each.customer_id == customer.id], self._sale, "paid_at"),
            "leads": self._listed("Lead", lambda: [each for each in self.leads if each.customer_id == customer.id], self._lead, "at"),
            "totals": lambda _info: self._totals(customer),
        }

    def _link(self, link: Any) -> Row:
        host = self._origin.partition("://")[2] if link.domain == "*" else link.domain
        return {
            "__typename": "Link",
            "id": link.id,
            "domain": link.domain,
            "key": link.key,
            "url": link.url,
            "trackConversion": link.track_conversion,
            "shortLink": f"https://{host}/{link.key}",
            "utm": _utm(link),
            "createdAt": moment(link.created_at),
            "updatedAt": moment(link.updated_at),
            "archivedAt": moment(link.archived_at),
            "clicks": self._listed("Click", lambda: [each for each in self.clicks if each.link_id == link.id], self._click, "clicked_at"),
            "sales": self._listed("Sale", lambda: [each for each in self.sales if each.link_id == link.id], self._sale, "paid_at"),
            "leads": self._listed("Lead", lambda: [each for each in self.leads if each.link_id == link.id], self._lead, "at"),
        }

    def _click(self, click: Any) -> Row:
        same = ("url", "country", "region", "city", "device", "browser", "os", "referer", "bot")
        return {
            "__typename": "Click",
            "id": f"click_{click.id}",
            "clickId": click.id,
            "at": moment(click.clicked_at),
            "anonymousId": click.anonymous_id,
            "refererUrl": click.referer_url,
            "trigger": click.trigger.upper(),
            **{name: getattr(click, name) for name in same},
            "utm": _utm(click),
            "link": lambda _info: self._found(self.links, click.link_id, self._link),
            "sales": self._listed("Sale", lambda: [each for each in self.sales if each.click_id == click.id], self._sale, "paid_at"),
            "leads": self._listed("Lead", lambda: [each for each in self.leads if each.click_id == click.id], self._lead, "at"),
        }

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


def _figures(row: Row, currency: str) -> Row:
    found = {name: money(row[name], currency) if name in FIGURES[4:] else row[name] for name in (*FIGURES, *EXTRAS.values())}
    found["medianNet"] = None if row["medianNet"] is None else money(row["medianNet"], currency)
    for each in ("start", "end"):
        if each in row:
            found[each] = moment(row[each])
    return {**found, "periods": [_figures(each, currency) for each in row.get("periods", ())]}


def _utm(row: Any) -> Row:
    return {name: said(getattr(row, f"utm_{name}")) for name in ("source", "medium", "campaign", "term", "content")}


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
