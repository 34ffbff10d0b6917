"""What speaks for clicks that a sale is not credited with, read in a handful of statements however large the workspace is."""

from collections.abc import Iterable, Sequence
from typing import Any

from ingest.credit import rules, suggest
from ingest.credit.reasons import Reason
from ingest.credit.suggest import RECENT, Hint, Suggestion, Why
from ingest.models.evidence import Click
from ingest.models.ledger import Consideration, Customer, Lead, Sale
from ingest.models.workspace import Ruleset
from resolvers.context import Context
from resolvers.entities import Row

LIMIT = 50
"""Rows of each kind that are looked at."""


async def suggestions(context: Context, sale: Row) -> tuple[Suggestion, ...]:
    """The likeliest clicks for a sale, for a person to judge; none for a sale that is credited."""
    if sale["click_id"] is not None:
        return ()
    tenant: dict[str, Any] = {"workspace_id": context.access.workspace_id, "livemode": context.access.livemode}
    customer = await Customer.filter(id=sale["customer_id"], **tenant).first()
    if customer is None:
        return ()
    known = await _known(tenant, sale, customer)
    hints = [*known, *await _same_browser(tenant, sale, known), *await _shortly_before(tenant, sale, customer)]
    detached = await Consideration.filter(sale_id=sale["id"], reason=Reason.DETACHED, **tenant).values_list("click_id", flat=True)
    book = await Ruleset.filter(workspace_id=tenant["workspace_id"]).order_by("-effective_at", "-id").first()
    in_force = rules.from_dict(book.rules if book else {})
    return suggest.rank(hints, sale["paid_at"], in_force, refused=frozenset(str(each) for each in detached))


async def _known(tenant: dict[str, Any], sale: Row, customer: Customer) -> list[Hint]:
    """Clicks of the customer's own leads and other sales, and of those who have the same e-mail."""
    peers = [customer.id]
    if customer.email_key:
        peers += [row.id for row in await Customer.filter(email_key=customer.email_key, **tenant).order_by("id").limit(LIMIT).only("id")]
    about = {"customer_id__in": peers, "click_id__isnull": False, **tenant}
    leads = await Lead.filter(**about).order_by("-at").limit(LIMIT)
    sales = await Sale.filter(**about).exclude(id=sale["id"]).order_by("-paid_at").limit(LIMIT)
    rows: list[Lead | Sale] = [*leads, *sales]
    clicks = await _clicks(tenant, {row.click_id for row in rows if row.click_id})
    return [
        Hint(row.click_id, clicks[row.click_id].clicked_at, Why.SAME_CUSTOMER if row.customer_id == customer.id else Why.SAME_EMAIL, row.id)
        for row in rows
        if row.click_id and row.click_id in clicks
    ]


async def _clicks(tenant: dict[str, Any], wanted: Iterable[str]) -> dict[str, Click]:
    found = await Click.filter(id__in=list(wanted), workspace_id=tenant["workspace_id"], bot=False)
    return {click.id: click for click in found}


async def _same_browser(tenant: dict[str, Any], sale: Row, known: Sequence[Hint]) -> list[Hint]:
    theirs = await _clicks(tenant, {hint.click_id for hint in known})
    browsers = {click.anonymous_id: click.id for click in theirs.values() if click.anonymous_id}
    if not browsers:
        return []
    near = Click.filter(workspace_id=tenant["workspace_id"], anonymous_id__in=list(browsers), bot=False)
    found = await near.filter(clicked_at__lte=sale["paid_at"] + RECENT).order_by("-clicked_at").limit(LIMIT)
    return [Hint(click.id, click.clicked_at, Why.SAME_BROWSER, browsers[click.anonymous_id or ""]) for click in found]


async def _shortly_before(tenant: dict[str, Any], sale: Row, customer: Customer) -> list[Hint]:
    if not customer.country:
        return []
    paid_at = sale["paid_at"]
    near = Click.filter(workspace_id=tenant["workspace_id"], clicked_at__gte=paid_at - RECENT, clicked_at__lte=paid_at, bot=False)
    found = await near.filter(country=customer.country).order_by("-clicked_at").limit(LIMIT)
    return [Hint(click.id, click.clicked_at, Why.SHORTLY_BEFORE, click.id) for click in found]
