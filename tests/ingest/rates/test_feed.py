"""The feed over real HTTP: it asks only for what is due, and a source that is away is a line in a row."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from ingest import fx, quotes
from ingest.models.evidence import Rate, RateSource
from ingest.rates import bank, calendar, feed


class Publisher:
    """A source of rates on the loopback: answers what it was given, and remembers what it was asked."""

    def __init__(self) -> None:
        self.answers: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.tokens: set[str | None] = set()
        application = web.Application()
        application.router.add_get("/{name:.*}", self._answer)
        self.server = TestServer(application, host="127.0.0.1")

    async def _answer(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        self.asked.append(name)
        self.tokens.add(request.headers.get("Authorization"))
        return web.Response(body=self.answers[name]) if name in self.answers else web.Response(status=503)

    @property
    def address(self) -> str:
        return str(self.server.make_url("/"))


@pytest.fixture
async def publisher() -> AsyncIterator[Publisher]:
    publisher = Publisher()
    await publisher.server.start_server()
    yield publisher
    await publisher.server.close()


def xml(*days: date) -> bytes:
    cubes = "".join(f"<Cube time='{day}'><Cube currency='USD' rate='1.{day:%m%d}'/></Cube>" for day in days)
    return f"<Envelope xmlns='http://www.ecb.int/vocabulary/2002-08-01/eurofxref'><Cube>{cubes}</Cube></Envelope>".encode()


def after(day: date) -> datetime:
    return calendar.moment(day) + timedelta(minutes=30)


LAST = bank.archive_day()
NEXT = calendar.open_after(LAST)
THEN = calendar.open_after(NEXT)


async def test_the_first_look_learns_the_archive_and_asks_nobody_while_nothing_is_due(database: str, publisher: Publisher) -> None:
    looked = await feed.update(quotes.ECB, feed.Feeds(bank=publisher.address), now=lambda: after(LAST))

    quote = await fx.quote("ECB", "GBP", "USD", after(LAST))
    assert looked == feed.Update("ECB", await Rate.all().count(), calendar.moment(NEXT) - fx.INSTANT, None)
    assert looked.learned > 100_000
    assert quote is not None
    assert quote.published_at == calendar.moment(LAST)
    assert publisher.asked == []


async def known_to(day: date) -> None:
    """As if the archive ended on that day."""
    await RateSource.create(source="ECB", base="EUR", complete_to=calendar.moment(calendar.open_after(day)) - fx.INSTANT)


async def test_one_day_is_asked_for_alone_several_together_and_none_twice(database: str, publisher: Publisher) -> None:
    await known_to(LAST)
    feeds = feed.Feeds(bank=publisher.address)
    later = calendar.open_after(calendar.open_after(THEN))
    days = [NEXT + timedelta(days=number) for number in range((later - NEXT).days + 1)]
    publisher.answers = {"eurofxref-daily.xml": xml(NEXT), "eurofxref-hist-90d.xml": xml(*filter(calendar.is_open, days))}

    for now in (after(NEXT), after(NEXT), after(later), after(later)):
        looked = await feed.update(quotes.ECB, feeds, now=lambda now=now: now)  # type: ignore[misc]  # a default binds the loop's value

    assert publisher.asked == ["eurofxref-daily.xml", "eurofxref-hist-90d.xml"]
    assert looked.complete_to == calendar.moment(calendar.open_after(later)) - fx.INSTANT


async def test_a_gap_of_months_is_closed_by_the_whole_history(database: str, publisher: Publisher) -> None:
    publisher.answers = {"eurofxref-hist.zip": bank.archive()}
    await known_to(LAST - timedelta(days=200))
    awaited = bank.awaited_after((await RateSource.get(source="ECB")).complete_to)

    await feed._learn_bank(feed.Feeds(bank=publisher.address), after(LAST))

    assert publisher.asked == ["eurofxref-hist.zip"]
    assert (await RateSource.get(source="ECB")).complete_to == calendar.moment(NEXT) - fx.INSTANT
    assert (await Rate.all().order_by("published_at").first().values("published_at")) == {"published_at": calendar.moment(awaited)}


async def test_a_bank_that_is_away_is_a_line_in_its_row_and_the_next_answer_clears_it(database: str, publisher: Publisher) -> None:
    await known_to(LAST)
    feeds = feed.Feeds(bank=publisher.address)

    away = await feed.update(quotes.ECB, feeds, now=lambda: after(NEXT))
    said = (await RateSource.get(source="ECB")).error
    publisher.answers = {"eurofxref-daily.xml": xml(NEXT)}
    back = await feed.update(quotes.ECB, feeds, now=lambda: after(NEXT))

    assert away.error is not None
    assert "503" in away.error
    assert said == away.error
    assert (back.error, (await RateSource.get(source="ECB")).error) == (None, None)
    assert back.learned == 1


async def test_a_closed_network_is_no_crash(database: str) -> None:
    await known_to(LAST)

    away = await feed.update(quotes.ECB, feed.Feeds(bank="http://127.0.0.1:1/"), now=lambda: after(NEXT))

    assert away.error is not None
    assert away.learned == 0


async def test_a_file_of_ones_own_serves_what_the_bank_lacks(database: str, tmp_path: Path) -> None:
    path = tmp_path / "rates.csv"
    feeds = feed.Feeds(bank=None, file=path)

    missing = await feed.update(quotes.FILE, feeds)
    path.write_text("date,currency,rate\n2026-11-20,KWD,0.25\n")
    found = await feed.update(quotes.FILE, feeds)

    assert missing.error is not None
    assert "rates.csv" in missing.error
    assert (found.learned, found.error) == (1, None)
    assert await fx.quote("FILE", "KWD", "USD", datetime(2026, 11, 20, 18, tzinfo=UTC)) == quotes.Quote(
        Decimal(4), "FILE", datetime(2026, 11, 20, tzinfo=UTC)
    )


def hourly_answer(at: datetime) -> bytes:
    return b'{"timestamp": %d, "base": "USD", "rates": {"KWD": 0.25}}' % at.timestamp()


async def test_an_hourly_source_is_asked_hourly_with_its_key_out_of_the_address(database: str, publisher: Publisher) -> None:
    feeds = feed.Feeds(bank=None, hourly=publisher.address, key="secret")
    start = datetime(2026, 11, 20, 12, tzinfo=UTC)
    publisher.answers = {"latest.json": hourly_answer(start)}

    await feed.update(quotes.OXR, feeds, now=lambda: start)
    await feed.update(quotes.OXR, feeds, now=lambda: start + timedelta(minutes=59))
    publisher.answers["latest.json"] = hourly_answer(start + timedelta(days=2))
    publisher.answers |= {
        f"historical/2026-11-{day}.json": hourly_answer(datetime(2026, 11, day, 23, 59, 59, tzinfo=UTC)) for day in (20, 21)
    }
    looked = await feed.update(quotes.OXR, feeds, now=lambda: start + timedelta(days=2))

    assert publisher.asked == ["latest.json", "historical/2026-11-20.json", "historical/2026-11-21.json", "latest.json"]
    assert publisher.tokens == {"Token secret"}
    assert (looked.learned, looked.complete_to) == (3, start + timedelta(days=2))


async def test_the_loop_wakes_the_settler_and_one_process_of_many_asks(database: str, publisher: Publisher) -> None:
    await known_to(LAST)
    publisher.answers = {"eurofxref-daily.xml": xml(NEXT)}
    woken = [asyncio.Event() for _ in range(3)]

    async def process(number: int) -> None:
        await feed.run(feed.Feeds(bank=publisher.address), woken[number].set, now=lambda: after(NEXT))

    tasks = [asyncio.create_task(process(number)) for number in range(3)]
    async with asyncio.timeout(10):
        await asyncio.gather(*[event.wait() for event in woken])
    for task in tasks:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    assert publisher.asked == ["eurofxref-daily.xml"]


def test_failures_in_a_row_are_further_and_further_apart() -> None:
    pauses = [feed.pause(failures) for failures in range(1, 20)]

    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (feed.FIRST_PAUSE, feed.LONGEST_PAUSE)
