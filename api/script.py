"""GET /script.js: the script that a site includes. Its source is `script.js` beside this file, served as it is."""

import gzip
from functools import cache
from hashlib import blake2b
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

SOURCE = Path(__file__).with_name("script.js")
_HEADERS = {
    "cache-control": "public, max-age=3600, stale-while-revalidate=86400",
    "access-control-allow-origin": "*",
    "cross-origin-resource-policy": "cross-origin",
    "vary": "accept-encoding",
}


async def script(request: Request) -> Response:
    plain, packed, tag = _read()
    headers = {**_HEADERS, "etag": tag}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(packed, headers={**headers, "content-encoding": "gzip"}, media_type="text/javascript")
    return Response(plain, headers=headers, media_type="text/javascript")


@cache
def _read() -> tuple[bytes, bytes, str]:
    plain = SOURCE.read_bytes()
    return plain, gzip.compress(plain, mtime=0), f'W/"{blake2b(plain, digest_size=8).hexdigest()}"'


ROUTES: list[BaseRoute] = [Route("/script.js", script, methods=["GET"])]
