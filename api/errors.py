"""What a caller is told when a request cannot be answered: one table from each class of error to a status and a code.

ApiError
├── Unauthenticated   no key, or one that opens nothing
├── Forbidden         the key lacks a scope
├── ForeignPage       a browser's page of a host that the workspace does not allow
├── TooLarge          the body is over the limit
├── Malformed         the body cannot be read
├── RateLimited       too many requests of one key or address
└── Unavailable       not now: something that we need is away or not set
"""

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api import callers, heads, negotiation
from ingest import away
from ingest.bodies import Unreadable
from ingest.errors import IngestError, Invalid, NotFound


class ApiError(Exception):
    """A request that is not answered. `message` is for people and holds nothing secret."""

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.message, self.field = message, field


class Unauthenticated(ApiError):
    def __init__(self) -> None:
        super().__init__("send a key as `Authorization: Bearer clk_…`; this one is missing, unknown or revoked")


class Forbidden(ApiError):
    def __init__(self, scope: str) -> None:
        super().__init__(f"this key lacks the scope {scope}")
        self.scope = scope


class ForeignPage(ApiError):
    def __init__(self) -> None:
        super().__init__("pages of this host may not report here; the workspace's allowedHosts says which may")


class TooLarge(ApiError):
    def __init__(self, limit_bytes: int) -> None:
        super().__init__(f"a body may have {limit_bytes} bytes; CLICKLEDGER_MAX_BODY sets this")
        self.limit_bytes = limit_bytes


class Malformed(ApiError):
    pass


class RateLimited(ApiError):
    def __init__(self, seconds: int) -> None:
        super().__init__(f"too many requests; the next is taken in {seconds} seconds")
        self.headers = {"retry-after": str(seconds)}


class Unavailable(ApiError):
    pass


@dataclass(frozen=True)
class Answer:
    status: int
    code: str
    headers: Mapping[str, str]


GRAPHQL_PATH = "/graphql"
_CHALLENGE = 'Bearer realm="clickledger"'
ANSWERS: Mapping[type[Exception], Answer] = {
    Unauthenticated: Answer(401, "UNAUTHENTICATED", {"www-authenticate": _CHALLENGE}),
    Forbidden: Answer(403, "FORBIDDEN", {"www-authenticate": f'{_CHALLENGE}, error="insufficient_scope"'}),
    ForeignPage: Answer(403, "FORBIDDEN", {}),
    TooLarge: Answer(413, "TOO_LARGE", {}),
    Malformed: Answer(400, "BAD_REQUEST", {}),
    RateLimited: Answer(429, "RATE_LIMITED", {}),
    Unreadable: Answer(400, "BAD_REQUEST", {}),
    Unavailable: Answer(503, "UNAVAILABLE", {"retry-after": "5"}),
    Invalid: Answer(422, "BAD_USER_INPUT", {}),
    NotFound: Answer(404, "NOT_FOUND", {}),
    IngestError: Answer(422, "BAD_USER_INPUT", {}),
}
_BY_STATUS = {404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED", 413: "TOO_LARGE", 415: "UNSUPPORTED_MEDIA_TYPE"}


def told(
    request_id: str, status: int, code: str, message: str, *, field: str | None = None, headers: Mapping[str, str] | None = None
) -> Response:
    """`{"error": {code, message, field?, requestId}}`, never kept by a cache."""
    error = {"code": code, "message": message, **({"field": field} if field else {}), "requestId": request_id}
    return JSONResponse({"error": error}, status_code=status, headers={"cache-control": "no-store", **(headers or {})})


def request_id(request: Request) -> str:
    """The id under which the log has this request."""
    found: str = request.scope.get("request_id", "")
    return found


def _shown(
    request: Request, status: int, code: str, message: str, *, field: str | None = None, headers: Mapping[str, str] | None = None
) -> Response:
    """In the shape that a caller of this path reads."""
    if request.scope["path"] != GRAPHQL_PATH:
        return told(request_id(request), status, code, message, field=field, headers=headers)
    media = negotiation.preferred(heads.said(request.scope, b"accept"))
    content = {"errors": [{"message": message, "extensions": {"code": code, "requestId": request_id(request)}}]}
    shared = {"cache-control": "no-store", "vary": "Accept, Authorization, Origin", **callers.cors(request), **(headers or {})}
    return JSONResponse(content, status, shared, media_type=negotiation.GRAPHQL if media == negotiation.GRAPHQL else negotiation.JSON)


def answer_to(error: Exception) -> Answer:
    """The table's, with the headers that the error itself carries."""
    found = next(ANSWERS[kind] for kind in type(error).__mro__ if kind in ANSWERS)
    return Answer(found.status, found.code, {**found.headers, **getattr(error, "headers", {})})


async def expected(request: Request, error: Exception) -> Response:
    """The answer to an error of the table."""
    answer = answer_to(error)
    message = getattr(error, "message", None) or str(error)
    return _shown(request, answer.status, answer.code, message, field=getattr(error, "field", None), headers=answer.headers)


async def http(request: Request, error: Exception) -> Response:
    """The answer to what Starlette itself refuses: no such page, no such method."""
    assert isinstance(error, HTTPException)
    code = _BY_STATUS.get(error.status_code, "BAD_REQUEST")
    return _shown(request, error.status_code, code, str(error.detail), headers=error.headers)


async def storage(request: Request, error: Exception) -> Response:
    """The answer while the database is away, locked or full; anything else that it says is a fault of ours."""
    if not away.is_away(error):
        raise error
    answer = ANSWERS[Unavailable]
    return _shown(request, answer.status, answer.code, "the database does not answer; try again", headers=answer.headers)
