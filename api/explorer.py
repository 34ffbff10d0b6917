"""The explorer: GraphiQL's page at /graphiql and its files, built into `graphiql/dist`, all of them our own.

The page holds no data and asks no key; what it shows comes from /graphql. It may load nothing from another host.
"""

import gzip
import re
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

DIST = Path(__file__).parent / "graphiql" / "dist"

POLICY = (
    "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

_SECURITY = {"content-security-policy": POLICY, "x-content-type-options": "nosniff", "referrer-policy": "no-referrer"}

# A file's name holds the hash of its content, so what a browser has once it never needs to ask for again.
_ASSET = _SECURITY | {"cache-control": "public, max-age=31536000, immutable", "vary": "accept-encoding"}
_PAGE = _SECURITY | {"cache-control": "no-cache"}

_NAME = re.compile(r"[A-Za-z0-9_-]{1,60}(\.[a-z0-9]{1,10}){1,3}")
_TYPES = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".ttf": "font/ttf",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
    ".txt": "text/plain",
}

_NOT_BUILT = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Clickledger explorer: not built</title></head>
<body style="font: 16px/1.5 system-ui, sans-serif; max-width: 36em; margin: 4em auto; padding: 0 1em">
<h1>The explorer is not built</h1>
<p>Its page is made from <code>api/graphiql</code>. Run <code>make explorer</code>, or <code>make serve</code>, which builds it first;
then reload.</p>
<p>The API itself is at <a href="graphql">/graphql</a> and needs no build.</p>
</body></html>
"""


async def page(_: Request) -> Response:
    index = DIST / "index.html"
    if not index.is_file():
        return HTMLResponse(_NOT_BUILT, status_code=503, headers=_PAGE)
    return FileResponse(index, media_type="text/html", headers=_PAGE)


async def asset(request: Request) -> Response:
    """One hashed file. The build keeps each compressed; a client that cannot read gzip gets it unpacked."""
    name: str = request.path_params["name"]
    path = DIST / "assets" / f"{name}.gz"
    media_type = _TYPES.get(Path(name).suffix)
    if media_type is None or not _NAME.fullmatch(name) or not path.is_file():
        return PlainTextResponse("Not found\n", status_code=404, headers=_PAGE)
    if "gzip" in request.headers.get("accept-encoding", ""):
        return FileResponse(path, media_type=media_type, headers=_ASSET | {"content-encoding": "gzip"})
    return Response(gzip.decompress(path.read_bytes()), media_type=media_type, headers=_ASSET)


ROUTES: list[BaseRoute] = [Route("/graphiql", page), Route("/graphiql/assets/{name}", asset)]
