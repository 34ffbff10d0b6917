"""What a request to /graphql asks: its parameters read out of a body or an address, or a refusal with its status."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request

from api import callers, heads, negotiation
from api.negotiation import GRAPHQL, JSON
from ingest import bodies

METHODS = ("GET", "POST")
_TAKEN = frozenset({*METHODS, "HEAD"})
KINDS: Mapping[str, type] = {"query": str, "documentId": str, "operationName": str, "variables": dict, "extensions": dict}


class Refused(Exception):
    """A request that is not well formed, with the status that says so."""

    def __init__(self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.headers = status, code, message, dict(headers or {})


@dataclass(frozen=True, slots=True)
class Asked:
    """The parameters of one operation."""

    query: str | None
    """None where the document is named instead."""
    variables: dict[str, Any] | None
    operation: str | None
    extensions: Mapping[str, Any]
    document_id: str | None


def check(request: Request, *, acceptable: bool) -> None:
    """What can be said without reading the body.

    Raises:
        Refused: a method, type or origin that is not taken.
    """
    method = request.method
    if method not in _TAKEN:
        raise Refused(405, "METHOD_NOT_ALLOWED", "use POST, or GET for queries", {"allow": ", ".join(METHODS)})
    if not acceptable:
        raise Refused(406, "NOT_ACCEPTABLE", f"answers are {GRAPHQL} or {JSON}")
    if not callers.from_here(request):
        raise Refused(403, "FORBIDDEN", "pages of another site may not ask; CLICKLEDGER_CORS_ORIGINS says which may")
    if method == "POST" and not negotiation.is_json(heads.said(request.scope, b"content-type") or ""):
        raise Refused(415, "UNSUPPORTED_MEDIA_TYPE", "send application/json in UTF-8")


async def read(request: Request) -> Asked | list[Asked]:
    """One operation, or those of an array.

    Raises:
        Refused, Unreadable, TooLarge: a body or parameters that are not a request.
    """
    if request.method != "POST":
        return _read_query(request)
    value = bodies.parse(await request.body())
    if isinstance(value, list):
        return _read_batch(value, request.app.state.settings.graphql_batch)
    if not isinstance(value, dict):
        raise Refused(400, "BAD_REQUEST", "the body must be a JSON object with a query")
    return _asked(value)


def _read_batch(values: list[Any], most: int) -> list[Asked]:
    if not most:
        raise Refused(400, "BAD_REQUEST", "send one operation at a time: arrays are not taken here")
    if not 0 < len(values) <= most or not all(isinstance(value, dict) for value in values):
        raise Refused(400, "BAD_REQUEST", f"an array must hold 1 to {most} JSON objects, each with a query")
    return [_asked(value) for value in values]


def _read_query(request: Request) -> Asked:
    given: dict[str, Any] = dict(request.query_params)
    if len(given) != len(request.query_params.multi_items()):
        raise Refused(400, "BAD_REQUEST", "a parameter is given twice")
    for name in {"variables", "extensions"} & given.keys():
        given[name] = bodies.parse(given[name].encode("utf-8", "surrogatepass")) if given[name] else None
    return _asked(given)


def _asked(given: Mapping[str, Any]) -> Asked:
    for name, value in given.items():
        if value is not None and not isinstance(value, KINDS.get(name, object)):
            raise Refused(400, "BAD_REQUEST", f"{name} must be {'a string' if KINDS[name] is str else 'an object'}")
    query, document_id, extensions = given.get("query") or None, given.get("documentId") or None, given.get("extensions") or {}
    if query is None and document_id is None and extensions.get("persistedQuery") is None:
        raise Refused(400, "BAD_REQUEST", "query is missing")
    return Asked(query, given.get("variables"), given.get("operationName") or None, extensions, document_id)
