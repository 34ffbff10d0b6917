"""A moment has one rate: the same whatever the order in which rates arrive, and never another one later."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest import fx, quotes
from ingest.models.evidence import Rate, RateSource
from ingest.rates import calendar
from ingest.rates.bank import FIRST_DAY, Document

FRIDAY, MONDAY = date(2026, 11, 20), date(2026, 11, 23)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def published(day: date, **rates: str) -> list[fx.Published]:
    return [fx.Published(currency, calendar.moment(day), text) for currency, text in rates.items()]


def document(first: date, last: date) -> Document:
    """Every publication of the last weeks of a span, each day's rates its own."""
    days = [last - timedelta(days=ago) for ago in range(min((last - first).days, 20), -1, -1)]
    rates = [rate for day in days if calendar.is_open(day) for rate in published(day, USD=f"1.{day:%m%d}", JPY=f"17{day:%d}.5")]
    return Document(first, last, tuple(rates))


async def learn(*documents: Document) -> None:
    for each in documents:
        await fx.learn(quotes.ECB, each.rates, each.complete)


async def test_a_sale_of_sunday_converts_at_fridays_rate_without_waiting_for_monday(database: str) -> None:
    await learn(document(FIRST_DAY, FRIDAY))

    sunday = await fx.quote("ECB", "EUR", "USD", at("2026-11-22 12:00"))

    assert sunday == quotes.Quote(Decimal("1.1120"), "ECB", at("2026-11-20 15:00"))


@pytest.mark.parametrize(
    ("moment", "rate"),
    [("14:59:59.999999", "1.1119"), ("15:00:00", "1.1120"), ("15:00:00.000001", "1.1120")],
)
async def test_a_rate_holds_from_the_moment_it_was_published(database: str, moment: str, rate: str) -> None:
    await learn(document(FIRST_DAY, FRIDAY))

    quote = await fx.quote("ECB", "EUR", "USD", at(f"2026-11-20 {moment}"))

    assert quote is not None
    assert quote.rate == Decimal(rate)


async def test_what_comes_after_the_next_publication_is_pending_until_that_is_known(database: str) -> None:
    await learn(document(FIRST_DAY, FRIDAY))
    before, after = at("2026-11-23 14:59:59.999999"), at("2026-11-23 15:00")

    pending = await fx.quote("ECB", "EUR", "USD", before), await fx.quote("ECB", "EUR", "USD", after)
    await learn(document(MONDAY, MONDAY))
    known = await fx.quote("ECB", "EUR", "USD", before), await fx.quote("ECB", "EUR", "USD", after)

    assert pending[0] is not None
    assert pending[1] is None
    assert [quote.rate for quote in known if quote] == [Decimal("1.1120"), Decimal("1.1123")]


@pytest.mark.parametrize(
    ("currency", "target", "rate"),
    [("USD", "EUR", "0.899280575539568"), ("JPY", "USD", "0.00647222820424769"), ("EUR", "JPY", "171.811"), ("KWD", "KWD", "1")],
)
async def test_a_cross_rate_is_one_division_to_fifteen_digits(database: str, currency: str, target: str, rate: str) -> None:
    await fx.learn(quotes.ECB, published(FRIDAY, USD="1.112", JPY="171.811"), document(FIRST_DAY, FRIDAY).complete)

    quote = await fx.quote("ECB", currency, target, at("2026-11-21 00:00"))

    assert quote is not None
    assert str(quote.rate) == rate


@pytest.mark.parametrize(("source", "currency"), [("ECB", "KWD"), ("ECB", "ZZZ"), ("FILE", "EUR"), ("NOBODY", "EUR")])
async def test_what_a_source_does_not_have_is_pending(database: str, source: str, currency: str) -> None:
    await learn(document(FIRST_DAY, FRIDAY))

    assert await fx.quote(source, currency, "USD", at("2026-11-21 00:00")) is None
    assert await fx.quote(source, "USD", currency, at("2026-11-21 00:00")) is None


async def test_a_currency_that_its_source_gave_up_does_not_keep_its_last_rate(database: str) -> None:
    gave_up = published(FRIDAY - timedelta(days=14), RUB="117.2")
    complete = document(FIRST_DAY, FRIDAY)
    await fx.learn(quotes.ECB, [*complete.rates, *gave_up], complete.complete)

    assert await fx.quote("ECB", "RUB", "EUR", gave_up[0].at + timedelta(days=7, microseconds=-1)) is not None
    assert await fx.quote("ECB", "RUB", "EUR", gave_up[0].at + timedelta(days=7)) is None


async def test_a_late_rate_fills_a_gap_and_never_replaces_what_a_sale_may_have_used(database: str) -> None:
    complete = document(FIRST_DAY, FRIDAY).complete
    await fx.learn(quotes.FILE, [fx.Published("EUR", at("2026-11-02 00:00"), "0.9")], complete)

    late = [fx.Published("EUR", at("2026-11-09 00:00"), "0.5"), fx.Published("KWD", at("2026-11-02 00:00"), "0.3")]
    learned = await fx.learn(quotes.FILE, late, complete)

    euro, dinar = [await fx.quote("FILE", currency, "USD", at("2026-11-10 00:00")) for currency in ("EUR", "KWD")]
    assert learned == 1
    assert euro == quotes.Quote(Decimal("1.11111111111111"), "FILE", at("2026-11-02 00:00"))
    assert dinar == quotes.Quote(Decimal("3.33333333333333"), "FILE", at("2026-11-02 00:00"))


async def test_learning_the_same_again_changes_nothing(database: str) -> None:
    await learn(document(FIRST_DAY, FRIDAY))
    before = await Rate.all().count(), await RateSource.get(source="ECB")

    again = await fx.learn(quotes.ECB, document(FIRST_DAY, FRIDAY).rates, document(FIRST_DAY, FRIDAY).complete)

    assert again == 0
    assert (await Rate.all().count(), await RateSource.get(source="ECB")) == before


DOCUMENTS = [
    document(FIRST_DAY, date(2026, 10, 30)),
    document(date(2026, 8, 24), date(2026, 11, 12)),
    *[document(day, day) for day in (date(2026, 11, 12), date(2026, 11, 13), date(2026, 11, 16), date(2026, 11, 17))],
]
MOMENTS = [at("2026-10-28 12:00") + timedelta(hours=11 * step) for step in range(50)]


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(DOCUMENTS), repeated=st.sampled_from(DOCUMENTS))
async def test_any_order_of_arrival_ends_in_the_same_quotes_and_none_changes_on_the_way(
    database: str, order: Sequence[Document], repeated: Document
) -> None:
    expected = await answers(DOCUMENTS)

    seen = await answers([*order, repeated])

    assert seen == expected


async def answers(documents: Sequence[Document]) -> list[quotes.Quote | None]:
    """What each moment is quoted at the end; asserts that whatever was quoted before is what is quoted then."""
    await Rate.all().delete()
    await RateSource.all().delete()
    fx._remembered.clear()
    known: list[quotes.Quote | None] = [None] * len(MOMENTS)
    for each in documents:
        await learn(each)
        now = [await fx.quote("ECB", "JPY", "USD", moment) for moment in MOMENTS]
        assert all(before in {None, after} for before, after in zip(known, now, strict=True))
        known = now
    return known
