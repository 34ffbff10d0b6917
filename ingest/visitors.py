"""Who a visitor is without knowing who: a keyed hash of address and agent whose key is random, changes daily and is then destroyed.

Keys lie in a folder of this machine, so that its processes agree. No address is kept, and once its day's key is gone nobody can find
one by trying them all, with the database in hand or not.
"""

import os
import secrets
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from hashlib import blake2b
from pathlib import Path

from ingest import ids

KEPT_DAYS = 2


@dataclass(slots=True)
class DailyKeys:
    """The keys of today and yesterday. Earlier days, which only imports ask for, have keys derived from today's."""

    folder: Path
    _known: dict[date, bytes] = field(default_factory=dict)

    def key(self, day: date) -> bytes:
        today = datetime.now(UTC).date()
        if today - timedelta(days=1) <= day:
            return self._kept(day)
        return blake2b(day.isoformat().encode(), key=self._kept(today), digest_size=32).digest()

    def _kept(self, day: date) -> bytes:
        if day not in self._known:
            self._known = {known: key for known, key in self._known.items() if known > day - timedelta(days=KEPT_DAYS)}
            self._known[day] = self._read(day)
        return self._known[day]

    def _read(self, day: date) -> bytes:
        """The day's key from the folder, made there if it is new; one of this process alone while the disk will not take it."""
        path = self.folder / f"visitors-{day.isoformat()}.key"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._destroy_older(day)
            _offer(path, secrets.token_bytes(32))
            return path.read_bytes()
        except OSError:
            return secrets.token_bytes(32)

    def _destroy_older(self, day: date) -> None:
        oldest = f"visitors-{(day - timedelta(days=KEPT_DAYS - 1)).isoformat()}.key"
        for path in self.folder.glob("visitors-*.key"):
            if path.name < oldest:
                path.unlink(missing_ok=True)


def _offer(path: Path, key: bytes) -> None:
    """Make a file that is whole when it appears; the first process to offer one decides."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(key)
    with suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()


def visitor(key: bytes, address: str, agent: str) -> str:
    """32 hexadecimal characters that stand for an address and an agent on one day."""
    return blake2b(f"{address}\n{agent}".encode("utf-8", "surrogatepass"), key=key, digest_size=16).hexdigest()


def hourly_click_id(key: bytes, link_id: str, who: str, at: datetime) -> str:
    """The id that every click of one visitor on one link within a fixed hour has, so that a repeat is the same row.

    Its leading characters carry the time of the hour's beginning.
    """
    hour = at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    told = blake2b(f"{link_id}\n{who}\n{hour.isoformat()}".encode("utf-8", "surrogatepass"), key=key, digest_size=8).digest()
    return ids.click_id(hour.timestamp(), secret=int.from_bytes(told, "big"))
