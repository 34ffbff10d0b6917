"""The limit of reading behind what no request of ours may do without: key, quotas, a body read strictly, an id, headers, a line of log.

The statements and the answers are by hand, as `reading` has them; what surrounds them is the server's own. Between the two lies what
that costs, and between this one and ours what GraphQL does.
"""

import hashlib

import orjson
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api import access, logging
from api.graphql import SHARED
from api.health import Metrics
from api.limits import BoundedBody, Envelope
from api.quotas import Quotas
from ingest import bodies
from tests.benchmarks.databases import KEY
from tests.benchmarks.limits.reading import Answers

_BEYOND = 10_000_000
_KNOWN = {hashlib.sha256(KEY.encode()).hexdigest()}


def create(address: str) -> Starlette:
    logging.start("info")
    answers = Answers(address)

    async def answer(request: Request) -> Response:
        if hashlib.sha256((access.bearer(request) or "").encode()).hexdigest() not in _KNOWN:
            return Response(status_code=401)
        asked = bodies.parse(await request.body())["variables"]
        data = await answers.sale(asked["id"]) if "id" in asked else await answers.page()
        return Response(orjson.dumps({"data": data}), headers=SHARED, media_type="application/json")

    layers = [
        Middleware(Envelope, requests=Metrics().requests),
        Middleware(Quotas, per_key=_BEYOND, per_address=_BEYOND),
        Middleware(BoundedBody, limit_bytes=1_000_000),
    ]
    return Starlette(routes=[Route("/graphql", answer, methods=["POST"])], middleware=layers, lifespan=answers.lifespan)
