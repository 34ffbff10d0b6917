"""Where a short link leads, remembered in this process for less than a second, so that a busy link costs a share of one look-up a second.

A changed link is obeyed at once in the process that changed it, and within the second in every other. Links that are followed again and
again are looked up anew together, before what is remembered of them grows old. While the database is away the last answer stands.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

import orjson
from tortoise.backends.base.client import BaseDBAsyncClient

from ingest import links
from ingest.models.workspace import Link
from ingest.text import escape

LIFE_S = 0.9
EARLY = 0.7
"""The share of its life after which a link that is followed often is looked up again."""
OFTEN_S = 2.0
"""A link that was followed within this time is one of them: one more of a group costs a twentieth of a look-up of its own."""
PATIENCE_S = 1.0
"""How long a visitor waits for news of a link that is known already."""
LOOK_S = 5.0
"""How long one look-up may take: others wait behind it."""
SIZE = 20_000
GROUP = 500
"""Links to one look-up."""
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


@dataclass(slots=True)
class _Known:
    target: Target | None
    fresh_until: float
    used_at: float


class Targets:
    """The links that this process followed lately, and those that it looked for and did not find."""

    def __init__(self, *, life_seconds: float = LIFE_S, size: int = SIZE, clock: Callable[[], float] = time.monotonic) -> None:
        self._life, self._size, self._clock = life_seconds, size, clock
        self._known: OrderedDict[Place, _Known] = OrderedDict()
        self._asked: dict[Place, asyncio.Future[Target | None]] = {}
        self._waiting: dict[Place, asyncio.Future[Target | None]] = {}
        """Of those asked, the ones that the next look-up takes."""
        self._looking: asyncio.Task[None] | None = None
        self._renew_at = clock() + EARLY * life_seconds
        links.WATCHERS.add(self)

    async def find(self, host: str, key: str) -> Target | None:
        """The link that `key` names on `host`, unless it is archived; of the fallback domain where nobody claimed the host."""
        place, now = (normal_host(host), key), self._clock()
        known = self._known.get(place)
        if known is not None and now < known.fresh_until:
            known.used_at = now
            if now >= self._renew_at:
                self._renew(now)
            return known.target
        asked = asyncio.shield(self._ask(place))
        if known is None:
            return await asked
        try:
            return await asyncio.wait_for(asked, PATIENCE_S)
        except Exception:  # away, or silent, as a locked file is
            return known.target

    def forget(self, key: str) -> None:
        for place in [place for place in (*self._known, *self._asked) if place[1] == key]:
            self._known.pop(place, None)
            if place not in self._waiting:  # what waits is looked up after the change
                self._asked.pop(place, None)

    def _renew(self, now: float) -> None:
        """Look up, together, whatever is followed often; nobody waits for it."""
        self._renew_at = now + EARLY * self._life
        for place in [place for place, known in self._known.items() if now - known.used_at < OFTEN_S]:
            self._ask(place)

    def _ask(self, place: Place) -> "asyncio.Future[Target | None]":
        """The answer to come. A look-up starts as soon as the last one ends, with all that were asked for meanwhile."""
        asked = self._asked.get(place)
        if asked is None:
            asked = self._asked[place] = self._waiting[place] = asyncio.get_running_loop().create_future()
            asked.add_done_callback(lambda done: done.cancelled() or done.exception())  # whether or not anybody waits
            if self._looking is None or self._looking.done():
                self._looking = asyncio.create_task(self._look())
        return asked

    async def _look(self) -> None:
        while self._waiting:
            group = {place: self._waiting.pop(place) for place in list(self._waiting)[:GROUP]}
            now = self._clock()
            try:
                async with asyncio.timeout(LOOK_S):
                    found = await load(group)
            except BaseException as error:
                self._answer(group, error)
                if not isinstance(error, Exception):
                    raise
            else:
                for place in [place for place, asked in group.items() if self._asked.get(place) is asked]:
                    self._keep(place, found.get(place), now)
                self._answer(group, found)

    def _answer(self, group: "Mapping[Place, asyncio.Future[Target | None]]", found: "Mapping[Place, Target] | BaseException") -> None:
        for place, asked in group.items():
            if self._asked.get(place) is asked:
                del self._asked[place]
            if isinstance(found, Mapping):
                asked.set_result(found.get(place))
            elif isinstance(found, Exception):
                asked.set_exception(found)
            else:
                asked.cancel()

    def _keep(self, place: Place, target: Target | None, asked_at: float) -> None:
        """What was read, which is as old as its question."""
        before = self._known.get(place)
        self._known[place] = _Known(target, asked_at + self._life, asked_at if before is None else before.used_at)
        self._known.move_to_end(place)
        while len(self._known) > self._size:
            self._known.popitem(last=False)


_FOUND = """
SELECT a.place, d.name AS claimed, w.id AS workspace_id, w.track_conversion AS usual, w.allowed_hosts, l.id, l.url, l.track_conversion,
l.utm_source, l.utm_medium, l.utm_campaign, l.utm_term, l.utm_content
FROM {asked} JOIN domain d ON {named} JOIN workspace w ON w.id = d.workspace_id
LEFT JOIN link l ON l.workspace_id = d.workspace_id AND l.domain = d.name AND l.key = a.key AND l.archived_at IS NULL
ORDER BY d.name = '*'
"""
"""One statement for what the models would take three for: a visitor waits for it."""
_ON_POSTGRES = _FOUND.format(
    asked="unnest($1::int[], $2::text[], $3::text[]) AS a(place, host, key)", named="d.name = ANY(ARRAY[a.host, '*'])"
)
_ON_SQLITE = _FOUND.format(
    asked="(SELECT key AS place, json_extract(value, '$[0]') AS host, json_extract(value, '$[1]') AS key FROM json_each(?)) a",
    named="d.name IN (a.host, '*')",
)


async def load(places: Collection[Place]) -> dict[Place, Target]:
    """Those of them that lead somewhere, from the database."""
    named = [place for place in places if len(escape(place[0])) <= links.DOMAIN_LENGTH and len(escape(place[1])) <= links.KEY_LENGTH]
    asked = [(escape(host), escape(key)) for host, key in named]  # others no row can have
    connection: BaseDBAsyncClient = Link._meta.db
    if connection.capabilities.dialect == "sqlite":
        rows = await connection.execute_query_dict(_ON_SQLITE, [orjson.dumps(asked).decode()])
    else:
        hosts, keys = [host for host, _ in asked], [key for _, key in asked]
        rows = await connection.execute_query_dict(_ON_POSTGRES, [list(range(len(asked))), hosts, keys])
    found: dict[Place, Target] = {}
    claimed: dict[int, int] = {}
    for row in rows:  # a host that somebody claimed comes before the fallback, and decides whose links it has
        owner = claimed.setdefault(row["place"], row["workspace_id"])
        if row["id"] is not None and row["workspace_id"] == owner:
            found.setdefault(named[row["place"]], _target(row))
    return found


@lru_cache(maxsize=1_024)
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
