"""What speaks for clicks that sales are not credited with: one statement for each thing that is looked at, whatever the number of sales."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from pypika_tortoise.queries import Table
from pypika_tortoise.terms import Criterion

from ingest.credit import rules, suggest
from ingest.credit.reasons import Reason
from ingest.credit.rules import Rules
from ingest.credit.suggest import RECENT, Hint, Suggestion, Why
from ingest.models.evidence import Click
from ingest.models.ledger import Consideration, Customer
from ingest.models.workspace import Ruleset
from resolvers import pages
from resolvers.context import Access, Context
from resolvers.cursors import Order
from resolvers.entities import CLICK, CUSTOMER, LEAD, SALE, Entity, Row
from resolvers.pages import Window

LIMIT = 50
"""Rows of each kind that are looked at for one sale."""
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
    found = await _listed(access, CUSTOMER, [_known_by(key) for key in keys])
    named = {key: [row["id"] for row in rows] for key, rows in zip(keys, found, strict=True)}
    return {row.id: list(dict.fromkeys([row.id, *named.get(row.email_key or "", ())])) for row in customers.values()}


async def _known(access: Access, sales: Sequence[Uncredited], peers: Mapping[str, Sequence[str]]) -> Hints:
    """Clicks of the customer's own leads and other sales, and of those who have the same e-mail."""
    parents = [_of(peers.get(sale.customer_id, (sale.customer_id,))) for sale in sales]
    leads, others = await _listed(access, LEAD, parents), await _listed(access, SALE, parents)
    rows = [[*of_leads, *of_sales] for of_leads, of_sales in zip(leads, others, strict=True)]
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
    asked = [place for place, browsers in enumerate(theirs) if browsers]
    parents = [_from(sorted(theirs[place]), sales[place].paid_at) for place in asked]
    found: Hints = [[] for _ in sales]
    for place, rows in zip(asked, await _listed(access, CLICK, parents), strict=True):
        found[place] = [Hint(row["id"], row["clicked_at"], Why.SAME_BROWSER, theirs[place][row["anonymous_id"]]) for row in rows]
    return found


async def _shortly_before(access: Access, sales: Sequence[Uncredited], customers: Mapping[str, Customer]) -> Hints:
    countries = [customers[sale.customer_id].country if sale.customer_id in customers else None for sale in sales]
    asked = [place for place, country in enumerate(countries) if country]
    parents = [_near(countries[place], sales[place].paid_at) for place in asked]
    found: Hints = [[] for _ in sales]
    for place, rows in zip(asked, await _listed(access, CLICK, parents), strict=True):
        found[place] = [Hint(row["id"], row["clicked_at"], Why.SHORTLY_BEFORE, row["id"]) for row in rows]
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

Narrowing = Callable[[Table, Access], Criterion]


async def _listed(access: Access, entity: Entity, parents: Sequence[Narrowing]) -> list[list[Row]]:
    """The newest rows that each narrowing leaves."""
    if not parents:
        return []
    asked = Window(entity, Order(entity.order, descending=True), (), LIMIT, forward=True)
    return [list(page.rows) for page in await pages.pages(asked, list(enumerate(parents)), access)]


def _known_by(email_key: str) -> Narrowing:
    return lambda table, _access: table["email_key"] == email_key


def _of(customers: Sequence[str]) -> Narrowing:
    return lambda table, _access: table["customer_id"].isin(list(customers)) & table["click_id"].notnull()


def _from(browsers: Sequence[str], paid_at: datetime) -> Narrowing:
    return lambda table, _access: table["anonymous_id"].isin(list(browsers)) & (table["clicked_at"] <= paid_at + RECENT) & _person(table)


def _near(country: str | None, paid_at: datetime) -> Narrowing:
    return lambda table, _access: (
        (table["country"] == country) & (table["clicked_at"] >= paid_at - RECENT) & (table["clicked_at"] <= paid_at) & _person(table)
    )


def _person(table: Table) -> Criterion:
    found: Criterion = table["bot"] == False  # noqa: E712  # SQL's comparison
    return found
