"""User agents: whether one is a bot, and what device, browser and system it speaks of. Cached, because agents repeat."""

import re
from dataclasses import dataclass
from functools import lru_cache

import ua_parser
from crawlerdetect import CrawlerDetect

from ingest.text import escape

LENGTH = 1_000
"""Characters of an agent that are read; real ones are a fifth of that."""
_crawlers = CrawlerDetect()
_DESKTOPS = frozenset({"Windows", "Mac OS X", "Linux", "Chrome OS", "Ubuntu", "Fedora", "FreeBSD", "OpenBSD", "Debian"})
_TABLET = re.compile(r"iPad|Tablet|PlayBook|Silk/|Kindle|Android(?!.*\bMobile\b)")
_MOBILE = re.compile(r"Mobi|iPhone|iPod|Windows Phone|Opera Mini")
_TELEVISION = re.compile(r"TV\b|BRAVIA|CrKey|AFT[A-Z]")


@dataclass(frozen=True, slots=True)
class Agent:
    """What an agent tells; None where it does not."""

    bot: bool
    device: str | None
    """desktop, mobile or tablet."""
    browser: str | None
    os: str | None


def read(agent: str) -> Agent:
    return _read(agent[:LENGTH])


@lru_cache(maxsize=8_192)
def _read(said: str) -> Agent:
    agent = escape(said)
    parsed = ua_parser.parse(agent)
    browser = parsed.user_agent.family if parsed.user_agent else None
    system = parsed.os.family if parsed.os else None
    return Agent(
        bot=_crawlers.is_crawler(agent), device=_device(agent, system), browser=browser and browser[:64], os=system and system[:64]
    )


def _device(agent: str, system: str | None) -> str | None:
    if _TELEVISION.search(agent):
        return None
    if _TABLET.search(agent):
        return "tablet"
    if _MOBILE.search(agent):
        return "mobile"
    return "desktop" if system in _DESKTOPS else None
