"""Which sales wait for a rate, and for what: a source that lacks their currency, or one that is not known complete to them yet."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tortoise.functions import Count, Min

from ingest import quotes
from ingest.models.evidence import Rate
from ingest.models.ledger import Sale


class Lack(StrEnum):
    """What is missing."""

    SOURCE = "SOURCE"  # the workspace names a source that we do not know
    CURRENCY = "CURRENCY"  # the source has never had a rate for it: it waits for another source
    TIME = "TIME"  # the source is not known complete to it yet, or has a gap there


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Sales of one workspace, mode and currency that have no converted amount."""

    workspace: str
    livemode: bool
    source: str
    currency: str
    target: str
    sales: int
    first_paid_at: datetime
    lack: Lack


async def listed() -> list[Waiting]:
    """What waits, of every workspace, in a stable order."""
    names = {"workspace__slug": "workspace", "livemode": "livemode", "workspace__fx_source": "source", "currency": "currency"}
    waiting = (
        Sale.filter(converted_net_minor__isnull=True)
        .annotate(sales=Count("id"), first_paid_at=Min("paid_at"))
        .group_by(*names, "converted_currency")
        .order_by(*names, "converted_currency")
        .values("sales", "first_paid_at", "converted_currency", *names)
    )
    has = {name: await _currencies(source) for name, source in quotes.SOURCES.items()}
    return [
        Waiting(
            **{field: row[name] for name, field in names.items()},
            target=row["converted_currency"],
            sales=row["sales"],
            first_paid_at=row["first_paid_at"],
            lack=lack(has.get(row["workspace__fx_source"]), {row["currency"], row["converted_currency"]}),
        )
        for row in await waiting
    ]


def lack(has: set[str] | None, wanted: set[str]) -> Lack:
    """Why there is no rate between the currencies `wanted`, of a source that has ever had these."""
    if has is None:
        return Lack.SOURCE
    return Lack.TIME if wanted <= has else Lack.CURRENCY


async def _currencies(source: quotes.Source) -> set[str]:
    found = await Rate.filter(source=source.name).distinct().values_list("currency", flat=True)
    return {source.base, *(str(currency) for currency in found)}
