"""Reports: what a site's page, or an importer, says of one click. Checked, and not yet a click. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any
from urllib.parse import unquote, urlsplit

from ingest import hits
from ingest.errors import Invalid
from ingest.said import Reading

ROOT_KEY = "_root"
"""The key of a site's front page, whose path is empty."""
PAST = ("clickedAt", "userAgent", "ip", "country")
"""What only an importer may say."""
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    domain: str
    key: str | None
    url: str | None
    referrer: str | None
    anonymous_id: str | None
    clicked_at: datetime | None
    agent: str | None
    address: str | None
    country: str | None


def imports(said: Mapping[str, Any]) -> bool:
    """Whether it speaks of the past as an importer does."""
    return any(said.get(name) is not None for name in PAST)


def read(said: Mapping[str, Any], *, now: datetime) -> Report:
    """Raises Invalid for the first field that cannot be taken."""
    reading = Reading(said)
    return Report(
        domain=reading.plain("domain", required=True) or "",
        key=reading.plain("key"),
        url=_page(reading, "url"),
        referrer=reading.plain("referrer", length=hits.URL_LENGTH),
        anonymous_id=hits.anonymous_id(said.get("anonymousId")),
        clicked_at=_past(reading, now),
        agent=reading.plain("userAgent", length=2_000),
        address=_address(reading),
        country=reading.country("country"),
    )


def page_key(report: Report) -> str:
    """The key that a link has which stands for the page."""
    return unquote(urlsplit(report.url or "").path).strip("/") or ROOT_KEY


def _page(reading: Reading, name: str) -> str | None:
    url = reading.plain(name, length=hits.URL_LENGTH)
    try:
        known = url is None or urlsplit(url).scheme in {"http", "https"}
    except ValueError:
        known = False
    if not known:
        raise Invalid(name, "INVALID", "is not an http or https address")
    return url


def _past(reading: Reading, now: datetime) -> datetime | None:
    text = reading.plain("clickedAt")
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise Invalid("clickedAt", "INVALID", "is not a time of RFC 3339") from error
    if at.tzinfo is None:
        raise Invalid("clickedAt", "INVALID", "does not say its time zone, such as Z or +02:00")
    if at > now:
        raise Invalid("clickedAt", "IN_FUTURE", "is not yet")
    if at < EARLIEST:
        raise Invalid("clickedAt", "OUT_OF_RANGE", f"is before {EARLIEST:%Y}")
    return at.astimezone(UTC)


def _address(reading: Reading) -> str | None:
    text = reading.plain("ip")
    try:
        return None if text is None else str(ip_address(text))
    except ValueError as error:
        raise Invalid("ip", "INVALID", "is not an IP address") from error
