"""Keeps rates arriving: the Bank's archive at the first start, then what each source publishes, when something is due.

A source that is away costs a line in its row and a longer pause, never the server; nothing is asked for that is already known.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urljoin

from tortoise.exceptions import BaseORMException
from tortoise.expressions import Q

from ingest import fx, quotes
from ingest.errors import RatesUnreadable
from ingest.models.evidence import RateSource
from ingest.rates import bank, calendar, hourly, own
from ingest.settle import lookups

LOOK = timedelta(minutes=10)
"""Between two looks at whether something is due; a look alone asks nobody."""
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=1)
"""After the first failure, and after many: the pause doubles in between."""
SPACING = timedelta(seconds=30)
"""No two processes ask one source within it."""
_TOTAL_S, _CONNECT_S = 60, 10
_SHORT_GAP = timedelta(days=80)
_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Feeds:
    """Where rates come from. Addresses end with a slash."""

    bank: str | None = "https://www.ecb.europa.eu/stats/eurofxref/"
    """None leaves the package's archive alone."""
    file: Path | None = None
    hourly: str = "https://openexchangerates.org/api/"
    key: str | None = None
    """Of the hourly source, which is asked only with one."""

    @property
    def sources(self) -> list[quotes.Source]:
        return [quotes.ECB] + [quotes.FILE] * (self.file is not None) + [quotes.OXR] * (self.key is not None)


@dataclass(frozen=True, slots=True)
class Update:
    """What one look brought: how many new rates, how far the source is known, and what was wrong."""

    source: str
    learned: int
    complete_to: datetime | None
    error: str | None


def _now() -> datetime:
    return datetime.now(UTC)


async def update(source: quotes.Source, feeds: Feeds, *, now: Callable[[], datetime] = _now) -> Update:
    """Fetch and store what `source` has published and we do not know, and have the sales that wait for a rate settled again.

    An error is kept in the source's row, and returned.
    """
    await RateSource.get_or_create(source=source.name, defaults={"base": source.base})
    learned, error, before = 0, None, await _known_to(source)
    try:
        for step in _STEPS[source.name]:
            learned += await step(feeds, now())
    except RatesUnreadable as wrong:
        error = wrong.detail
    await RateSource.filter(source=source.name).update(checked_at=now(), error=error)
    known_to = await _known_to(source)
    if learned or known_to != before:
        await lookups.wake_for_rates()
    return Update(source.name, learned, known_to, error)


async def run(feeds: Feeds, arrived: Callable[[], object], *, now: Callable[[], datetime] = _now) -> None:
    """Follow every source until cancelled. `arrived` is called at the start, and when rates arrived, through whichever process."""
    async with asyncio.TaskGroup() as following:
        for source in feeds.sources:
            following.create_task(_follow(source, feeds, arrived, now), name=f"rates of {source.name}")


async def _follow(source: quotes.Source, feeds: Feeds, arrived: Callable[[], object], now: Callable[[], datetime]) -> None:
    failures, seen = 0, None
    while True:
        try:
            look = await _look(source, feeds, now)
            if seen is None:  # a process may have died between learning rates and waking who waits for them
                await lookups.wake_for_rates()
        except (BaseORMException, OSError) as wrong:  # the database is away, as every request will say too
            look = Update(source.name, 0, seen, str(wrong))
        if look.learned or look.complete_to != seen:
            arrived()
        if look.error is not None:
            _log.warning("rates of %s not updated: %s", source.name, look.error)
        seen, failures = look.complete_to, failures + 1 if look.error else 0
        await asyncio.sleep(pause(failures).total_seconds())


async def _look(source: quotes.Source, feeds: Feeds, now: Callable[[], datetime]) -> Update:
    if await _is_our_turn(source, now()):
        return await update(source, feeds, now=now)
    return Update(source.name, 0, await _known_to(source), None)


def pause(failures: int) -> timedelta:
    """Until the next look, after so many failures in a row."""
    return min(FIRST_PAUSE * 2 ** min(failures - 1, 10), LONGEST_PAUSE) if failures else LOOK


async def _is_our_turn(source: quotes.Source, now: datetime) -> bool:
    """Whether no process looked just now; the one that is told so has taken the turn."""
    await RateSource.get_or_create(source=source.name, defaults={"base": source.base})
    rested = Q(checked_at__isnull=True) | Q(checked_at__lt=now - SPACING)
    return await RateSource.filter(rested, source=source.name).update(checked_at=now) == 1


async def _known_to(source: quotes.Source) -> datetime | None:
    return (await RateSource.get(source=source.name)).complete_to


async def _learn_archive(_feeds: Feeds, _now: datetime) -> int:
    awaited = bank.awaited_after(await _known_to(quotes.ECB))
    if awaited > await asyncio.to_thread(bank.archive_day):
        return 0
    return await _learn_documents(await asyncio.to_thread(lambda: bank.read_history(bank.archive(), awaited)))


async def _learn_bank(feeds: Feeds, now: datetime) -> int:
    awaited = bank.awaited_after(await _known_to(quotes.ECB))
    if feeds.bank is None or now < calendar.moment(awaited):
        return 0
    if now >= calendar.moment(awaited) + _SHORT_GAP:
        content = await _fetched(quotes.ECB, urljoin(feeds.bank, "eurofxref-hist.zip"))
        return await _learn_documents(await asyncio.to_thread(bank.read_history, content, awaited))
    alone = now < calendar.moment(calendar.open_after(awaited))
    content = await _fetched(quotes.ECB, urljoin(feeds.bank, "eurofxref-daily.xml" if alone else "eurofxref-hist-90d.xml"))
    return await _learn_documents([bank.read_days(content)])


async def _learn_documents(documents: Sequence[bank.Document]) -> int:
    return sum([await fx.learn(quotes.ECB, document.rates, document.complete) for document in documents])


async def _learn_file(feeds: Feeds, _now: datetime) -> int:
    if feeds.file is None:
        return 0
    try:
        text = await asyncio.to_thread(feeds.file.read_text, "utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise RatesUnreadable(quotes.FILE.name, f"{feeds.file.name} cannot be read: {error}") from error
    file = own.read(text.splitlines())
    return await fx.learn(quotes.FILE, file.rates, file.complete)


async def _learn_hourly(feeds: Feeds, now: datetime) -> int:
    known_to = await _known_to(quotes.OXR)
    if feeds.key is None or (known_to is not None and now < known_to + timedelta(hours=1)):
        return 0
    names = [f"historical/{day}.json" for day in hourly.missed(known_to, now)] + ["latest.json"]
    token = {"Authorization": f"Token {feeds.key}"}  # in a header, because addresses end up in errors and logs
    answers = [hourly.read(await _fetched(quotes.OXR, urljoin(feeds.hourly, name), token)) for name in names]
    snapshots = hourly.Snapshots(tuple(answers))
    return await fx.learn(quotes.OXR, snapshots.rates, snapshots.complete)


async def _fetched(source: quotes.Source, address: str, headers: dict[str, str] | None = None) -> bytes:
    """The body at an address, bounded. Raises RatesUnreadable for whatever a network can do."""
    import aiohttp  # by who asks: to load it takes a twelfth of a start

    timeout = aiohttp.ClientTimeout(total=_TOTAL_S, connect=_CONNECT_S)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout, raise_for_status=True) as session,
            session.get(address, headers=headers) as response,
        ):
            body = bytearray()
            async for part in response.content.iter_any():
                body += part
                if len(body) > bank.LARGEST:
                    raise RatesUnreadable(source.name, f"{address}: larger than any document of rates")
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise RatesUnreadable(source.name, f"{address}: {str(error) or type(error).__name__}") from error
    return bytes(body)


_STEPS: dict[str, tuple[Callable[[Feeds, datetime], Awaitable[int]], ...]] = {
    quotes.ECB.name: (_learn_archive, _learn_bank),
    quotes.FILE.name: (_learn_file,),
    quotes.OXR.name: (_learn_hourly,),
}
