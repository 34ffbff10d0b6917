"""What speaks for clicks that sales are not credited with: one statement for each thing that is looked at, for a page of sales as for one.

Each read takes the newest rows along an index and no more, and what does not matter of them is left out afterwards: to ask the database for
those that matter would be to have it walk through all that do not.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from ingest.credit import rules, suggest
from ingest.credit.reasons import Reason
from ingest.credit.rules import Rules
from ingest.credit.suggest import RECENT, Hint, Suggestion, Why
from ingest.models.evidence import Click
from ingest.models.ledger import Consideration
from ingest.models.people import Customer
from ingest.models.workspace import Ruleset
from resolvers import pages, statements
from resolvers.context import Access, Context
from resolvers.cursors import Order
from resolvers.entities import CLICK, CUSTOMER, LEAD, SALE, Entity, Row
from resolvers.pages import Narrow, Window

OF_EACH = 25
"""Leads, and sales, of one customer that are looked at, and clicks of one browser."""
NAMESAKES, BROWSERS = 10, 5
"""Others with the same e-mail address, and browsers, that are looked at for one sale."""
NAMED = 200
"""Customers of one e-mail address of whom the newest are taken; of more, any so many: no index has them in an order."""
NEARBY = 200
"""Clicks before a payment, of any country, among which those of the buyer's are looked for."""
Hints = list[list[Hint]]
"""Of each sale, in the order of the sales."""


@dataclass(frozen=True, slots=True)
class Uncredited:
    """As much of a sale as is looked at."""

    id: str
    customer_id: str
    paid_at: datetime


async def suggestions(context: Context, sale: Row) -> Sequence[Suggestion]:
    """The likeliest clicks for a sale, for a person to judge; none for a sale that is credited."""
    if sale["click_id"] is not None:
        return ()
    about = Uncredited(sale["id"], sale["customer_id"], sale["paid_at"])
    found: Sequence[Suggestion] = await context.loader("suggestions", partial(of_each, context.access)).load(about)
    return found


async def of_each(access: Access, sales: Sequence[Uncredited]) -> list[Sequence[Suggestion]]:
    """The same for many sales at once."""
    customers = await _customers(access, sales)
    known = await _known(access, sales, await _peers(access, customers))
    clicks = await _clicks(access, {hint.click_id for hints in known for hint in hints})
    browsers, near = await _same_browser(access, sales, known, clicks), await _shortly_before(access, sales, customers)
    detached, in_force = await _detached(access, sales), await _rules(access)
    return [
        suggest.rank([*known[place], *browsers[place], *near[place]], sale.paid_at, in_force, refused=detached.get(sale.id, frozenset()))
        for place, sale in enumerate(sales)
    ]


async def _customers(access: Access, sales: Sequence[Uncredited]) -> dict[str, Customer]:
    wanted = list({sale.customer_id for sale in sales})
    rows = Customer.filter(id__in=wanted, workspace_id=access.workspace_id, livemode=access.livemode)
    return {row.id: row for row in await rows.only("id", "email_key", "country")}


async def _peers(access: Access, customers: Mapping[str, Customer]) -> dict[str, list[str]]:
    """Of each customer, those who have the same e-mail address, and the customer."""
    keys = sorted({row.email_key for row in customers.values() if row.email_key})
    named = dict(zip(keys, await _named(access, keys), strict=True))
    return {
        row.id: [row.id, *[name for name in named.get(row.email_key or "", ()) if name != row.id][:NAMESAKES]] for row in customers.values()
    }


async def _named(access: Access, email_keys: Sequence[str]) -> list[list[str]]:
    """The customers who have each address, the newest first."""
    queries = []
    for key in email_keys:
        query, table = statements.scoped(Customer, access)
        queries.append(query.where(table["email_key"] == key).select(table["id"], table[CUSTOMER.order]).limit(NAMED))
    found: list[list[tuple[Any, str]]] = [[] for _ in queries]
    for record in await statements.together(Customer, queries):
        found[record[statements.PARENT]].append((record[CUSTOMER.order], record["id"]))
    return [[name for _, name in sorted(rows, reverse=True)] for rows in found]


async def _known(access: Access, sales: Sequence[Uncredited], peers: Mapping[str, Sequence[str]]) -> Hints:
    """Clicks of the customer's own leads and other sales, and of those who have the same e-mail."""
    looked_at = [peers.get(sale.customer_id, [sale.customer_id]) for sale in sales]
    customers = list(dict.fromkeys(name for names in looked_at for name in names))
    parents = [_of(name) for name in customers]
    leads, others = await _listed(access, LEAD, parents), await _listed(access, SALE, parents)
    of_each = {name: [*of_leads, *of_sales] for name, of_leads, of_sales in zip(customers, leads, others, strict=True)}
    rows = [[row for name in names for row in of_each[name] if row["click_id"]] for names in looked_at]
    clicks = await _clicks(access, {row["click_id"] for found in rows for row in found})
    return [
        [
            Hint(clicks[row["click_id"]].id, clicks[row["click_id"]].clicked_at, _why(sale, row), row["id"])
            for row in found
            if row["click_id"] in clicks
        ]
        for sale, found in zip(sales, rows, strict=True)
    ]


def _why(sale: Uncredited, row: Row) -> Why:
    return Why.SAME_CUSTOMER if row["customer_id"] == sale.customer_id else Why.SAME_EMAIL


async def _clicks(access: Access, wanted: Iterable[str]) -> dict[str, Click]:
    names = sorted(set(wanted))
    if not names:
        return {}
    return {click.id: click for click in await Click.filter(id__in=names, workspace_id=access.workspace_id, bot=False)}


async def _same_browser(access: Access, sales: Sequence[Uncredited], known: Hints, clicks: Mapping[str, Click]) -> Hints:
    """Later clicks of the browsers that a sale's known clicks came from; each names the known one."""
    theirs: list[dict[str, str]] = [
        {browser: hint.click_id for hint in hints if (browser := clicks[hint.click_id].anonymous_id)} for hints in known
    ]
    asked = [(place, browser) for place, browsers in enumerate(theirs) for browser in list(browsers)[:BROWSERS]]
    parents = [_from(browser, sales[place].paid_at) for place, browser in asked]
    found: Hints = [[] for _ in sales]
    for (place, browser), rows in zip(asked, await _listed(access, CLICK, parents), strict=True):
        source = theirs[place][browser]
        found[place] += [Hint(row["id"], row["clicked_at"], Why.SAME_BROWSER, source) for row in rows if not row["bot"]]
    return found


async def _shortly_before(access: Access, sales: Sequence[Uncredited], customers: Mapping[str, Customer]) -> Hints:
    countries = [customers[sale.customer_id].country if sale.customer_id in customers else None for sale in sales]
    asked = [place for place, country in enumerate(countries) if country]
    parents = [_before(sales[place].paid_at) for place in asked]
    found: Hints = [[] for _ in sales]
    for place, rows in zip(asked, await _listed(access, CLICK, parents, NEARBY), strict=True):
        theirs = [row for row in rows if row["country"] == countries[place] and not row["bot"]]
        found[place] = [Hint(row["id"], row["clicked_at"], Why.SHORTLY_BEFORE, row["id"]) for row in theirs]
    return found


async def _detached(access: Access, sales: Sequence[Uncredited]) -> dict[str, frozenset[str]]:
    """What a person took off each."""
    taken_off = Consideration.filter(
        sale_id__in=[sale.id for sale in sales], reason=Reason.DETACHED, workspace_id=access.workspace_id, livemode=access.livemode
    )
    found: dict[str, frozenset[str]] = {}
    for row in await taken_off.only("id", "sale_id", "click_id"):
        found[row.sale_id] = found.get(row.sale_id, frozenset()) | {str(row.click_id)}
    return found


async def _rules(access: Access) -> Rules:
    book = await Ruleset.filter(workspace_id=access.workspace_id).order_by("-effective_at", "-id").first()
    return rules.from_dict(book.rules if book else {})


# --- what is looked at, a statement for all sales -------------------------------------------------------------------------------------


async def _listed(access: Access, entity: Entity, parents: Sequence[Narrow], size: int = OF_EACH) -> list[list[Row]]:
    """The newest rows that each narrowing leaves."""
    if not parents:
        return []
    asked = Window(entity, Order(entity.order, descending=True), (), size, forward=True)
    return [list(page.rows) for page in await pages.pages(asked, [(place, [each]) for place, each in enumerate(parents)], access)]


def _of(customer: str) -> Narrow:
    return lambda table, _access: table["customer_id"] == customer


def _from(browser: str, paid_at: datetime) -> Narrow:
    return lambda table, _access: (table["anonymous_id"] == browser) & (table["clicked_at"] <= paid_at + RECENT)


def _before(paid_at: datetime) -> Narrow:
    return lambda table, _access: (table["clicked_at"] >= paid_at - RECENT) & (table["clicked_at"] <= paid_at)
