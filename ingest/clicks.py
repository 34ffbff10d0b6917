"""Clicks: recorded in groups, each committed before its visitor is sent on.

A flush starts when the last one has ended and nobody else is on the way, with no timer. While the database is away clicks go to the
spool, and from there to the database later; a click that is written twice is one row, because its id is.
"""

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from enum import Enum
from functools import partial
from typing import Any, NamedTuple

from tortoise.exceptions import IntegrityError

from ingest import turns
from ingest.arrivals import Arrived
from ingest.models.evidence import Click
from ingest.redact import suppression
from ingest.rollups import deltas
from ingest.spool import Segment, Spool, claimed

GROUP = 500
"""Clicks of one INSERT: SQLite takes 32,766 parameters at most."""
PATIENCE_S = 3.0
"""How long visitors wait for the database before the spool takes their clicks."""
RETRY_S = 1.0
_log = logging.getLogger(__name__)


class Seen(NamedTuple):
    """A click that was seen and is not yet stored: the columns of `Click`, by their names, as derived text that fits them."""

    id: str
    workspace_id: int
    link_id: str
    clicked_at: datetime
    url: str
    visitor: str | None = None
    anonymous_id: str | None = None
    country: str | None = None
    region: str | None = None
    city: str | None = None
    device: str | None = None
    browser: str | None = None
    os: str | None = None
    referer: str | None = None
    referer_url: str | None = None
    utm_source: str | None = None
    utm_medium: str | None = None
    utm_campaign: str | None = None
    utm_term: str | None = None
    utm_content: str | None = None
    trigger: str = "link"
    bot: bool = False


Tell = Callable[[Sequence[Arrived]], None]
COLUMNS = Seen._fields
_NEW = " ON CONFLICT (id) DO NOTHING RETURNING id"
_POSTGRES_TYPES = {"workspace_id": "int", "clicked_at": "timestamptz", "bot": "bool"}


class Kept(Enum):
    """Where a click is when `Recorder.record` returns."""

    STORED = "stored"  # committed to the database
    SPOOLED = "spooled"  # synced to the spool, and stored later
    LOST = "lost"  # neither the database nor the disk would take it


class Recorder:
    """Takes clicks one by one and stores them by the group. One for each process, between `start` and `stop`."""

    def __init__(
        self,
        spool: Spool,
        *,
        on_late: Callable[[], None] | None = None,
        on_stored: Tell = lambda _: None,
    ) -> None:
        """`on_late` is called when clicks came out of the spool: somebody may have looked for them and not found them.

        `on_stored` is told the clicks that were committed and were not there before.
        """
        self._spool, self._on_late, self._on_stored = spool, on_late, on_stored
        self._waiting: list[tuple[Seen, asyncio.Future[Kept]]] = []
        self._wanted, self._stopping = asyncio.Event(), asyncio.Event()
        self._away = False
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        self._stopping.clear()
        self._away = False
        self._tasks = [asyncio.create_task(self._flush_always()), asyncio.create_task(self._drain_always())]

    async def stop(self) -> None:
        """Store what is waiting, then end."""
        self._stopping.set()
        self._wanted.set()
        await asyncio.gather(*self._tasks)
        self._tasks = []
        self._spool.close()

    async def record(self, click: Seen) -> Kept:
        """Returns once the click is safe."""
        done: asyncio.Future[Kept] = asyncio.get_running_loop().create_future()
        self._waiting.append((click, done))
        self._wanted.set()
        return await done

    async def _flush_always(self) -> None:
        while self._waiting or not self._stopping.is_set():
            if not self._waiting:
                self._wanted.clear()
                await self._wanted.wait()
            await turns.quiet(self._waiting, GROUP)
            group, self._waiting = self._waiting[:GROUP], self._waiting[GROUP:]
            if group:
                await self._flush(group)

    async def _flush(self, group: Sequence[tuple[Seen, asyncio.Future[Kept]]]) -> None:
        kept = await self._keep([click for click, _ in group])
        for _, done in group:
            if not done.done():
                done.set_result(kept)

    async def _keep(self, clicks: Sequence[Seen]) -> Kept:
        if not self._away and await _stored(clicks, self._on_stored):
            return Kept.STORED
        try:
            await asyncio.to_thread(self._spool.append, [click._asdict() for click in clicks])
        except Exception:  # this loop outlives every fault: visitors wait for it
            _log.exception("the spool would not take %d clicks", len(clicks))
            return Kept.LOST
        self._away = True
        return Kept.SPOOLED

    async def _drain_always(self) -> None:
        while not self._stopping.is_set():
            try:
                await self.drain()
            except Exception:  # a fault of one file or of the disk: tried again
                _log.exception("the spool could not be drained")
            with suppress(TimeoutError):
                async with asyncio.timeout(RETRY_S):
                    await self._stopping.wait()

    async def drain(self) -> int:
        """Store what the spool holds and return how many clicks that was."""
        drained = 0
        for path in self._spool.waiting():
            self._spool.close()  # so that our own file can be claimed too
            with claimed(path) as segment:
                if segment is None:
                    continue
                if not await _drained(segment, self._on_stored):
                    break
                segment.remove()
                drained += len(segment.rows)
                self._away = False
        if drained and self._on_late is not None:
            self._on_late()
        return drained


async def _stored(clicks: Sequence[Seen], tell: Tell) -> bool:
    try:
        async with asyncio.timeout(PATIENCE_S):
            new = await insert(clicks)
        tell(_arrived(clicks, new))
    except Exception as error:  # whatever it was, the visitor goes on and the spool keeps the clicks
        _log.warning("the database would not take %d clicks: %s", len(clicks), type(error).__name__)
        return False
    return True


def _arrived(clicks: Sequence[Seen], new: Sequence[str]) -> list[Arrived]:
    fresh = set(new)
    return [Arrived(click.workspace_id, click.id, click.clicked_at) for click in clicks if click.id in fresh]


async def _drained(segment: Segment, tell: Tell) -> bool:
    """Store a file's clicks; those that the database refuses by themselves are put aside. False while it takes none at all."""
    try:
        rows = await suppression.of_late_clicks(segment.rows)
    except Exception as error:  # as above: they stay where they are
        _log.warning("the database would not say who was erased: %s", type(error).__name__)
        return False
    clicks = [Seen(**{name: row[name] for name in COLUMNS if name in row}) for row in rows]
    for start in range(0, len(clicks), GROUP):
        group = clicks[start : start + GROUP]
        if not await _stored(group, tell) and not await _stored_singly(group, segment, tell):
            return False
    return True


async def _stored_singly(clicks: Sequence[Seen], segment: Segment, tell: Tell) -> bool:
    for click in clicks:
        try:
            tell(_arrived([click], await insert([click])))
        except IntegrityError:
            segment.put_aside(click._asdict())
        except Exception as error:  # the database is still away: the file stays and is tried again
            _log.warning("spooled clicks wait: %s", type(error).__name__)
            return False
    return True


async def insert(clicks: Sequence[Seen]) -> list[str]:
    """Commit clicks, at most GROUP of them, with what they add to the rollups, and return the ids of those that are new.

    A click whose id is stored already is left as it is.
    """
    connection: Any = Click._meta.db
    if connection.capabilities.dialect == "sqlite":
        found: list[str] = await connection.write(partial(_into_sqlite, clicks))
        return found
    new = await connection.execute_query_dict(_POSTGRES, list(zip(*clicks, strict=True)))
    return [row["id"] for row in new]


def _into_sqlite(clicks: Sequence[Seen], connection: sqlite3.Connection) -> list[str]:
    """Two statements: SQLite has none that inserts into two tables."""
    found = connection.execute(_sqlite("click", COLUMNS, len(clicks)) + _NEW, [value for click in clicks for value in click])
    new = [row[0] for row in found.fetchall()]
    fresh = set(new)
    added = deltas.of_clicks([click for click in clicks if click.id in fresh])
    if added:
        connection.execute(_sqlite("rollup_delta", deltas.COLUMNS, len(added)), [value for row in added for value in row])
    return new


def _sqlite(table: str, columns: Sequence[str], count: int) -> str:
    row = f"({', '.join('?' * len(columns))})"
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES {', '.join([row] * count)}"  # noqa: S608  # names of ours


def _postgres() -> str:
    """One text for any number of clicks, so that the statement is prepared once for each connection."""
    arrays = ", ".join(f"${place}::{_POSTGRES_TYPES.get(name, 'text')}[]" for place, name in enumerate(COLUMNS, start=1))
    new = f"INSERT INTO click ({', '.join(COLUMNS)}) SELECT * FROM unnest({arrays}) ON CONFLICT (id) DO NOTHING"  # noqa: S608  # names of ours
    return f"WITH fresh AS ({new} RETURNING {', '.join(deltas.FRESH)}), added AS ({deltas.FROM_CLICKS}) SELECT id FROM fresh"  # noqa: S608  # names of ours


_POSTGRES = _postgres()
