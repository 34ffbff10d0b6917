"""GraphQL over HTTP: POST and GET /graphql, as the specification of that name has it. No body, header or method gets a 500.

Source: https://graphql.github.io/graphql-over-http/draft/
"""

import json
from collections.abc import Mapping
from typing import Any

import orjson
from graphql import GraphQLError
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types.execution import ExecutionResult
from strawberry.types.graphql import OperationType

from api import access, asking, callers, heads, negotiation, quotas
from api.asking import METHODS, Asked, Refused
from api.deadlines import Deadlines
from api.errors import ApiError, Unauthenticated, answer_to
from api.live import events
from api.live.events import Events
from api.live.operations import Caller
from api.negotiation import EVENTS, GRAPHQL, HTML, JSON
from api.persisted import Persisted
from ingest.bodies import Unreadable
from ingest.keys import Access
from schema import errors
from schema.build import schema

MUTATE = frozenset({OperationType.QUERY, OperationType.MUTATION})
ASK = frozenset({OperationType.QUERY})
EXPLORER = "/graphiql"
SHARED = {"cache-control": "no-store", "vary": "Accept, Authorization, Origin"}
_COMMON = {media: Headers({**SHARED, "content-type": f"{media}; charset=utf-8"}).raw for media in (GRAPHQL, JSON)}
PREFLIGHT = {
    "access-control-allow-methods": ", ".join(METHODS),
    "access-control-allow-headers": "authorization, content-type",
    "access-control-max-age": "86400",
    "vary": "Origin",
}


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
    media = negotiation.preferred(heads.said(request.scope, b"accept"))
    if request.method in {"GET", "HEAD"} and media == HTML and "query" not in request.query_params:
        return RedirectResponse(EXPLORER, status_code=303, headers={"vary": "Accept", "cache-control": "no-store"})
    if request.method == "OPTIONS" and (allowed := callers.cors(request)):
        return Response(status_code=204, headers={**allowed, **PREFLIGHT})
    try:
        return await _answered(request, media if media in {GRAPHQL, EVENTS} else JSON, acceptable=media is not None)
    except Refused as refused:
        return _told(request, media, refused.status, refused.code, refused.message, refused.headers)
    except (ApiError, Unreadable) as error:
        answer = answer_to(error)
        return _told(request, media, answer.status, answer.code, getattr(error, "message", str(error)), answer.headers)


async def _answered(request: Request, media: str, *, acceptable: bool) -> Response | Events:
    asking.check(request, acceptable=acceptable)
    plaintext = access.bearer(request)
    opened = None if plaintext is None else await access.identify(request, plaintext)
    if plaintext is None or opened is None:
        raise Unauthenticated
    asked = await asking.read(request)
    if media != EVENTS:
        return await _in_time(request, media, asked, opened)
    if isinstance(asked, list):
        raise Refused(400, "BAD_REQUEST", "a stream answers one operation, not an array")
    caller = Caller(request, plaintext, opened)
    results = caller.results(_text(request, media, asked), asked.variables, asked.operation, allowed=events.kinds(request.method))
    return Events(caller, results, _shared(request))


async def _in_time(request: Request, media: str, asked: Asked | list[Asked], opened: Access) -> Response:
    deadlines: Deadlines = request.app.state.deadlines
    try:
        async with deadlines.within():
            if isinstance(asked, list):
                return await _batched(request, media, asked, opened)
            return _response(request, media, *await _executed(request, media, asked, opened))
    except TimeoutError as error:
        raise Refused(503, "TIMEOUT", f"this took more than {deadlines.seconds} seconds: ask for less", {"retry-after": "5"}) from error


async def _batched(request: Request, media: str, asked: list[Asked], opened: Access) -> Response:
    """The answers of several operations in their order, one after another; each counts as a request."""
    quotas.spend(request, len(asked) - 1)
    contents: list[Mapping[str, Any]] = []
    for each in asked:
        try:
            contents.append((await _executed(request, media, each, opened))[1])
        except Refused as refused:
            contents.append(_error(refused.code, refused.message))
    return _response(request, media, 200, contents)


async def _executed(request: Request, media: str, asked: Asked, opened: Access) -> tuple[int, Mapping[str, Any]]:
    """The status of one operation, and its answer."""
    context = callers.context(request, opened)
    try:
        result = await schema.execute(
            _text(request, media, asked),
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
    return _shown(media, result, context.request_id)


def _text(request: Request, media: str, asked: Asked) -> str:
    persisted: Persisted = request.app.state.persisted
    try:
        return persisted.text(asked.query, asked.extensions, asked.document_id)
    except GraphQLError as error:
        raise Refused(_refusal(media), str((error.extensions or {})["code"]), error.message) from error


def _refusal(media: str) -> int:
    """The status of a request that is well formed and cannot be executed: application/json has 200 for all of them."""
    return 400 if media == GRAPHQL else 200


def _shown(media: str, result: ExecutionResult, request_id: str) -> tuple[int, Mapping[str, Any]]:
    found: dict[str, Any] = {}
    never_ran = result.data is None and any(error.path is None for error in result.errors or ())
    if result.errors:
        found["errors"] = [errors.presented(error, request_id) for error in result.errors]
    if not never_ran:
        found["data"] = result.data
    if result.extensions:
        found["extensions"] = result.extensions
    return _refusal(media) if never_ran else 200, found


def _told(request: Request, media: str | None, status: int, code: str, message: str, headers: Mapping[str, str]) -> Response:
    return _response(request, GRAPHQL if media == GRAPHQL else JSON, status, _error(code, message), headers)


def _error(code: str, message: str) -> Mapping[str, Any]:
    return {"errors": [GraphQLError(message, extensions={"code": code}).formatted]}


def _response(
    request: Request,
    media: str,
    status: int,
    content: Mapping[str, Any] | list[Mapping[str, Any]],
    headers: Mapping[str, str] = {},
) -> Response:
    body, most = _encoded(content), request.app.state.settings.graphql_answer
    if len(body) > most:
        body, status = _encoded(_error("TOO_COMPLEX", f"the answer has more than {most} bytes: ask for smaller pages")), _refusal(media)
    return Encoded(body, status, media, {**callers.cors(request), **headers})


class Encoded(Response):
    """An answer whose bytes are made, under the headers of every answer and `others`."""

    def __init__(self, body: bytes, status: int, media: str, others: Mapping[str, str]) -> None:
        self.status_code, self.body, self.background = status, body, None
        self.raw_headers = [*_COMMON[media], (b"content-length", b"%d" % len(body))]
        if others:
            self.headers.update(others)


def _shared(request: Request) -> dict[str, str]:
    """The headers of every answer."""
    return {**SHARED, **callers.cors(request)}


def _encoded(content: Mapping[str, Any] | list[Mapping[str, Any]]) -> bytes:
    try:
        return orjson.dumps(content)
    except TypeError:  # a lone surrogate, or a number over 64 bits, that the caller sent and an error repeats
        return json.dumps(content).encode()


ROUTES: list[BaseRoute] = [Route("/graphql", Endpoint)]
