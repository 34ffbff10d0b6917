"""What holds for every request: an id, a bounded body, safe headers, a line in the log, and an answer whatever happens."""

import re
import time
from collections.abc import Mapping, MutableMapping
from functools import lru_cache
from typing import Any

import orjson
import structlog
from prometheus_client import Counter
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import errors, heads, logging
from ingest import ids

SECURITY_HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "cross-origin-opener-policy": "same-origin",
}
"""Of an answer that does not say otherwise."""
_SECURITY = {name.encode(): value.encode() for name, value in SECURITY_HEADERS.items()}
DENIAL = "websocket.http.response"
"""The extension of ASGI by which the refusal of a WebSocket is an answer of ours.

Source: https://asgi.readthedocs.io/en/latest/extensions.html#websocket-denial-response
"""
LEFT = 499
"""The status in the log of a request whose caller left; none is sent."""
_REQUEST_ID = re.compile(r"[A-Za-z0-9_.-]{8,64}")
_FREQUENT = {"/healthz", "/readyz", "/metrics"}  # machines ask these every few seconds
_log = structlog.get_logger("request")


class Envelope:
    """The outermost layer: names the request, adds headers to its answer, counts it, logs it, and answers 500 for what nobody foresaw."""

    def __init__(self, app: ASGIApp, *, requests: Counter) -> None:
        self.app = app
        self._counter = lru_cache(maxsize=256)(lambda route, status: requests.labels(route, str(status)))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await self.app(scope, receive, send)
            return
        scope["request_id"] = _request_id(heads.said(scope, b"x-request-id"))
        told = logging.request_id.set(scope["request_id"])
        try:
            await self._answered(scope, receive, _Answer(scope, send))
        finally:
            logging.request_id.reset(told)

    async def _answered(self, scope: Scope, receive: Receive, answer: "_Answer") -> None:
        began = time.perf_counter()
        try:
            await self.app(scope, receive, answer.send)
        except ClientDisconnect:  # who asked left before all of it was sent, and hears nothing any more
            answer.status = answer.status or LEFT
        except Exception:
            _log.exception("unforeseen", path=scope["path"])
            await answer.apologise(scope, receive)
        self._note(scope, answer.status, time.perf_counter() - began)

    def _note(self, scope: MutableMapping[str, Any], status: int, seconds: float) -> None:
        route = _route(scope)
        self._counter(route, status).inc()
        say = _log.debug if route in _FREQUENT else _log.info
        say(
            "answered",
            method=scope.get("method", "WEBSOCKET"),
            route=route,
            path=scope["path"],
            status=status,
            ms=round(seconds * 1_000, 1),
        )


class _Answer:
    """What has been sent of one answer."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._request_id, self._send, self._websocket = scope["request_id"], send, scope["type"] == "websocket"
        self._extensions = scope.get("extensions") or {}
        self.status = 0

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            said = dict(message["headers"])
            message["headers"] = [
                *message["headers"],
                (b"x-request-id", self._request_id.encode()),
                *(_SECURITY.items() if said.keys().isdisjoint(_SECURITY) else _unsaid(said)),
            ]
        elif message["type"] == "websocket.accept":
            self.status = 101
        elif message["type"] == "websocket.close" and not self.status and DENIAL in self._extensions:
            await self._deny()
            return
        await self._send(message)

    async def _deny(self) -> None:
        """Refuse a handshake by an answer like any other, where the server would send one of its own."""
        error = {"code": "FORBIDDEN", "message": "no WebSocket is opened here for you", "requestId": self._request_id}
        headers = {"content-type": "application/json", "cache-control": "no-store", **SECURITY_HEADERS, "x-request-id": self._request_id}
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        self.status = 403
        await self._send({"type": "websocket.http.response.start", "status": self.status, "headers": raw})
        await self._send({"type": "websocket.http.response.body", "body": orjson.dumps({"error": error})})

    async def apologise(self, scope: Scope, receive: Receive) -> None:
        """Answer INTERNAL, where nothing has been said yet."""
        if self._websocket:
            await self._send({"type": "websocket.close", "code": 1011})
        elif not self.status:
            message = "this is our fault; the log has it under the request id"
            await errors.told(self._request_id, 500, "INTERNAL", message)(scope, receive, self.send)


def _unsaid(said: Mapping[bytes, bytes]) -> list[tuple[bytes, bytes]]:
    return [(name, value) for name, value in _SECURITY.items() if name not in said]


def _request_id(given: str | None) -> str:
    """The id that a proxy in front gave, where it is a plain one, else a new one."""
    return given if given is not None and _REQUEST_ID.fullmatch(given) else ids.made("req")


def _route(scope: MutableMapping[str, Any]) -> str:
    """The pattern of the route, which has few values, not the path, which has as many as callers like."""
    found = getattr(scope.get("route"), "path", None)
    return found if isinstance(found, str) else "none"


class BoundedBody:
    """Refuses a body over the limit to whoever reads it: unread where its length is announced, else as soon as it passes it."""

    def __init__(self, app: ASGIApp, *, limit_bytes: int) -> None:
        self.app, self.limit_bytes = app, limit_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, self._counted(scope, receive) if scope["type"] == "http" else receive, send)

    def _counted(self, scope: Scope, receive: Receive) -> Receive:
        announced = heads.said(scope, b"content-length") or ""
        over = announced.isascii() and announced.isdigit() and (len(announced) > 18 or int(announced) > self.limit_bytes)
        total = 0

        async def counted() -> Message:
            nonlocal total
            if over:
                raise errors.TooLarge(self.limit_bytes)
            message = await receive()
            total += len(message.get("body", b""))
            if total > self.limit_bytes:
                raise errors.TooLarge(self.limit_bytes)
            return message

        return counted
