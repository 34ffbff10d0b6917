"""GET /{key}: follow a short link. The click is safe before the visitor is sent on."""

import re
from collections.abc import Mapping
from urllib.parse import quote

from starlette.convertors import PathConvertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from api import capture
from api.pages import NO_LINK, POLICY
from ingest import destinations, hits, ids, links
from ingest.said import CLICK_ID
from ingest.targets import Target

REPEAT_SECONDS = 60 * 60
BROWSER_SECONDS = 365 * 24 * 60 * 60
_REFERRER_POLICY = "strict-origin-when-cross-origin"  # the browsers' own: the destination sees what it would see without us
_HEADERS = {"x-robots-tag": "noindex", "cache-control": "private, no-store"}


async def follow(request: Request) -> Response:
    key = request.path_params["key"]
    target = await capture.of(request.app).targets.find(request.headers.get("host", ""), key)
    if target is None:
        return HTMLResponse(NO_LINK, 404, headers={**_HEADERS, "content-security-policy": POLICY})
    url = destinations.destination(target.url, _query(request), target.utm)
    if request.method == "HEAD" or capture.untracked(request):
        return _sent(url)
    before = _repeated(request, key)
    return _sent(_carrying(target, url, before)) if before else await _record(request, target, url)


async def _record(request: Request, target: Target, url: str) -> Response:
    captured, address = capture.of(request.app), capture.address(request)
    known = hits.anonymous_id(request.cookies.get(capture.ANONYMOUS_COOKIE))
    hit = hits.Hit(
        at=capture.now(),
        url=url,
        address=address,
        agent=request.headers.get("user-agent", ""),
        referer=request.headers.get("referer"),
        anonymous_id=known or ids.made("anon"),
        recognised=known is not None,
        place=captured.atlas.locate(address),
        trigger="qr" if "qr" in request.query_params else "link",
    )
    click = await captured.seen(target, hit)
    await capture.record(request, click)
    if click.bot:
        return _sent(url)
    answer = _sent(_carrying(target, url, click.id))
    _set_cookies(request, answer, {cookie_name(_host(request), request.path_params["key"]): click.id}, REPEAT_SECONDS)
    _set_cookies(request, answer, {capture.ANONYMOUS_COOKIE: hit.anonymous_id or ""}, BROWSER_SECONDS)
    return answer


def cookie_name(host: str, key: str) -> str:
    """`pimms_id_<domain>_<key>`, with what a cookie's name cannot hold percent-encoded."""
    return f"pimms_id_{quote(host, safe='')}_{quote(key, safe='')}"


def _repeated(request: Request, key: str) -> str | None:
    """The click that this browser made here within the hour."""
    before = request.cookies.get(cookie_name(_host(request), key), "")
    return before if CLICK_ID.fullmatch(before) else None


def _carrying(target: Target, url: str, click_id: str) -> str:
    return destinations.with_click(url, click_id) if target.tracks else url


def _sent(url: str) -> Response:
    return Response(status_code=302, headers={**_HEADERS, "location": destinations.header(url), "referrer-policy": _REFERRER_POLICY})


def _set_cookies(request: Request, answer: Response, values: Mapping[str, str], seconds: int) -> None:
    """Written out: names and values are of ours, and need none of the quoting that takes the library most of its time."""
    secure = "; Secure" if request.scope["scheme"] == "https" else ""
    for name, value in values.items():
        answer.headers.append("set-cookie", f"{name}={value}; HttpOnly; Max-Age={seconds}; Path=/; SameSite=lax{secure}")


def _host(request: Request) -> str:
    return request.headers.get("host", "").lower()


def _query(request: Request) -> str:
    query: bytes = request.scope["query_string"]
    return query.decode("latin-1")


class _Key(PathConvertor):
    """Any path but those that the server answers itself: asked there with the wrong method, it says 405 and not that there is no link."""

    regex = rf"(?!(?:{'|'.join(re.escape(name) for name in sorted(links.RESERVED))})(?:/|$)).*"


register_url_convertor("link_key", _Key())
ROUTES: list[BaseRoute] = [Route("/{key:link_key}", follow, methods=["GET"])]
