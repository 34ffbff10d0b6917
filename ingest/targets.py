"""Where a short link leads, remembered in this process for less than a second, so that a busy link costs one look-up a second.

A changed link is obeyed at once in the process that changed it, and within the second in every other. While the database is away the last
answer stands.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import orjson
from tortoise.backends.base.client import BaseDBAsyncClient

from ingest import links
from ingest.models.workspace import Link
from ingest.text import escape

LIFE_S = 0.9
PATIENCE_S = 1.0
"""How long a visitor waits for news of a link that is known already."""
SIZE = 20_000
Place: TypeAlias = tuple[str, str]
"""A host and a key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What the redirect needs of a link and its workspace."""

    link_id: str
    workspace_id: int
    url: str
    utm: tuple[tuple[str, str], ...]
    tracks: bool
    """Its click ids travel on to the destination."""
    allowed_hosts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Known:
    target: Target | None
    fresh_until: float


class Targets:
    """The links that this process followed lately, and those that it looked for and did not find."""

    def __init__(self, *, life_seconds: float = LIFE_S, size: int = SIZE, clock: Callable[[], float] = time.monotonic) -> None:
        self._life, self._size, self._clock = life_seconds, size, clock
        self._known: OrderedDict[Place, _Known] = OrderedDict()
        self._asked: dict[Place, asyncio.Task[Target | None]] = {}
        links.WATCHERS.add(self)

    async def find(self, host: str, key: str) -> Target | None:
        """The link that `key` names on `host`, unless it is archived; of the fallback domain where nobody claimed the host."""
        place = (normal_host(host), key)
        known = self._known.get(place)
        if known is not None and self._clock() < known.fresh_until:
            return known.target
        task = self._asked.get(place)
        if task is None:
            task = self._asked[place] = asyncio.create_task(self._ask(place))
        if known is None:
            return await asyncio.shield(task)
        try:
            return await asyncio.wait_for(asyncio.shield(task), PATIENCE_S)
        except Exception:  # away, or silent, as a locked file is
            return known.target

    def forget(self, key: str) -> None:
        for place in [place for place in (*self._known, *self._asked) if place[1] == key]:
            self._known.pop(place, None)
            self._asked.pop(place, None)

    async def _ask(self, place: Place) -> Target | None:
        fresh_until = self._clock() + self._life
        try:
            target = await load(*place)
            if self._asked.get(place) is asyncio.current_task():
                self._keep(place, _Known(target, fresh_until))
            return target
        finally:
            if self._asked.get(place) is asyncio.current_task():
                del self._asked[place]

    def _keep(self, place: Place, known: _Known) -> None:
        self._known[place] = known
        self._known.move_to_end(place)
        while len(self._known) > self._size:
            self._known.popitem(last=False)


_FOUND = """
SELECT d.name AS claimed, w.id AS workspace_id, w.track_conversion AS usual, w.allowed_hosts, l.id, l.url, l.track_conversion,
l.utm_source, l.utm_medium, l.utm_campaign, l.utm_term, l.utm_content
FROM domain d JOIN workspace w ON w.id = d.workspace_id
LEFT JOIN link l ON l.workspace_id = d.workspace_id AND l.domain = d.name AND l.key = {0} AND l.archived_at IS NULL
WHERE d.name IN ({1}, {2})
"""
"""One statement for what the models would take three for: a visitor waits for it."""


async def load(host: str, key: str) -> Target | None:
    """The same, from the database."""
    names = (escape(host), links.FALLBACK)
    if len(names[0]) > links.DOMAIN_LENGTH or len(escape(key)) > links.KEY_LENGTH:
        return None  # no row can have it
    connection: BaseDBAsyncClient = Link._meta.db
    signs = "???" if connection.capabilities.dialect == "sqlite" else ("$1", "$2", "$3")
    rows = await connection.execute_query_dict(_FOUND.format(*signs), [escape(key), *names])
    rows.sort(key=lambda row: names.index(row["claimed"]))
    link = next((row for row in rows if row["id"] is not None and row["workspace_id"] == rows[0]["workspace_id"]), None)
    return None if link is None else _target(link)


def normal_host(host: str) -> str:
    """As domains are kept: lower case, without a final dot or a port that goes without saying."""
    name = host.strip().lower()
    for port in (":80", ":443"):
        name = name.removesuffix(port)
    return name.rstrip(".")


def _target(row: Mapping[str, Any]) -> Target:
    return Target(
        link_id=row["id"],
        workspace_id=row["workspace_id"],
        url=row["url"],
        utm=tuple((name, value) for name in links.UTM if (value := row[name]) is not None),
        tracks=bool(row["usual"] if row["track_conversion"] is None else row["track_conversion"]),
        allowed_hosts=tuple(orjson.loads(row["allowed_hosts"])),
    )
