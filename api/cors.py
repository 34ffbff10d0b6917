"""Which pages may call /track/click and /track/visit, and what their browsers are told."""

from collections.abc import Awaitable, Callable, Sequence
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from api import errors
from ingest.targets import normal_host

_PREFLIGHT = {
    "access-control-allow-methods": "POST",
    "access-control-allow-headers": "content-type, authorization, pimms-no-track, dub-no-track",
    "access-control-max-age": "86400",
    "cache-control": "no-store",
}


def admit(request: Request, allowed_hosts: Sequence[str]) -> None:
    """Let a page of the workspace's hosts in, any page where it names none.

    Raises:
        ForeignPage: the page is of another host, or of none.
    """
    if allowed_hosts and not any(_matches(_page_host(request), host) for host in allowed_hosts):
        raise errors.ForeignPage


def shared(endpoint: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint with its answers and refusals readable by the page that asked, but for a page that may not ask."""

    async def answered(request: Request) -> Response:
        if request.method == "OPTIONS":
            return _readable(request, Response(status_code=204, headers=_PREFLIGHT))
        try:
            return _readable(request, await endpoint(request))
        except errors.ForeignPage:
            raise
        except tuple(errors.ANSWERS) as error:
            return _readable(request, await errors.expected(request, error))

    return answered


def site_domain(request: Request) -> str | None:
    """`.<host without www>` of the asking page, where this server answers on that very site and so may set its cookies."""
    page, own = _page_host(request).partition(":")[0], request.headers.get("host", "").lower().partition(":")[0]
    site = page.removeprefix("www.")
    return f".{site}" if "." in site and (own == site or own.endswith(f".{site}")) else None


def _readable(request: Request, answer: Response) -> Response:
    answer.headers.append("vary", "Origin")
    origin = request.headers.get("origin")
    if origin is not None:
        answer.headers["access-control-allow-origin"] = origin
        if site_domain(request) is not None:
            answer.headers["access-control-allow-credentials"] = "true"
    return answer


def _page_host(request: Request) -> str:
    try:
        return normal_host(urlsplit(request.headers.get("origin") or request.headers.get("referer", "")).netloc)
    except ValueError:
        return ""


def _matches(page: str, host: str) -> bool:
    bare = page.partition(":")[0]
    return bare.endswith(host[1:]) if host.startswith("*.") else host in {page, bare}
