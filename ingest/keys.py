"""API keys: made, found, revoked. A key is 256 random bits shown once; what is kept is its SHA-256, which needs no salt at that size."""

import hashlib
import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any

from ingest import ids
from ingest.errors import Invalid, NotFound
from ingest.models.workspace import ApiKey
from ingest.text import escape

SCOPES = frozenset({"read", "write", "lead.write", "sale.write", "admin"})
IMPLIED = {"admin": SCOPES, "write": frozenset({"lead.write", "sale.write"})}
LIVE, TEST = "clk_live_", "clk_test_"


@dataclass(frozen=True, slots=True)
class Access:
    """What a key opens: one workspace, one mode, some scopes."""

    workspace_id: int
    livemode: bool
    scopes: frozenset[str]
    """As granted; `allows` also knows what they imply."""
    key_id: str

    def allows(self, scope: str) -> bool:
        return scope in _held(self.scopes)


@cache
def _held(granted: frozenset[str]) -> frozenset[str]:
    """Scopes with all that they imply."""
    return granted.union(*(IMPLIED.get(scope, ()) for scope in granted))


def digest(plaintext: str) -> str:
    return hashlib.sha256(plaintext.encode("utf-8", "surrogatepass")).hexdigest()


def hint(plaintext: str) -> str:
    """The start and the end of a key, enough to tell it from its neighbours; of a short key, the start alone."""
    rest = plaintext[len(LIVE) :]
    return f"{plaintext[: len(LIVE) + 4]}…{plaintext[-4:]}" if len(rest) >= 16 else f"{plaintext[: len(LIVE)]}…"


async def create(*, workspace_id: int, livemode: bool, scopes: Iterable[str], name: str) -> tuple[ApiKey, str]:
    """A new key and its plaintext, which nobody can show again.

    Raises:
        Invalid: no such scope, or no name.
    """
    plaintext = (LIVE if livemode else TEST) + secrets.token_urlsafe(32)
    return await register(plaintext, workspace_id=workspace_id, scopes=scopes, name=name), plaintext


async def register(plaintext: str, *, workspace_id: int, scopes: Iterable[str], name: str) -> ApiKey:
    """Keep a key that somebody else made; its prefix says its mode. One that is known already stays as it is.

    Raises:
        Invalid: no such scope, or no name.
    """
    granted = _scopes(scopes)
    if not name.strip() or len(name) > 190:
        raise Invalid("name", "INVALID_NAME", "a key needs a name of 1 to 190 characters")
    row = {
        "id": ids.made("key"),
        "workspace_id": workspace_id,
        "hint": hint(plaintext),
        "name": name.strip(),
        "livemode": plaintext.startswith(LIVE),
        "scopes": granted,
    }
    key, _ = await ApiKey.get_or_create(row, digest=digest(plaintext))
    return key


def _scopes(scopes: Iterable[str]) -> list[str]:
    granted = sorted(set(scopes))
    unknown = [scope for scope in granted if scope not in SCOPES]
    if unknown or not granted:
        raise Invalid("scopes", "INVALID_SCOPE", f"scopes are of {', '.join(sorted(SCOPES))}")
    return granted


async def find(plaintext: str) -> Access | None:
    """What a key opens, or None where nobody made it or somebody revoked it. The look-up is by digest, so its time tells nothing."""
    key = await ApiKey.get_or_none(digest=digest(plaintext), revoked_at=None)
    return None if key is None else Access(key.workspace_id, key.livemode, frozenset(key.scopes), key.id)


async def revoke(workspace_id: int, key_id: str, *, livemode: bool | None = None) -> ApiKey:
    """End a key, at once and for good; `livemode` keeps a caller inside its own mode. Again changes nothing.

    Raises:
        NotFound: no such key here.
    """
    mode: dict[str, Any] = {} if livemode is None else {"livemode": livemode}
    name = escape(key_id)[:40]  # an id is shorter, and more the database cannot be asked for
    await ApiKey.filter(id=name, workspace_id=workspace_id, revoked_at=None, **mode).update(revoked_at=datetime.now(UTC))
    key = await ApiKey.get_or_none(id=name, workspace_id=workspace_id, **mode)
    if key is None:
        raise NotFound("API key", key_id)
    return key


async def listed(workspace_id: int, *, livemode: bool | None = None) -> list[ApiKey]:
    """A workspace's keys, newest first, revoked ones too."""
    mode: dict[str, Any] = {} if livemode is None else {"livemode": livemode}
    return await ApiKey.filter(workspace_id=workspace_id, **mode).order_by("-created_at", "-id")


@dataclass(slots=True)
class Keyring:
    """Keys found a moment ago, so that a busy key costs one look-up a second; a revoked one dies within `life_seconds`.

    Keys that were not found are not kept: a key works from the moment that it is made.
    """

    life_seconds: float = 1.0
    size: int = 1_024
    _known: dict[str, tuple[float, Access]] = field(default_factory=dict)

    async def find(self, plaintext: str) -> Access | None:
        named, now = digest(plaintext), time.monotonic()
        known = self._known.get(named)
        if known is not None and now < known[0]:
            return known[1]
        access = await find(plaintext)
        self._keep(named, now, access)
        return access

    def _keep(self, named: str, now: float, access: Access | None) -> None:
        self._known.pop(named, None)
        if access is None:
            return
        if len(self._known) >= self.size:
            self._known.pop(next(iter(self._known)))
        self._known[named] = (now + self.life_seconds, access)
