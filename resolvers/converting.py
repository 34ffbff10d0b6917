"""Converting: a sale's amounts in whatever currency is asked for, at the rate of the moment that it was paid at.

It is the rate that the workspace's source had in force then: evidence, which never changes, and null where the source has none or is not
yet known complete to that moment. In the workspace's own currency it is the rate that stands on the sale.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeAlias

from pypika_tortoise.enums import Order as Direction

from ingest import money
from ingest.models.evidence import Rate, RateSource
from ingest.quotes import SOURCES, Quote, Source, crossed
from resolvers import loading, statements
from resolvers.amounts import Amount
from resolvers.context import Context
from resolvers.entities import WORKSPACE, Row
from resolvers.errors import BadInput

Wanted: TypeAlias = tuple[str, str, datetime]
"""From which currency to which, and when."""
Leg: TypeAlias = tuple[str, datetime]


@dataclass(frozen=True, slots=True)
class Conversion:
    """A sale's figures in one currency, at one rate."""

    rate: Decimal
    source: str | None
    published_at: datetime | None
    gross: Amount
    tax: Amount
    shipping: Amount
    discount: Amount
    refunded: Amount
    disputed: Amount
    net: Amount


async def of_sale(context: Context, sale: Row, currency: str) -> Conversion | None:
    """The sale in this currency; None while no rate is known. The sales of a page take a handful of statements together.

    Raises:
        BadInput: no currency whose decimals are known.
    """
    target = currency.strip().upper()
    if money.exponent(target) is None:
        raise BadInput("currency", "must be a currency of ISO 4217, such as EUR")
    if money.exponent(sale["currency"]) is None:
        return None
    quote = _of_itself(sale, target) or await _quoted(context, (sale["currency"], target, sale["paid_at"]))
    return None if quote is None else _converted(sale, target, quote)


def _of_itself(sale: Row, target: str) -> Quote | None:
    """The rate that needs no looking up: none is needed, or it stands on the sale."""
    if target == sale["currency"]:
        return Quote(Decimal(1), "", sale["paid_at"])
    if target == sale["converted_currency"] and sale["rate_source"] is not None:
        return Quote(Decimal(sale["rate"]), sale["rate_source"], sale["rate_published_at"])
    return None


def _converted(sale: Row, target: str, quote: Quote) -> Conversion:
    """What went back is converted as one running sum, as the ledger does it, so that gross = net + refunded + disputed exactly."""

    def figure(minor: int) -> int:
        return money.convert(minor, source=sale["currency"], target=target, rate=quote.rate)

    gross, refunded = figure(sale["gross_minor"]), figure(sale["refunded_minor"])
    returned = figure(sale["refunded_minor"] + sale["disputed_minor"])
    return Conversion(
        quote.rate,
        quote.source or None,
        quote.published_at if quote.source else None,
        gross=Amount(gross, target),
        tax=Amount(figure(sale["tax_minor"]), target),
        shipping=Amount(figure(sale["shipping_minor"]), target),
        discount=Amount(figure(sale["discount_minor"]), target),
        refunded=Amount(refunded, target),
        disputed=Amount(returned - refunded, target),
        net=Amount(gross - returned, target),
    )


async def _quoted(context: Context, wanted: Wanted) -> Quote | None:
    async def load(asked: list[Wanted]) -> list[Quote | None]:
        source, complete_to = await _source(context)
        if source is None or complete_to is None:
            return [None] * len(asked)
        known = [each for each in asked if each[2] <= complete_to]
        legs = await _in_force(source, {(code, at) for *codes, at in known for code in codes if code != source.base})
        return [_crossed(source, each, legs) if each[2] <= complete_to else None for each in asked]

    found: Quote | None = await context.loader("quotes", load).load(wanted)
    return found


async def _source(context: Context) -> tuple[Source | None, datetime | None]:
    """Where the workspace takes its rates from, and the moment that this is known complete to."""
    workspace = await loading.one(context, WORKSPACE, context.access.workspace_id)
    source = None if workspace is None else SOURCES.get(workspace["fx_source"])
    if source is None:
        return None, None
    query, table = statements.shared(RateSource)
    records = await statements.together(RateSource, [query.select(table["complete_to"]).where(table["source"] == source.name)])
    return source, _moment(RateSource, "complete_to", records[0]["complete_to"]) if records else None


async def _in_force(source: Source, legs: Iterable[Leg]) -> Mapping[Leg, tuple[datetime, Decimal]]:
    """The last rate of each currency published at or before each moment, if it still served then."""
    wanted = sorted(legs)
    queries = []
    for currency, at in wanted:
        query, table = statements.shared(Rate)
        query = query.where((table["source"] == source.name) & (table["currency"] == currency))
        query = query.where((table["published_at"] <= at) & (table["published_at"] > at - source.good_for))
        query = query.select(table["published_at"], table["per_base"])
        queries.append(query.orderby(table["published_at"], order=Direction.desc).limit(1))
    records = await statements.together(Rate, queries)
    return {
        wanted[record[statements.PARENT]]: (_moment(Rate, "published_at", record["published_at"]), Decimal(record["per_base"]))
        for record in records
    }


def _moment(model: Any, column: str, value: Any) -> Any:
    return model._meta.fields_map[column].to_python_value(value)


def _crossed(source: Source, wanted: Wanted, legs: Mapping[Leg, tuple[datetime, Decimal]]) -> Quote | None:
    currency, target, at = wanted
    found = {code: legs.get((code, at)) for code in (currency, target) if code != source.base}
    told = {code: leg for code, leg in found.items() if leg is not None}
    if len(told) < len(found):
        return None
    per_base = {source.base: Decimal(1)} | {code: rate for code, (_, rate) in told.items()}
    return Quote(crossed(per_base[target], per_base[currency]), source.name, min(published for published, _ in told.values()))
