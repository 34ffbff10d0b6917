"""Exchange rates: what each source published and when, and the one rate that a moment has. Rates are stored once and never changed.

A moment's rate is its source's last one published at or before it, and is given only when the source is known complete to that moment.
So an answer, once given, stays: whatever the order in which rates arrive, and however late. `ingest.rates` knows where they come from.
"""

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from weakref import WeakKeyDictionary

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.context import TortoiseContext, require_context
from tortoise.transactions import in_transaction

from ingest.models.evidence import Rate, RateSource
from ingest.quotes import SOURCES, Quote, Source, crossed

INSTANT = timedelta(microseconds=1)
"""The smallest step of time that both databases keep."""
_CODE = re.compile("[A-Z]{3}")
_AHEAD = timedelta(days=1)
_REMEMBERED_DAYS = 4096


@dataclass(frozen=True, slots=True)
class Published:
    """One rate as its source gave it: `per_base` is the decimal in its own digits."""

    currency: str
    at: datetime
    per_base: str


def published(currency: str, at: datetime, text: str) -> Published:
    """A rate as read from outside.

    Raises:
        ValueError: that is no currency code, or no positive decimal of 40 characters at most.
    """
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise ValueError(f"{text!r} is not a rate") from None
    if not (value.is_finite() and value > 0 and len(text) <= 40):
        raise ValueError(f"{text!r} is not a rate")
    if not _CODE.fullmatch(currency):
        raise ValueError(f"{currency!r} is not a currency")
    return Published(currency, at, text)


@dataclass(frozen=True, slots=True)
class Span:
    """A quote and the moments, both included, for which it is the answer for good."""

    since: datetime
    until: datetime
    quote: Quote


_remembered: WeakKeyDictionary[TortoiseContext, dict[tuple[str, str, str, date], list[Span]]] = WeakKeyDictionary()


async def quote(fx_source: str, currency: str, target: str, at: datetime) -> Quote | None:
    """The rate from `currency` to `target` at that moment; None where it is not known yet, or where the source has none: it is pending."""
    if currency == target:
        return Quote(Decimal(1), fx_source, at)
    memory = _remembered.setdefault(require_context(), {})
    key = (fx_source, currency, target, at.date())
    for span in memory.get(key, ()):
        if span.since <= at <= span.until:
            return span.quote
    found = await _looked_up(fx_source, currency, target, at)
    if found is None:
        return None
    if len(memory) >= _REMEMBERED_DAYS:
        del memory[next(iter(memory))]
    memory.setdefault(key, []).append(found)
    return found.quote


async def _looked_up(fx_source: str, currency: str, target: str, at: datetime) -> Span | None:
    state = await RateSource.get_or_none(source=fx_source)
    source = SOURCES.get(fx_source)
    if source is None or state is None or state.complete_to is None or at > state.complete_to:
        return None
    until = min(at + _AHEAD, state.complete_to)
    rows = await Rate.filter(
        source=fx_source, currency__in={currency, target}, published_at__gt=at - source.good_for, published_at__lte=until
    ).values_list("currency", "published_at", "per_base")
    return in_force(source, [Published(*row) for row in rows], currency=currency, target=target, at=at, until=until)


def in_force(source: Source, rates: Iterable[Published], *, currency: str, target: str, at: datetime, until: datetime) -> Span | None:
    """The quote of a moment, of rates that are complete to `until`, and how long it stays."""
    in_order = sorted(rates, key=lambda rate: rate.at)
    legs = {rate.currency: rate for rate in in_order if rate.at <= at}  # the last of each
    if legs.keys() != {currency, target} - {source.base}:
        return None
    oldest, newest = min(rate.at for rate in legs.values()), max(rate.at for rate in legs.values())
    ends = [until, oldest + source.good_for - INSTANT, *(rate.at - INSTANT for rate in in_order if rate.at > at)]
    per_base = {source.base: Decimal(1)} | {rate.currency: Decimal(rate.per_base) for rate in legs.values()}
    return Span(newest, min(ends), Quote(crossed(per_base[target], per_base[currency]), source.name, oldest))


Completion = Callable[[datetime | None, Collection[datetime]], datetime | None]
"""Says how far a source is known, of how far it was and the moments of its stored rates later than that."""


async def learn(source: Source, rates: Sequence[Published], complete: Completion) -> int:
    """Store what a source published, whole or not at all, and how far it is known complete by that. Returns how many rates were new.

    A rate for a moment that was already known complete is taken only where its currency had none in force then: no answer ever changes.
    """
    async with in_transaction() as connection:
        await RateSource.get_or_create(source=source.name, defaults={"base": source.base})
        state = await RateSource.select_for_update().get(source=source.name)
        fresh = await _fresh(source, state.complete_to, rates)
        await _insert(connection, source.name, fresh)
        later = Rate.filter(source=source.name)
        if state.complete_to is not None:
            later = later.filter(published_at__gt=state.complete_to)
        moments: set[Any] = set(await later.distinct().values_list("published_at", flat=True))
        state.complete_to = complete(state.complete_to, moments)
        await state.save(update_fields=["complete_to"])
    return len(fresh)


async def _fresh(source: Source, complete_to: datetime | None, rates: Sequence[Published]) -> list[Published]:
    if not rates:
        return []
    first, last = min(rate.at for rate in rates), max(rate.at for rate in rates)
    rows = await Rate.filter(source=source.name, published_at__gt=first - source.good_for, published_at__lte=last).values_list(
        "currency", "published_at"
    )
    stored: dict[str, set[datetime]] = {}
    for currency, at in rows:
        stored.setdefault(currency, set()).add(at)
    known_to = complete_to or datetime.min.replace(tzinfo=UTC)
    return [rate for rate in rates if rate.currency != source.base and _is_fresh(rate, known_to, stored.get(rate.currency, set()), source)]


def _is_fresh(rate: Published, known_to: datetime, stored: Collection[datetime], source: Source) -> bool:
    if rate.at in stored:
        return False
    return rate.at > known_to or not any(rate.at - source.good_for < moment < rate.at for moment in stored)


async def _insert(connection: BaseDBAsyncClient, source: str, rates: Sequence[Published]) -> None:
    marks = "?, ?, ?, ?" if connection.capabilities.dialect == "sqlite" else "$1, $2, $3, $4"
    statement = f"INSERT INTO rate (source, currency, published_at, per_base) VALUES ({marks}) ON CONFLICT DO NOTHING"  # noqa: S608  # four marks
    if rates:
        await connection.execute_many(statement, [[source, rate.currency, rate.at, rate.per_base] for rate in rates])
