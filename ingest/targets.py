"""Where a short link leads, remembered in this process for less than a second, so that a busy link costs one look-up a second.

A changed link is obeyed at once in the process that changed it, and within the second in every other. While the database is away the last
answer stands.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from ingest import links
from ingest.models.workspace import Domain, Link, Workspace
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


async def load(host: str, key: str) -> Target | None:
    """The same, from the database."""
    names = (escape(host), links.FALLBACK)
    if len(names[0]) > links.DOMAIN_LENGTH or len(escape(key)) > links.KEY_LENGTH:
        return None  # no row can have it, and a column's validator would raise
    owners = {domain.name: domain.workspace_id for domain in await Domain.filter(name__in=names)}
    name = next((name for name in names if name in owners), None)
    if name is None:
        return None
    workspace_id = owners[name]
    domains = [name for name in names if owners.get(name) == workspace_id]
    found = await Link.filter(workspace_id=workspace_id, domain__in=domains, key=escape(key), archived_at=None)
    if not found:
        return None
    link = min(found, key=lambda link: domains.index(link.domain))
    return _target(link, await Workspace.get(id=workspace_id))


def normal_host(host: str) -> str:
    """As domains are kept: lower case, without a final dot or a port that goes without saying."""
    name = host.strip().lower()
    for port in (":80", ":443"):
        name = name.removesuffix(port)
    return name.rstrip(".")


def _target(link: Link, workspace: Workspace) -> Target:
    return Target(
        link_id=link.id,
        workspace_id=workspace.id,
        url=link.url,
        utm=tuple((name, value) for name in links.UTM if (value := getattr(link, name)) is not None),
        tracks=workspace.track_conversion if link.track_conversion is None else link.track_conversion,
        allowed_hosts=tuple(workspace.allowed_hosts),
    )
