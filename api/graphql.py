"""GraphQL over HTTP: POST and GET /graphql, as the specification of that name has it. No body, header or method gets a 500.

Source: https://graphql.github.io/graphql-over-http/draft/
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from graphql import GraphQLError
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types.execution import ExecutionResult
from strawberry.types.graphql import OperationType

from api import access, callers, negotiation
from api.errors import ANSWERS, ApiError, Unauthenticated
from api.live import events
from api.live.events import Events
from api.live.operations import Caller
from api.negotiation import EVENTS, GRAPHQL, HTML, JSON
from ingest import bodies
from ingest.bodies import Unreadable
from resolvers.context import Context
from schema import errors
from schema.build import schema

METHODS = ("GET", "POST")
MUTATE = frozenset({OperationType.QUERY, OperationType.MUTATION})
ASK = frozenset({OperationType.QUERY})
EXPLORER = "/graphiql"
PREFLIGHT = {
    "access-control-allow-methods": ", ".join(METHODS),
    "access-control-allow-headers": "authorization, content-type",
    "access-control-max-age": "86400",
    "vary": "Origin",
}


class Refused(Exception):
    """A request that is not well formed, with the status that says so."""

    def __init__(self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.headers = status, code, message, dict(headers or {})


@dataclass(frozen=True, slots=True)
class Asked:
    """The parameters of a request."""

    query: str
    variables: dict[str, Any] | None
    operation: str | None


class Endpoint:
    """The application behind /graphql."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._request = Request(scope, receive)
        self._receive, self._send = receive, send

    def __await__(self) -> Any:
        return self._dispatch().__await__()

    async def _dispatch(self) -> None:
        answer = await respond(self._request)
        await answer(self._request.scope, self._receive, self._send)


async def respond(request: Request) -> Response | Events:
    """The answer to a request, whatever it is."""
    media = negotiation.preferred(request.headers.get("accept"))
    if request.method in {"GET", "HEAD"} and media == HTML and "query" not in request.query_params:
        return RedirectResponse(EXPLORER, status_code=303, headers={"vary": "Accept", "cache-control": "no-store"})
    if request.method == "OPTIONS" and (allowed := _cors(request)):
        return Response(status_code=204, headers={**allowed, **PREFLIGHT})
    try:
        return await _answered(request, media if media in {GRAPHQL, EVENTS} else JSON, acceptable=media is not None)
    except Refused as refused:
        return _told(request, media, refused.status, refused.code, refused.message, refused.headers)
    except (ApiError, Unreadable) as error:
        answer = next(ANSWERS[kind] for kind in type(error).__mro__ if kind in ANSWERS)
        return _told(request, media, answer.status, answer.code, getattr(error, "message", str(error)), answer.headers)


async def _answered(request: Request, media: str, *, acceptable: bool) -> Response | Events:
    _check(request, acceptable=acceptable)
    plaintext = access.bearer(request)
    opened = None if plaintext is None else await access.identify(request, plaintext)
    if plaintext is None or opened is None:
        raise Unauthenticated
    asked = _read_query(request) if request.method != "POST" else _read_body(await request.body())
    if media == EVENTS:
        caller = Caller(request, plaintext, opened)
        results = caller.results(asked.query, asked.variables, asked.operation, allowed=events.kinds(request.method))
        return Events(caller, results, _shared(request))
    return await _executed(request, media, asked, callers.context(request, opened))


def _check(request: Request, *, acceptable: bool) -> None:
    """What can be said without reading the body.

    Raises:
        Refused: a method, type or origin that is not taken.
    """
    if request.method not in {*METHODS, "HEAD"}:
        raise Refused(405, "METHOD_NOT_ALLOWED", "use POST, or GET for queries", {"allow": ", ".join(METHODS)})
    if not acceptable:
        raise Refused(406, "NOT_ACCEPTABLE", f"answers are {GRAPHQL} or {JSON}")
    if not callers.from_here(request):
        raise Refused(403, "FORBIDDEN", "pages of another site may not ask; CLICKLEDGER_CORS_ORIGINS says which may")
    if request.method == "POST" and not negotiation.is_json(request.headers.get("content-type", "")):
        raise Refused(415, "UNSUPPORTED_MEDIA_TYPE", "send application/json in UTF-8")


def _read_body(body: bytes) -> Asked:
    """Raises Refused or Unreadable for a body that is not a request."""
    value = bodies.parse(body)
    if not isinstance(value, dict):
        raise Refused(400, "BAD_REQUEST", "the body must be a JSON object with a query")
    return _asked(value)


def _read_query(request: Request) -> Asked:
    """Raises Refused or Unreadable for parameters that are not a request."""
    given: dict[str, Any] = dict(request.query_params)
    if len(given) != len(request.query_params.multi_items()):
        raise Refused(400, "BAD_REQUEST", "a parameter is given twice")
    for name in {"variables", "extensions"} & given.keys():
        given[name] = bodies.parse(given[name].encode("utf-8", "surrogatepass")) if given[name] else None
    return _asked(given)


def _asked(given: Mapping[str, Any]) -> Asked:
    for name, kind in (("query", str), ("operationName", str), ("variables", dict), ("extensions", dict)):
        if given.get(name) is not None and not isinstance(given[name], kind):
            raise Refused(400, "BAD_REQUEST", f"{name} must be {'a string' if kind is str else 'an object'}")
    if not given.get("query"):
        raise Refused(400, "BAD_REQUEST", "query is missing")
    return Asked(given["query"], given.get("variables"), given.get("operationName") or None)


async def _executed(request: Request, media: str, asked: Asked, context: Context) -> Response:
    try:
        result = await schema.execute(
            asked.query,
            variable_values=asked.variables,
            context_value=context,
            operation_name=asked.operation,
            allowed_operation_types=MUTATE if request.method == "POST" else ASK,
        )
    except InvalidOperationTypeError as error:
        if request.method != "POST":
            raise Refused(405, "METHOD_NOT_ALLOWED", "only queries may be asked by GET; use POST", {"allow": "POST"}) from error
        raise Refused(400, "BAD_USER_INPUT", "operations of this kind are not served here") from error
    except CannotGetOperationTypeError as error:
        raise Refused(_refusal(media), "BAD_USER_INPUT", "operationName must name one operation of the document") from error
    return _shown(request, media, result, context.request_id)


def _refusal(media: str) -> int:
    """The status of a request that is well formed and cannot be executed: application/json has 200 for all of them."""
    return 400 if media == GRAPHQL else 200


def _shown(request: Request, media: str, result: ExecutionResult, request_id: str) -> Response:
    found: dict[str, Any] = {}
    never_ran = result.data is None and any(error.path is None for error in result.errors or ())
    if result.errors:
        found["errors"] = [errors.presented(error, request_id) for error in result.errors]
    if not never_ran:
        found["data"] = result.data
    if result.extensions:
        found["extensions"] = result.extensions
    return _response(request, media, _refusal(media) if never_ran else 200, found)


def _told(request: Request, media: str | None, status: int, code: str, message: str, headers: Mapping[str, str]) -> Response:
    error = GraphQLError(message, extensions={"code": code})
    return _response(request, GRAPHQL if media == GRAPHQL else JSON, status, {"errors": [error.formatted]}, headers)


def _response(
    request: Request,
    media: str,
    status: int,
    content: Mapping[str, Any],
    headers: Mapping[str, str] = {},
) -> Response:
    return Response(_encoded(content), status, headers={**_shared(request), **headers}, media_type=f"{media}; charset=utf-8")


def _shared(request: Request) -> dict[str, str]:
    """The headers of every answer."""
    return {"cache-control": "no-store", "vary": "Accept, Authorization, Origin", **_cors(request)}


def _encoded(content: Mapping[str, Any]) -> bytes:
    try:
        return orjson.dumps(content)
    except TypeError:  # a lone surrogate, or a number over 64 bits, that the caller sent and an error repeats
        return json.dumps(content).encode()


def _cors(request: Request) -> dict[str, str]:
    origin = request.headers.get("origin")
    if origin is None or origin not in request.app.state.settings.cors_origins:
        return {}
    return {"access-control-allow-origin": origin, "access-control-expose-headers": "x-request-id"}


ROUTES: list[BaseRoute] = [Route("/graphql", Endpoint)]
