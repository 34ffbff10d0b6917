"""Who calls /graphql, over whatever connection: whether a browser may, and the context that an operation of theirs runs in."""

from functools import lru_cache
from urllib.parse import urlsplit

from starlette.datastructures import URL
from starlette.requests import HTTPConnection

from api import heads
from ingest.keys import Access
from resolvers.context import Context

EXPOSED = "x-request-id, x-ratelimit-limit, x-ratelimit-remaining, x-ratelimit-reset, retry-after"


def from_here(connection: HTTPConnection) -> bool:
    """Whether no browser sent this for a page of another site, but for one that the settings name."""
    origin = heads.said(connection.scope, b"origin")
    if origin is None:
        return heads.said(connection.scope, b"sec-fetch-site") != "cross-site"
    if origin in connection.app.state.settings.cors_origins:
        return True
    try:
        return urlsplit(origin).netloc.lower() == (heads.said(connection.scope, b"host") or "").lower()
    except ValueError:
        return False


def origin(connection: HTTPConnection) -> str:
    """The address that short links are shown with: the one that is set, else the one that the caller used."""
    settings = connection.app.state.settings
    if settings.domain is not None:
        public: str = settings.public_url
        return public
    scheme = "https" if connection.scope["scheme"] in {"https", "wss"} else "http"
    return f"{scheme}://{_netloc(scheme, heads.said(connection.scope, b'host'), connection.scope.get('server'))}"


@lru_cache(maxsize=64)
def _netloc(scheme: str, host: str | None, server: tuple[str, int] | None) -> str:
    """The host and port that a caller used; those of the server where it said none that can be one."""
    said = [] if host is None else [(b"host", host.encode("latin-1"))]
    return URL(scope={"type": "http", "scheme": scheme, "server": server, "path": "/", "headers": said}).netloc


def context(connection: HTTPConnection, access: Access) -> Context:
    """A context for one operation."""
    state = connection.app.state
    return Context(
        access,
        request_id=connection.scope.get("request_id", ""),
        origin=origin(connection),
        wake=state.settler.wake,
        feed=state.feed,
        documents=state.documents,
    )


def cors(connection: HTTPConnection) -> dict[str, str]:
    """The headers that let a page of an origin that the settings name read the answer; none for another."""
    asker = heads.said(connection.scope, b"origin")
    if asker is None or asker not in connection.app.state.settings.cors_origins:
        return {}
    return {"access-control-allow-origin": asker, "access-control-expose-headers": EXPOSED}
