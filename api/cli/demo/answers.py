"""What GraphQL says of the demo's story, beside what was expected."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from api.cli.demo import expected
from api.cli.demo.doors import Doors

_SALE = """
query DemoSale($id: String!) { sale(stripeId: $id) {
  gross { original { amount currency } } net { original { amount currency } converted { amount } }
  attribution { reason } link { key } } }
"""
_LINK = """
query DemoLink($domain: String!, $key: String!) { link(domain: $domain, key: $key) {
  id clicks(first: 1) { totalCount } leads(first: 1) { totalCount } sales(first: 1) { totalCount } } }
"""
_REPORT = """
query DemoReport($link: ID!) { report(
  input: { firstDay: "2025-12-01", lastDay: "2026-12-31", groupBy: [LINK], filter: { link: { eq: $link } } }) {
  rows { link { key } clicks leads sales pendingSales refunded { amount currency } net { amount currency } } } }
"""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the comparison."""

    what: str
    expected: str
    answered: str

    @property
    def right(self) -> bool:
        return self.expected == self.answered


async def rows(doors: Doors, run: str) -> AsyncIterator[Row]:
    """Ask for every sale and every link of the story."""
    for sale in expected.SALES:
        answer = await doors.ask(_SALE, id=sale.stripe_id.format(run=run))
        yield Row(sale.who, _expected(sale, run), _said(answer["sale"]))
    for who, stripe_id in expected.NO_SALE:
        answer = await doors.ask(_SALE, id=stripe_id.format(run=run))
        yield Row(who, "no sale", _said(answer["sale"]))
    for link in expected.LINKS:
        answer = await doors.ask(_LINK, domain="*", key=f"{run}-{link.key}")
        told = f"{link.clicks} clicks, {link.leads} leads, {link.sales} sales"
        yield Row(f"the link {link.key}", told, _counted(answer["link"]))
        report = await doors.ask(_REPORT, link=answer["link"]["id"]) if answer["link"] else {"report": {"rows": []}}
        money = f"{link.refunded} USD back, {link.net} USD net, {link.pending} without a rate"
        yield Row(f"its row in a report of {link.key}", f"{told}, {money}", _reported(report["report"]["rows"]))


def _expected(sale: expected.Sale, run: str) -> str:
    dollars = f"{sale.in_dollars} USD" if sale.in_dollars else "no rate yet"
    return f"{sale.paid}, net {sale.net}, {dollars}, {sale.reason}, {f'{run}-{sale.link}' if sale.link else 'no link'}"


def _said(sale: Mapping[str, Any] | None) -> str:
    if sale is None:
        return "no sale"
    gross, net, converted = sale["gross"]["original"], sale["net"]["original"], sale["net"]["converted"]
    dollars = f"{converted['amount']} USD" if converted else "no rate yet"
    link = sale["link"]["key"] if sale["link"] else "no link"
    told = f"{gross['amount']} {gross['currency']}, net {net['amount']} {net['currency']}, {dollars}"
    return f"{told}, {sale['attribution']['reason']}, {link}"


def _counted(link: Mapping[str, Any] | None) -> str:
    if link is None:
        return "no link"
    return ", ".join(f"{link[what]['totalCount']} {what}" for what in ("clicks", "leads", "sales"))


def _reported(rows: Sequence[Mapping[str, Any]]) -> str:
    if len(rows) != 1:
        return f"{len(rows)} rows"
    counts = ", ".join(f"{rows[0][what]} {what}" for what in ("clicks", "leads", "sales"))
    back, net = rows[0]["refunded"], rows[0]["net"]
    money = f"{back['amount']} {back['currency']} back, {net['amount']} {net['currency']} net"
    return f"{counts}, {money}, {rows[0]['pendingSales']} without a rate"
