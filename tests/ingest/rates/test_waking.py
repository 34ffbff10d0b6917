"""A sale before its rate: kept as it came, converted when the rate comes, and by the same rate ever after."""

from datetime import timedelta
from pathlib import Path

from ingest import quotes
from ingest.models.workspace import Workspace
from ingest.rates import feed, waiting
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
