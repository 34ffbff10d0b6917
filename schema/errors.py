"""What a caller is told of an error: a code and a sentence, never a stack or a driver's text."""

from typing import Any

import structlog
from graphql import GraphQLError
from strawberry.exceptions import MissingQueryError
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError

from ingest.errors import Invalid, NotFound
from resolvers.errors import ReadError

MASK = "this is our fault; the log has it under the request id"
_MISPUT = (CannotGetOperationTypeError, InvalidOperationTypeError, MissingQueryError)
"""What Strawberry raises, over a stream, for an operation that is missing or not of a kind that is served there."""
_log = structlog.get_logger("graphql")


def presented(error: GraphQLError, request_id: str) -> dict[str, Any]:
    """The error as it goes on the wire. One that nobody foresaw is masked; `note` has written it to the log."""
    shown: dict[str, Any] = dict(error.formatted)
    cause = cause_of(error)
    code = _code(error, cause)
    if code is None:
        shown["message"], shown["extensions"] = MASK, {"code": "INTERNAL", "requestId": request_id}
        return shown
    shown["message"] = error.message if cause is None or isinstance(cause, _MISPUT) else str(cause)
    shown["extensions"] = {**(shown.get("extensions") or {}), "code": code}
    return shown


def note(error: GraphQLError) -> None:
    """Write an error of ours to the log; a caller's mistakes are not our log's business."""
    cause = cause_of(error)
    if _code(error, cause) is None:
        _log.error("unforeseen", path=error.path, exc_info=cause)


def cause_of(error: GraphQLError) -> Exception | None:
    """What was raised under the layers of GraphQL's own errors; None where those are all there is."""
    cause: BaseException | None = error.original_error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    return cause if isinstance(cause, Exception) else None


def _code(error: GraphQLError, cause: Exception | None) -> str | None:
    """The code of an error that somebody meant; None for one that nobody did."""
    if isinstance(cause, ReadError):
        return cause.code
    if isinstance(cause, NotFound):
        return "NOT_FOUND"
    if isinstance(cause, (Invalid, *_MISPUT)):
        return "BAD_USER_INPUT"
    if cause is not None:
        return None
    own = _stated(error)
    return own if own is not None else "BAD_USER_INPUT"


def _stated(error: GraphQLError) -> str | None:
    """The code that the error, or one beneath it, carries."""
    current: BaseException | None = error
    while isinstance(current, GraphQLError):
        code = (current.extensions or {}).get("code")
        if isinstance(code, str):
            return code
        current = current.original_error
    return None
