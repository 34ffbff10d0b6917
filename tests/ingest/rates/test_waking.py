"""A sale before its rate: kept as it came, converted when the rate comes, and by the same rate ever after."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from tortoise.transactions import in_transaction

from ingest import quotes
from ingest.models.facts import Subject
from ingest.models.workspace import Workspace
from ingest.rates import feed, waiting
from ingest.settle import batch, lookups
from ingest.settle.scope import Scope
from tests.story import PAID_AT, begin


async def test_a_rate_that_comes_converts_the_sales_that_waited_and_a_later_one_changes_nothing(database: str, tmp_path: Path) -> None:
    story = await begin()
    await Workspace.filter(id=story.workspace.id).update(fx_source="FILE")
    await story.sale("user_1", amount=1_000, currency="kwd")
    path, feeds = tmp_path / "rates.csv", feed.Feeds(bank=None, file=tmp_path / "rates.csv")

    pending = (await story.settled()).sale
    waited = [(line.currency, line.lack) for line in await waiting.listed()]
    path.write_text(f"date,currency,rate\n{PAID_AT.date()},KWD,0.25\n")
    await feed.update(quotes.FILE, feeds)
    converted = (await story.settled()).sale
    path.write_text(
        f"date,currency,rate\n{PAID_AT.date() + timedelta(days=1)},KWD,0.5\n{(PAID_AT - timedelta(minutes=1)).isoformat()},KWD,0.1\n"
    )
    await feed.update(quotes.FILE, feeds)
    later = (await story.settled()).sale

    assert (pending["currency"], pending["gross_minor"], pending["converted_net_minor"], pending["rate"]) == ("KWD", 1_000, None, None)
    assert waited == [("KWD", waiting.Lack.CURRENCY)]
    assert (converted["converted_gross_minor"], converted["converted_currency"], converted["rate"]) == (400, "USD", "4")
    assert later == converted
    assert await waiting.listed() == []


@pytest.mark.parametrize("engine", ["postgres"], indirect=True)
async def test_a_rate_that_comes_in_the_middle_of_a_batch_finds_the_sales_of_that_batch(database: str, tmp_path: Path) -> None:
    """The batch looked before the rate was there, and that it waits for one is not yet committed when the rate is."""
    story = await begin()
    await Workspace.filter(id=story.workspace.id).update(fx_source="FILE")
    await story.sale("user_1", amount=1_000, currency="kwd")
    path, looked = tmp_path / "rates.csv", asyncio.Event()
    path.write_text(f"date,currency,rate\n{PAID_AT.date()},KWD,0.25\n")

    async def comes() -> None:
        await looked.wait()
        await feed.update(quotes.FILE, feed.Feeds(bank=None, file=path))

    coming = asyncio.create_task(comes())
    async with in_transaction():
        await batch.settle(Scope(story.workspace.id, livemode=False))
        looked.set()
        await asyncio.sleep(0.5)
    await coming

    assert (await story.settled()).sale["converted_gross_minor"] == 400


async def test_many_who_wait_for_a_rate_are_woken_some_at_a_time(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookups, "AT_ONCE", 2)
    story, other = await begin(), await begin("other")
    path = tmp_path / "rates.csv"
    for tale, count in ((story, 5), (other, 2)):
        await Workspace.filter(id=tale.workspace.id).update(fx_source="FILE")
        for number in range(count):
            await tale.sale(f"user_{number}", amount=1_000, currency="kwd", livemode=number == 1)
        await tale.settled()
    path.write_text(f"date,currency,rate\n{PAID_AT.date()},KWD,0.25\n")
    await feed.update(quotes.FILE, feed.Feeds(bank=None, file=path))

    assert await lookups.wake_for_rates() == 7
    assert [sale["converted_gross_minor"] for tale in (story, other) for sale in (await tale.settled()).sales] == [400] * 7
    assert await lookups.wake_for_rates() == 0


async def test_a_source_that_lacks_a_currency_wakes_nobody_who_waits_for_it_until_it_has_it(database: str, tmp_path: Path) -> None:
    story = await begin()
    await Workspace.filter(id=story.workspace.id).update(fx_source="FILE")
    for currency in ("kwd", "bhd", "jpy"):
        await story.sale(f"user_{currency}", amount=1_000, currency=currency)
    await story.settled()
    path, feeds = tmp_path / "rates.csv", feed.Feeds(bank=None, file=tmp_path / "rates.csv")
    path.write_text(f"date,currency,rate\n{PAID_AT.date()},KWD,0.25\n")

    await feed.update(quotes.FILE, feeds)
    woken = await Subject.filter(dirty=True).count()
    some = [sale["currency"] for sale in (await story.settled()).sales if sale["rate"]]
    path.write_text(f"date,currency,rate\n{PAID_AT.date()},KWD,0.25\n{PAID_AT.date()},BHD,0.5\n{PAID_AT.date()},JPY,100\n")
    await feed.update(quotes.FILE, feeds)

    assert (woken, some) == (1, ["KWD"])
    assert all(sale["rate"] for sale in (await story.settled()).sales)
