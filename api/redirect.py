"""GET /{key}: follow a short link. The click is safe before the visitor is sent on.

Visitors wait for this, so what is the same for many of them is worked out once, and a request is read from its scope.
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from urllib.parse import parse_qsl, quote

from starlette.convertors import PathConvertor, register_url_convertor
from starlette.requests import cookie_parser
from starlette.responses import HTMLResponse
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from api import capture, heads
from api.pages import NO_LINK, POLICY
from ingest import destinations, hits, ids, links
from ingest.said import CLICK_ID
from ingest.targets import Target

REPEAT_SECONDS = 60 * 60
BROWSER_SECONDS = 365 * 24 * 60 * 60
_REFERRER_POLICY = "strict-origin-when-cross-origin"  # the browsers' own: the destination sees what it would see without us
_HEADERS = {"x-robots-tag": "noindex", "cache-control": "private, no-store"}
_SENT = tuple(
    (name.encode(), value.encode()) for name, value in {**_HEADERS, "referrer-policy": _REFERRER_POLICY, "content-length": "0"}.items()
)
_NO_TRACK = tuple(name.encode() for name in capture.NO_TRACK)
Lines = Sequence[tuple[bytes, bytes]]


class _Follow:
    """The endpoint, as ASGI itself has it."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked, key = _Asked(scope), scope["path_params"]["key"]
        target = await capture.of(scope["app"]).targets.find(asked.host, key)
        if target is None:
            await HTMLResponse(NO_LINK, 404, headers={**_HEADERS, "content-security-policy": POLICY})(scope, receive, send)
            return
        url = destinations.destination(target.url, asked.query, target.utm)
        if scope["method"] == "HEAD" or asked.untracked:
            lines: Lines = [_location(url)]
        elif before := asked.repeated(key):
            lines = [_location(url, before if target.tracks else None)]
        else:
            lines = await _record(scope, asked, target, url)
        await send({"type": "http.response.start", "status": 302, "headers": [*_SENT, *lines]})
        await send({"type": "http.response.body", "body": b""})


class _Asked:
    """What a visitor's request says."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self.query: str = scope["query_string"].decode("latin-1")
        self.parameters = frozenset(name for name, _ in parse_qsl(self.query, keep_blank_values=True)) if self.query else frozenset()
        self.host = self.header(b"host") or ""
        cookies = self.header(b"cookie")
        self.cookies: Mapping[str, str] = cookie_parser(cookies) if cookies else {}

    def header(self, name: bytes) -> str | None:
        return heads.said(self._scope, name)

    @property
    def untracked(self) -> bool:
        """Whether the visitor asked not to be recorded."""
        return any(self.header(name) is not None for name in _NO_TRACK) or not self.parameters.isdisjoint(capture.NO_TRACK)

    def repeated(self, key: str) -> str | None:
        """The click that this browser made here within the hour."""
        before = self.cookies.get(cookie_name(self.host.lower(), key), "") if self.cookies else ""
        return before if CLICK_ID.fullmatch(before) else None


async def _record(scope: Scope, asked: _Asked, target: Target, url: str) -> Lines:
    """Keep the click, and what is answered once it is safe."""
    captured, address = capture.of(scope["app"]), scope["client"][0] if scope["client"] else None
    known = hits.anonymous_id(asked.cookies.get(capture.ANONYMOUS_COOKIE))
    hit = hits.Hit(
        at=capture.now(),
        url=url,
        address=address,
        agent=asked.header(b"user-agent") or "",
        referer=asked.header(b"referer"),
        anonymous_id=known or ids.made_in_order("anon"),
        recognised=known is not None,
        place=captured.atlas.locate(address),
        trigger="qr" if "qr" in asked.parameters else "link",
    )
    click = await captured.seen(target, hit)
    await capture.record(scope["app"], click)
    if click.bot:
        return [_location(url)]
    secure = scope["scheme"] == "https"
    return [
        _location(url, click.id if target.tracks else None),
        _cookie(cookie_name(asked.host.lower(), scope["path_params"]["key"]), click.id, REPEAT_SECONDS, secure=secure),
        _cookie(capture.ANONYMOUS_COOKIE, hit.anonymous_id or "", BROWSER_SECONDS, secure=secure),
    ]


@lru_cache(maxsize=1_024)
def cookie_name(host: str, key: str) -> str:
    """`pimms_id_<domain>_<key>`, with what a cookie's name cannot hold percent-encoded."""
    return f"pimms_id_{quote(host, safe='')}_{quote(key, safe='')}"


def _location(url: str, click_id: str | None = None) -> tuple[bytes, bytes]:
    """Where the visitor goes, with the id of the click where it travels."""
    return b"location", (destinations.header_with_click(url, click_id) if click_id else destinations.header(url)).encode("latin-1")


def _cookie(name: str, value: str, seconds: int, *, secure: bool) -> tuple[bytes, bytes]:
    """Written out: names and values are of ours, and need none of the quoting that takes the library most of its time."""
    return b"set-cookie", f"{name}={value}; HttpOnly; Max-Age={seconds}; Path=/; SameSite=lax{'; Secure' if secure else ''}".encode(
        "latin-1"
    )


class _Key(PathConvertor):
    """Any path but those that the server answers itself: asked there with the wrong method, it says 405 and not that there is no link."""

    regex = rf"(?!(?:{'|'.join(re.escape(name) for name in sorted(links.RESERVED))})(?:/|$)).*"


register_url_convertor("link_key", _Key())
ROUTES: list[BaseRoute] = [Route("/{key:link_key}", _Follow(), methods=["GET"])]
