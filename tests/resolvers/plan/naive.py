"""A naive reading of a small ledger: every row in memory, plain Python over them. It shares no code with what it judges but the tables.

graphql-core runs it over `schema.graphql`; how a field is found, filtered, sorted and cut to a page is written here a second time.
"""

import re
from typing import Any

from graphql import execute_sync, parse

from tests.counting import EXTRAS, FIGURES, said
from tests.resolvers.plan import cutting
from tests.resolvers.plan.chains import Chains
from tests.resolvers.plan.cutting import Row, moment, money
from tests.resolvers.plan.held import sdl


class Naive(Chains):
    """One workspace, one mode."""

    def answer(self, text: str, variables: Row) -> dict[str, Any]:
        """The data, and the path and message of what was refused."""
        result = execute_sync(sdl(), parse(text), self._root(), variable_values=variables)
        assert all(isinstance(error.original_error, cutting.Refused) for error in result.errors or ()), result.errors
        return {"data": result.data, "errors": [{"path": error.path, "message": error.message} for error in result.errors or ()]}

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


def _figures(row: Row, currency: str) -> Row:
    found = {name: money(row[name], currency) if name in FIGURES[4:] else row[name] for name in (*FIGURES, *EXTRAS.values())}
    found["medianNet"] = None if row["medianNet"] is None else money(row["medianNet"], currency)
    for each in ("start", "end"):
        if each in row:
            found[each] = moment(row[each])
    return {**found, "periods": [_figures(each, currency) for each in row.get("periods", ())]}


def _utm(row: Any) -> Row:
    return {name: said(getattr(row, f"utm_{name}")) for name in ("source", "medium", "campaign", "term", "content")}
