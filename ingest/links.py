"""Short links: made, changed, archived and found. A link is never deleted: its clicks and sales keep its name."""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol
from urllib.parse import urlsplit
from weakref import WeakSet

from tortoise.exceptions import IntegrityError

from ingest import ids
from ingest.errors import Invalid, NotFound
from ingest.models.workspace import Domain, Link
from ingest.text import escape

FALLBACK = "*"
"""The domain of a host name that nobody claimed."""
RESERVED = frozenset(
    {
        "api", "assets", "favicon.ico", "graphiql", "graphql", "healthz", "metrics", "readyz", "robots.txt", "schema.graphql",
        "script.js", "static", "track", "webhooks",
    }
)  # fmt: skip
"""First parts of a path that the server answers itself."""
UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")
URL_LENGTH, KEY_LENGTH, DOMAIN_LENGTH, UTM_LENGTH = 8_000, 190, 253, 255
_KEY = re.compile(r"[0-9A-Za-z_~-][0-9A-Za-z._~-]*(?:/[0-9A-Za-z_~-][0-9A-Za-z._~-]*)*")
_CHANGEABLE = frozenset({"url", "key", "domain", "track_conversion", *UTM})


class Watcher(Protocol):
    """Something that remembers links, and is told when one changed in this process."""

    def forget(self, key: str) -> None: ...


WATCHERS: WeakSet[Watcher] = WeakSet()


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a person asks of a new link. None leaves the choice to us."""

    url: str
    key: str | None = None
    domain: str | None = None
    track_conversion: bool | None = None
    utm_source: str | None = None
    utm_medium: str | None = None
    utm_campaign: str | None = None
    utm_term: str | None = None
    utm_content: str | None = None


async def create(workspace_id: int, draft: Draft) -> Link:
    """A new link.

    Raises:
        Invalid: of `url`, `key`, `domain` or a `utm_*`; code TAKEN for a key that the domain has already.
    """
    values: dict[str, Any] = {
        "url": checked_url(draft.url),
        "key": random_key() if draft.key is None else checked_key(draft.key),
        "domain": await _domain(workspace_id, draft.domain),
        "track_conversion": draft.track_conversion,
        **{name: _checked_utm(name, getattr(draft, name)) for name in UTM},
    }
    try:
        link = await Link.create(id=ids.made("link"), workspace_id=workspace_id, **values)
    except IntegrityError as error:
        raise _taken(values["domain"], values["key"]) from error
    _tell(link.key)
    return link


async def update(workspace_id: int, link_id: str, changes: Mapping[str, Any]) -> Link:
    """The link with `changes` made, keyed by the names of `Draft`. A name that is not in `changes` stays as it was.

    Raises:
        NotFound: no such link in this workspace.
        Invalid: as for `create`.
    """
    link = await named(workspace_id, link_id)
    former_key = link.key
    values = await _checked_changes(workspace_id, changes)
    link.update_from_dict(values)
    try:
        await link.save(update_fields=[*values, "updated_at"])
    except IntegrityError as error:
        raise _taken(link.domain, link.key) from error
    _tell(former_key, link.key)
    return link


async def archive(workspace_id: int, link_id: str, *, archived: bool = True) -> Link:
    """The link, no longer followed; `archived=False` brings it back.

    Raises:
        NotFound: no such link in this workspace.
    """
    link = await named(workspace_id, link_id)
    if (link.archived_at is not None) != archived:
        link.archived_at = datetime.now(UTC) if archived else None
        await link.save(update_fields=["archived_at", "updated_at"])
        _tell(link.key)
    return link


async def named(workspace_id: int, link_id: str) -> Link:
    """Raises NotFound where this workspace has no such link."""
    link = await Link.get_or_none(workspace_id=workspace_id, id=escape(link_id)[:40])
    if link is None:
        raise NotFound("link", link_id)
    return link


async def find(workspace_id: int, *, key: str, domain: str | None = None) -> Link | None:
    """The link of this key; without `domain`, of the workspace's default one."""
    name = await default_domain(workspace_id) if domain is None else domain.lower()
    if len(escape(name)) > DOMAIN_LENGTH or len(escape(key)) > KEY_LENGTH:
        return None
    return await Link.get_or_none(workspace_id=workspace_id, domain=escape(name), key=escape(key))


async def listed(workspace_id: int, *, limit: int = 100, archived: bool = False) -> list[Link]:
    """The newest links, without the archived ones unless they are asked for."""
    links = Link.filter(workspace_id=workspace_id)
    if not archived:
        links = links.filter(archived_at=None)
    return await links.order_by("-created_at", "-id").limit(limit)


async def default_domain(workspace_id: int) -> str:
    """The domain of a link that names none: the workspace's first one, or the fallback."""
    first = await Domain.filter(workspace_id=workspace_id).exclude(name=FALLBACK).order_by("id").first()
    return FALLBACK if first is None else first.name


def short_link(link: Link, *, origin: str) -> str:
    """The address to hand out. `origin`, `https://go.example.com`, gives the scheme, and the host of a link on the fallback domain."""
    parts = urlsplit(origin)
    host = parts.netloc if link.domain == FALLBACK else link.domain
    return f"{parts.scheme}://{host}/{link.key}"


def random_key() -> str:
    """Seven characters that do not begin or end with a sign: 41 random bits."""
    return "".join(secrets.choice(ids.ALPHABET) for _ in range(7))


def checked_url(url: str) -> str:
    """The address, if a browser may be sent there.

    Raises:
        Invalid: not http or https, no host, too long, or holding a control character or space.
    """
    if len(url) > URL_LENGTH:
        raise Invalid("url", "TOO_LONG", f"is longer than {URL_LENGTH} characters")
    if any(character <= " " or character == "\x7f" or "\ud800" <= character <= "\udfff" for character in url):
        raise Invalid("url", "INVALID", "holds a space or a control character")
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise Invalid("url", "INVALID", "is not an address") from error
    if parts.scheme not in {"http", "https"}:
        raise Invalid("url", "INVALID_SCHEME", "must begin with http:// or https://")
    if not host or "\\" in parts.netloc:
        raise Invalid("url", "INVALID", "names no host")
    return url


def checked_key(key: str) -> str:
    """Raises Invalid for a key that a path cannot hold or that the server needs itself."""
    if len(key) > KEY_LENGTH:
        raise Invalid("key", "TOO_LONG", f"is longer than {KEY_LENGTH} characters")
    if not _KEY.fullmatch(key):
        raise Invalid("key", "INVALID", "may hold letters, digits, - _ . ~ and / between parts, and no part begins with a dot")
    if key.split("/", maxsplit=1)[0].lower() in RESERVED:
        raise Invalid("key", "RESERVED", "is a name that the server answers itself")
    return key


def _tell(*keys: str) -> None:
    for watcher in WATCHERS:
        for key in keys:
            watcher.forget(key)


async def _checked_changes(workspace_id: int, changes: Mapping[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, value in changes.items():
        if name not in _CHANGEABLE:
            raise Invalid(name, "UNKNOWN", "is not a part of a link")
        if name in UTM:
            values[name] = _checked_utm(name, value)
        elif name == "domain":
            values[name] = await _domain(workspace_id, value)
        elif name == "track_conversion":
            values[name] = value
        elif value is None:
            raise Invalid(name, "REQUIRED", "cannot be taken away")
        else:
            values[name] = checked_url(value) if name == "url" else checked_key(value)
    return values


async def _domain(workspace_id: int, asked: str | None) -> str:
    if asked is None:
        return await default_domain(workspace_id)
    name = asked.strip().lower()
    if len(name) > DOMAIN_LENGTH or not await Domain.exists(workspace_id=workspace_id, name=escape(name)[:DOMAIN_LENGTH]):
        raise Invalid("domain", "UNKNOWN", "is not a domain of this workspace")
    return name


def _checked_utm(name: str, value: str | None) -> str | None:
    if value is None or value == "":
        return None
    if len(value) > UTM_LENGTH:
        raise Invalid(name, "TOO_LONG", f"is longer than {UTM_LENGTH} characters")
    if not value.isprintable():
        raise Invalid(name, "INVALID", "holds a control character")
    return value


def _taken(domain: str, key: str) -> Invalid:
    return Invalid("key", "TAKEN", f"{key} is already a link of this domain" if domain == FALLBACK else f"{domain}/{key} is already a link")
