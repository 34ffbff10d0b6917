"""What the ledger says, in a scenario's words: rows of plain values, all workspaces and modes together, in a fixed order."""

from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from typing import Any

from tortoise.models import Model

from ingest.models.evidence import QuarantinedEvent, StripeEvent
from ingest.models.facts import Subject
from ingest.models.ledger import Consideration, Credit, Dispute, Refund, Sale, SaleReference
from ingest.models.people import Customer, Lead, StripeCustomer
from ingest.models.workspace import Link
from ingest.scenario.telling import World

Row = dict[str, Any]
_SALE = {
    **{name: f"{name}_minor" for name in ("gross", "net", "tax", "shipping", "discount", "refunded", "disputed", "presentment")},
    **{f"converted_{name}": f"converted_{name}_minor" for name in ("gross", "refunded", "disputed", "net")},
    **{name: name for name in ("currency", "converted_currency", "presentment_currency", "rate", "rate_source")},
    **{name: name for name in ("kind", "status", "paid_at", "processor", "off_stripe", "reason")},
    **{name: f"{name}_id" for name in ("session", "invoice", "intent", "charge", "subscription", "stripe_customer")},
    "conflict": "identity_conflict",
    "event": "event_name",
}
_RETURN = {"id": "stripe_id", "amount": "amount_minor", "counted": "counted_minor", "converted": "converted_minor"} | {
    name: name for name in ("currency", "status", "at")
}


async def found(world: World) -> Mapping[str, Any]:
    """Every section that a scenario can expect."""
    reading = _Reading(world, {row.id: row for row in await Customer.all()}, {row.id: row.key for row in await Link.all()})
    sales = sorted(await Sale.all(), key=lambda sale: (sale.paid_at, sale.id))
    events = await StripeEvent.all().order_by("id")
    return {
        "sales": [reading.sale(sale, names, considered) for sale, names, considered in await _with_rows(sales)],
        "refunds": _sorted(reading.returned(row) for row in await Refund.all()),
        "disputes": _sorted(reading.returned(row) for row in await Dispute.all()),
        "leads": [reading.lead(row) for row in sorted(await Lead.all(), key=lambda lead: (lead.at, lead.event_name, lead.id))],
        "customers": _sorted([reading.customer(row, sales) for row in reading.customers.values()], by=("customer", "stripe_customers")),
        "stripe_customers": _sorted([reading.stripe_customer(row) for row in await StripeCustomer.all()], by=("id", "customer")),
        "events": _sorted({"id": row.event_id, "state": row.state.value, "reason": row.reason} for row in events),
        "quarantined": await QuarantinedEvent.all().count(),
        "waiting_for_rates": sum(1 for sale in sales if sale.converted_net_minor is None),
    }


async def faults() -> list[str]:
    """What must never be, whatever a scenario expects: evidence that failed, and sums that do not agree."""
    wrong = [f"{row.event_id}: {row.error}" for row in await StripeEvent.filter(error__isnull=False)]
    wrong += [f"{row.id}: {row.error}" for row in await Subject.filter(error__isnull=False)]
    for sale in await Sale.all():
        shares = await Credit.filter(sale_id=sale.id)
        refunds = await Refund.filter(sale_id=sale.id)
        disputes = await Dispute.filter(sale_id=sale.id)
        wrong += [f"{sale.id}: {what}" for what, right in _sums(sale, shares, refunds, disputes) if not right]
    return wrong


def _sums(sale: Sale, shares: Sequence[Credit], refunds: Sequence[Refund], disputes: Sequence[Dispute]) -> list[tuple[str, bool]]:
    back = sale.refunded_minor + sale.disputed_minor
    converted = [sale.converted_net_minor, sale.converted_refunded_minor, sale.converted_disputed_minor]
    return [
        ("net is not gross less what went back", sale.net_minor == sale.gross_minor - back),
        ("more went back than was paid", 0 <= back <= sale.gross_minor),
        ("refunds do not sum", sum(row.counted_minor for row in refunds) == sale.refunded_minor),
        ("disputes do not sum", sum(row.counted_minor for row in disputes) == sale.disputed_minor),
        ("credits do not sum to net", not shares or sum(row.amount_minor for row in shares) == sale.net_minor),
        ("a click and no credit", bool(shares) == (sale.click_id is not None)),
        ("converted parts do not sum", None in converted or sum(part or 0 for part in converted) == sale.converted_gross_minor),
    ]


async def _with_rows(sales: Iterable[Sale]) -> list[tuple[Sale, list[str], list[str]]]:
    made = []
    for sale in sales:
        names = await SaleReference.filter(sale_id=sale.id).order_by("name").values_list("name", flat=True)
        considered = await Consideration.filter(sale_id=sale.id).order_by("position")
        said = [f"{row.rule} {row.verdict}: {row.reason}" for row in considered]
        made.append((sale, [str(name) for name in names if not str(name).startswith("sale_")], said))
    return made


class _Reading:
    """Turns rows into a scenario's words: clicks, links and workspaces by their names in the file."""

    def __init__(self, world: World, customers: Mapping[str, Customer], links: Mapping[str, str]) -> None:
        self.customers = customers
        self._links = links
        self._clicks = {click: name for name, click in world.clicks.items()}
        self._workspaces = {row.id: slug for slug, row in world.workspaces.items()}

    def sale(self, row: Sale, names: list[str], considered: list[str]) -> Row:
        return {
            **_values(row, _SALE),
            **self._where(row),
            **self._touch(row),
            "customer": self._customer(row.customer_id),
            "names": names,
            "considered": considered,
        }

    def returned(self, row: Refund | Dispute) -> Row:
        return {**_values(row, _RETURN), **self._where(row), "has_sale": row.sale_id is not None}

    def lead(self, row: Lead) -> Row:
        named = {"customer": self._customer(row.customer_id), "event": row.event_name, "source": row.source, "at": row.at}
        return {**named, **self._touch(row), **self._where(row)}

    def customer(self, row: Customer, sales: Iterable[Sale]) -> Row:
        return {
            "customer": row.external_id,
            "email": row.email,
            "name": row.name,
            "stripe_customers": list(row.stripe_customers),
            "deleted": row.deleted_at is not None,
            "sales": sum(sale.customer_id == row.id for sale in sales),
            **self._where(row),
        }

    def stripe_customer(self, row: StripeCustomer) -> Row:
        return {"id": row.stripe_id, "customer": self._customer(row.customer_id), **self._where(row)}

    def _customer(self, customer_id: str) -> str | None:
        return self.customers[customer_id].external_id

    def _touch(self, row: Sale | Lead) -> Row:
        return {"click": self._clicks.get(row.click_id or "", row.click_id), "link": self._links.get(row.link_id or "")}

    def _where(self, row: Any) -> Row:
        return {"workspace": self._workspaces.get(row.workspace_id), "livemode": row.livemode}


def _values(row: Model, names: Mapping[str, str]) -> Row:
    values = {name: getattr(row, column) for name, column in names.items()}
    return {name: value.value if isinstance(value, Enum) else value for name, value in values.items()}


def _sorted(rows: Iterable[Row], *, by: Sequence[str] = ("id", "amount", "at")) -> list[Row]:
    return sorted(rows, key=lambda row: [str(row.get(name) or "") for name in by])
