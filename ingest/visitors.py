"""Who a visitor is without knowing who: a keyed hash of address and agent whose key is random, changes daily and is then destroyed.

Keys lie in the database, so that all processes and machines agree. No address is kept, and once its day's key is gone nobody can find one
by trying them all.
"""

import asyncio
import secrets
import time
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from hashlib import blake2b

import asyncpg
from tortoise.exceptions import BaseORMException

from ingest import ids
from ingest.models.evidence import VisitorKey

KEPT_DAYS = 2
RETRY_SECONDS = 5.0
"""How long a process hashes with a key of its own before it asks a database that was away again."""


PATIENCE_SECONDS = 1.0
"""How long a visitor waits for a database that does not answer, such as a locked file."""


@dataclass(slots=True)
class DailyKeys:
    """The keys of today and yesterday. Earlier days, which only imports ask for, have keys derived from today's."""

    _known: dict[date, bytes] = field(default_factory=dict)
    _own: dict[date, bytes] = field(default_factory=dict)
    _asked_at: float = 0.0
    _asking: "dict[date, asyncio.Task[bytes]]" = field(default_factory=dict)

    async def key(self, day: date) -> bytes:
        today = datetime.now(UTC).date()
        if today - timedelta(days=1) <= day:
            return await self._kept(day)
        return blake2b(day.isoformat().encode(), key=await self._kept(today), digest_size=32).digest()

    async def _kept(self, day: date) -> bytes:
        known = self._known.get(day)
        if known is not None:
            return known
        own = self._own.setdefault(day, secrets.token_bytes(32))
        if time.monotonic() < self._asked_at + RETRY_SECONDS:
            return own
        try:
            agreed = await asyncio.wait_for(asyncio.shield(self._asked(day, own)), PATIENCE_SECONDS)
        except (BaseORMException, asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            self._asked_at = time.monotonic()
            return own
        oldest = day - timedelta(days=KEPT_DAYS - 1)
        self._known = {each: key for each, key in self._known.items() if each >= oldest} | {day: agreed}
        self._own.clear()
        self._asking.pop(day, None)
        return agreed

    def _asked(self, day: date, own: bytes) -> asyncio.Task[bytes]:
        """One question at a time, which goes on where nobody waits for its answer any more."""
        asking = self._asking.get(day)
        if asking is None or asking.done():
            asking = self._asking[day] = asyncio.create_task(_agreed(day, own))
            asking.add_done_callback(lambda task: task.cancelled() or task.exception())
        return asking


async def _agreed(day: date, offer: bytes) -> bytes:
    """The day's key; the first process to offer one decides. Keys of days gone by are destroyed."""
    await VisitorKey.bulk_create([VisitorKey(day=day.isoformat(), key=offer)], ignore_conflicts=True)
    await VisitorKey.filter(day__lt=(day - timedelta(days=KEPT_DAYS - 1)).isoformat()).delete()
    return (await VisitorKey.get(day=day.isoformat())).key


def visitor(key: bytes, address: str, agent: str) -> str:
    """32 hexadecimal characters that stand for an address and an agent on one day."""
    return blake2b(f"{address}\n{agent}".encode("utf-8", "surrogatepass"), key=key, digest_size=16).hexdigest()


def hourly_click_id(key: bytes, link_id: str, who: str, at: datetime) -> str:
    """The id that every click of one visitor on one link within a fixed hour has, so that a repeat is the same row.

    Its leading characters carry the time of the hour's beginning.
    """
    begun = int(at.timestamp()) // 3_600 * 3_600
    told = blake2b(f"{link_id}\n{who}\n{_hour(begun)}".encode("utf-8", "surrogatepass"), key=key, digest_size=8).digest()
    return ids.click_id(begun, secret=int.from_bytes(told, "big"))


@lru_cache(maxsize=8)
def _hour(begun: int) -> str:
    return datetime.fromtimestamp(begun, UTC).isoformat()
