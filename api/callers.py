"""Who calls /graphql, over whatever connection: whether a browser may, and the context that an operation of theirs runs in."""

from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from ingest.keys import Access
from resolvers.context import Context

EXPOSED = "x-request-id, x-ratelimit-limit, x-ratelimit-remaining, x-ratelimit-reset, retry-after"


def from_here(connection: HTTPConnection) -> bool:
    """Whether no browser sent this for a page of another site, but for one that the settings name."""
    origin = connection.headers.get("origin")
    if origin is None:
        return connection.headers.get("sec-fetch-site") != "cross-site"
    if origin in connection.app.state.settings.cors_origins:
        return True
    try:
        return urlsplit(origin).netloc.lower() == connection.headers.get("host", "").lower()
    except ValueError:
        return False


def origin(connection: HTTPConnection) -> str:
    """The address that short links are shown with: the one that is set, else the one that the caller used."""
    settings = connection.app.state.settings
    if settings.domain is not None:
        public: str = settings.public_url
        return public
    scheme = "https" if connection.url.scheme in {"https", "wss"} else "http"
    return f"{scheme}://{connection.url.netloc}"


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
    asker = connection.headers.get("origin")
    if asker is None or asker not in connection.app.state.settings.cors_origins:
        return {}
    return {"access-control-allow-origin": asker, "access-control-expose-headers": EXPOSED}
