"""A hit on a short link, by whatever door it came, made into the click that is kept. Pure: the day's key and the place are given."""

import re
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import urlsplit

from ingest import agents, ids, visitors
from ingest.clicks import Seen
from ingest.destinations import parameters
from ingest.geo import NOWHERE, Place
from ingest.links import UTM
from ingest.targets import Target
from ingest.text import escape

ANONYMOUS_ID = re.compile(r"anon_[0-9A-Za-z_-]{1,59}")
_REMEMBERED = 1_024
"""Pages and referers whose reading is kept: visitors of one link mostly share them."""
URL_LENGTH, REFERER_LENGTH, UTM_LENGTH = 8_192, 2_048, 255


class Hit(NamedTuple):
    """What is known of the visitor for a moment. The address goes no further than this."""

    at: datetime
    url: str
    """Where the visitor is sent, or the page that the script saw."""
    address: str | None = None
    agent: str = ""
    referer: str | None = None
    anonymous_id: str | None = None
    recognised: bool = False
    """The browser itself brought its anonymous id; otherwise it was just given one."""
    place: Place = NOWHERE
    trigger: str = "link"
    told: bool = False
    """Reported by a site about the past: never taken for a repeat."""


def click(target: Target, hit: Hit, key: bytes) -> Seen:
    """The click to record. `key` is that of the day of `hit.at`."""
    agent = agents.read(hit.agent)
    visitor = visitors.visitor(key, hit.address, hit.agent) if hit.address else None
    landed, referred = _landing(hit.url, target.utm), _referred(hit.referer)
    return Seen(
        id=_id(target, hit, key, visitor),
        workspace_id=target.workspace_id,
        link_id=target.link_id,
        clicked_at=hit.at,
        url=landed.url,
        visitor=visitor,
        anonymous_id=None if agent.bot else hit.anonymous_id,
        country=hit.place.country,
        region=hit.place.region,
        city=hit.place.city,
        device=agent.device,
        browser=agent.browser,
        os=agent.os,
        referer=referred.domain,
        referer_url=referred.url,
        trigger=hit.trigger,
        bot=agent.bot,
        utm_source=landed.utm[0],
        utm_medium=landed.utm[1],
        utm_campaign=landed.utm[2],
        utm_term=landed.utm[3],
        utm_content=landed.utm[4],
    )


class _Landing(NamedTuple):
    """What the columns of a click say of the page: the same for every visitor who is sent there."""

    url: str
    utm: tuple[str | None, ...]
    """By the places of `UTM`."""


@lru_cache(maxsize=_REMEMBERED)
def _landing(url: str, utm: tuple[tuple[str, str], ...]) -> _Landing:
    said = {**dict(utm), **parameters(url)}
    return _Landing(_cut(url, URL_LENGTH), tuple(_cut(said[name], UTM_LENGTH) if said.get(name) else None for name in UTM))


class _Referred(NamedTuple):
    domain: str | None
    url: str | None


@lru_cache(maxsize=_REMEMBERED)
def _referred(referer: str | None) -> _Referred:
    return _Referred(referring_domain(referer), _cut(referer, REFERER_LENGTH) if referer else None)


def anonymous_id(said: object) -> str | None:
    """A browser's id as it was said, if it is one of ours."""
    return said if isinstance(said, str) and ANONYMOUS_ID.fullmatch(said) else None


def referring_domain(referer: str | None) -> str | None:
    """The host of a referer without `www.`."""
    try:
        host = urlsplit(referer or "").hostname or ""
    except ValueError:
        return None
    return _cut(host.lower().removeprefix("www."), 253) or None


def _id(target: Target, hit: Hit, key: bytes, visitor: str | None) -> str:
    who = hit.anonymous_id if hit.recognised else visitor
    if who is None or hit.told:
        return ids.click_id(hit.at.timestamp())
    return visitors.hourly_click_id(key, target.link_id, who, hit.at)


def _cut(text: str, length: int) -> str:
    """Derived text of at most `length` characters that never ends within an escape."""
    stored = escape(text[:length])
    while len(stored) > length:
        text = text[: len(text[:length]) - 1]
        stored = escape(text)
    return stored
