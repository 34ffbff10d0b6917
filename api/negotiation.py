"""What a caller of /graphql sends and wants to read: media types, weighed as HTTP has it. Pure.

Source: https://www.rfc-editor.org/rfc/rfc9110#name-accept
"""

import re
from functools import lru_cache

GRAPHQL, JSON, HTML, EVENTS = "application/graphql-response+json", "application/json", "text/html", "text/event-stream"
OFFERED = (JSON, GRAPHQL, HTML, EVENTS)
"""In the order that settles a tie: a caller who says nothing, or anything, gets application/json."""
_QUALITY = re.compile(r"\s*q\s*=\s*(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)\s*")


@lru_cache(maxsize=64)
def preferred(accept: str | None) -> str | None:
    """The offered type that the caller likes best; None where none will do."""
    if accept is None or not accept.strip():
        return JSON
    ranges = [_range(part) for part in accept.split(",")[:50] if part.strip()]
    named = [(quality, -place, media) for place, (media, quality) in enumerate(ranges) if media in OFFERED and quality > 0]
    if named:
        return max(named)[2]
    wild = {media for media, quality in ranges if quality > 0}
    return JSON if wild & {"*/*", "application/*"} else None


def _range(part: str) -> tuple[str, float]:
    media, *parameters = part.split(";")
    quality = next((float(found[1]) for each in parameters if (found := _QUALITY.fullmatch(each))), 1.0)
    return media.strip().lower(), quality


@lru_cache(maxsize=64)
def is_json(content_type: str) -> bool:
    """Whether a body is said to be JSON in UTF-8, which a page of another site cannot say without asking first."""
    media, *parameters = content_type.split(";")
    if media.strip().lower() != JSON:
        return False
    charsets = [
        value.strip().strip('"').lower()
        for name, _, value in (each.partition("=") for each in parameters)
        if name.strip().lower() == "charset"
    ]
    return all(charset in {"utf-8", "utf8"} for charset in charsets)
