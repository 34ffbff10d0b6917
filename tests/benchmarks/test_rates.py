"""What exchange rates cost: the first import, a first look-up, and one that is remembered."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from ingest import fx, quotes
from ingest.models.evidence import Rate
from ingest.rates import bank, calendar, feed

pytestmark = pytest.mark.benchmark


async def test_the_cost_of_rates(database: str, engine: str) -> None:
    now = calendar.moment(bank.archive_day())
    started = time.perf_counter()
    await feed.update(quotes.ECB, feed.Feeds(bank=None), now=lambda: now)
    imported = time.perf_counter() - started

    moments = [datetime(2025, 1, 1, tzinfo=UTC) + timedelta(hours=7 * step) for step in range(1_000)]
    seconds = []
    for _ in range(2):
        started = time.perf_counter()
        for moment in moments:
            assert await fx.quote("ECB", "GBP", "USD", moment) is not None
        seconds.append(time.perf_counter() - started)

    print(
        f"\n{engine}: {await Rate.all().count()} rates imported in {imported:.2f} s; a quote {seconds[0]:.2f} ms, again {seconds[1]:.3f} ms"
    )
