"""The WebSocket at /graphql: graphql-transport-ws. Strawberry's handler speaks the protocol; what a connection may take is held here.

Source: https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md
"""

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any, cast

import orjson
import structlog
from graphql import GraphQLError
from starlette.routing import BaseRoute, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState
from strawberry.exceptions import ConnectionRejectionError
from strawberry.http.async_base_view import AsyncWebSocketAdapter
from strawberry.http.exceptions import NonJsonMessageReceived, NonTextMessageReceived, WebSocketDisconnected
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler
from strawberry.subscriptions.protocols.graphql_transport_ws.types import Message, SubscribeMessage
from strawberry.types.execution import ExecutionResult
from strawberry.types.unset import UNSET

from api import access, callers
from api.live import operations
from api.live.operations import Caller
from api.persisted import Persisted
from ingest import away, bodies

PROTOCOL = "graphql-transport-ws"
INIT_SECONDS = 5.0
OPERATIONS = 20
"""Operations that one connection may have at a time."""
LONGEST_REASON = 120
"""Bytes of a close frame's text: the WebSocket protocol has 123."""
NOT_OURS, FORBIDDEN, TRY_LATER, TOO_BIG = 4406, 4403, 1013, 1009
_log = structlog.get_logger("clickledger.sockets")
End = tuple[int, str]


class Wire(AsyncWebSocketAdapter):
    """Messages in and out, each bounded: in size, and in the time that the reader may take."""

    def __init__(self, socket: WebSocket) -> None:
        settings = socket.app.state.settings
        self._socket, self._limit_bytes, self._most_bytes = socket, settings.max_body, settings.graphql_answer
        self.slow = asyncio.Event()

    async def iter_json(self, *, ignore_parsing_errors: bool = False) -> AsyncGenerator[object, None]:  # noqa: ARG002  # Strawberry's signature
        while self._socket.application_state is WebSocketState.CONNECTED:
            message = await self._socket.receive()
            if message["type"] == "websocket.disconnect":
                return
            if message.get("text") is None:
                raise NonTextMessageReceived
            body = message["text"].encode("utf-8", "surrogatepass")
            if len(body) > self._limit_bytes:
                await self.close(TOO_BIG, f"a message may have {self._limit_bytes} bytes")
                return
            try:
                yield bodies.parse(body)
            except bodies.Unreadable as error:
                raise NonJsonMessageReceived from error

    async def send_json(self, message: Mapping[str, object]) -> None:
        """Raises WebSocketDisconnected where nobody reads any more. After a message that was given up none follows: it would belie it."""
        if self.slow.is_set() or self._socket.application_state is not WebSocketState.CONNECTED:
            raise WebSocketDisconnected
        try:
            async with asyncio.timeout(operations.SEND_SECONDS):
                await self._socket.send_text(self._encoded(message))
        except TimeoutError as error:
            self.slow.set()
            raise WebSocketDisconnected from error
        except WebSocketDisconnect as error:
            raise WebSocketDisconnected from error

    def _encoded(self, message: Mapping[str, object]) -> str:
        """As text; in place of a result over the limit of an answer, what says so."""
        text = _plain(message)
        if len(text) <= self._most_bytes or message["type"] != "next":
            return text
        return _plain({**message, "payload": operations.too_long(self._most_bytes)})

    async def close(self, code: int, reason: str) -> None:
        if self._socket.application_state is WebSocketState.CONNECTED:
            with suppress(WebSocketDisconnect, TimeoutError):
                async with asyncio.timeout(operations.SEND_SECONDS):
                    await self._socket.close(code, reason.encode()[:LONGEST_REASON].decode(errors="ignore"))


def _plain(message: Mapping[str, object]) -> str:
    try:
        return orjson.dumps(message).decode()
    except TypeError:  # a lone surrogate, or a number over 64 bits, that the caller sent and an error repeats
        return json.dumps(message)


class Session:
    """What Strawberry's handler asks of a view and of a schema: who connects, and the results of an operation."""

    def __init__(self, socket: WebSocket) -> None:
        self._socket, self.persisted = socket, cast(Persisted, socket.app.state.persisted)
        self.caller: Caller | None = None

    async def on_ws_connect(self, context: Mapping[str, Any]) -> object:
        """Raises ConnectionRejectionError without a good key."""
        plaintext = _key(context["connection_params"]) or access.bearer(self._socket)
        opened = None if plaintext is None else await access.identify(self._socket, plaintext)
        if plaintext is None or opened is None:
            raise ConnectionRejectionError
        self.caller = Caller(self._socket, plaintext, opened)
        return UNSET

    async def stream(
        self,
        query: str,
        *,
        variable_values: dict[str, Any] | None,
        context_value: object,  # noqa: ARG002  # the connection's: each operation gets its own
        root_value: object,  # noqa: ARG002  # Strawberry's signature; ours is none
        operation_name: str | None,
    ) -> AsyncGenerator[ExecutionResult, None]:
        assert self.caller is not None  # the handler takes no operation before it has acknowledged
        return self.caller.results(query, variable_values, operation_name)


def _key(payload: Mapping[str, Any]) -> str | None:
    """The key that connection_init carries, as a header would."""
    said = next((value for name, value in payload.items() if name.lower() == "authorization"), None)
    scheme, _, key = said.partition(" ") if isinstance(said, str) else ("", "", "")
    return key.strip() or None if scheme.lower() == "bearer" else None


class Handler(BaseGraphQLTransportWSHandler[dict[str, Any], None]):
    """Strawberry's, which is told what messages look like, how many operations there may be, and which ends are nobody's fault."""

    persisted: Persisted

    async def handle_message(self, message: Message) -> None:
        if _well_formed(message):
            await super().handle_message(message)
        else:
            await self.handle_invalid_message("not a message of graphql-transport-ws")

    async def handle_subscribe(self, message: SubscribeMessage) -> None:
        if self.connection_acknowledged and message["id"] not in self.operations:
            try:
                message = self._taken(message)
            except GraphQLError as error:
                await self.send_message({"id": message["id"], "type": "error", "payload": [error.formatted]})
                return
        await super().handle_subscribe(message)

    def _taken(self, message: SubscribeMessage) -> SubscribeMessage:
        """The message with the text of its document.

        Raises:
            GraphQLError: there are operations enough, or it names a document that is not here.
        """
        if len(self.operations) >= OPERATIONS:
            raise GraphQLError(f"a connection may have {OPERATIONS} operations at a time", extensions={"code": "RATE_LIMITED"})
        asked: Mapping[str, Any] = message["payload"]
        text = self.persisted.text(asked.get("query") or None, asked.get("extensions") or {}, asked.get("documentId"))
        return cast(SubscribeMessage, {**message, "payload": {**asked, "query": text}})

    async def handle_task_exception(self, error: Exception) -> None:
        if not isinstance(error, WebSocketDisconnected):
            _log.error("unforeseen", exc_info=error)


def _well_formed(message: object) -> bool:
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        return False
    if message["type"] in {"subscribe", "complete"} and not (isinstance(message.get("id"), str) and message["id"]):
        return False
    return message["type"] != "subscribe" or _asks(message.get("payload"))


def _asks(payload: object) -> bool:
    wanted = {"query": str, "documentId": str, "operationName": str, "variables": dict, "extensions": dict}
    return isinstance(payload, dict) and all(payload.get(name) is None or isinstance(payload[name], kind) for name, kind in wanted.items())


async def connect(socket: WebSocket) -> None:
    """One connection, from its handshake to its end."""
    if not callers.from_here(socket):
        await socket.close()  # before it is accepted: the handshake is answered 403
        return
    if PROTOCOL not in socket.scope["subprotocols"]:
        await socket.accept()
        await socket.close(NOT_OURS, "speak graphql-transport-ws")
        return
    await socket.accept(PROTOCOL)
    wire, session = Wire(socket), Session(socket)
    handling = asyncio.create_task(_handled(wire, session))
    watching = asyncio.create_task(_watched(wire, session))
    await asyncio.wait({handling, watching}, return_when=asyncio.FIRST_COMPLETED)
    end = handling.result() if handling.done() else watching.result()
    for task in (handling, watching):
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    if end is not None:
        await wire.close(*end)


async def _handled(wire: Wire, session: Session) -> End | None:
    """Until the caller leaves, or is told to."""
    handler = Handler(
        view=cast(Any, session),  # of a view and a schema it asks only what a session has
        websocket=wire,
        context={},
        root_value=None,
        schema=cast(Any, session),
        connection_init_wait_timeout=timedelta(seconds=INIT_SECONDS),
    )
    handler.persisted = session.persisted
    try:
        await handler.handle()
    except Exception as error:
        if not away.is_away(error):
            raise
        return TRY_LATER, "the database does not answer; try again"
    return None


async def _watched(wire: Wire, session: Session) -> End:
    """Until the reader is too slow, or the key opens nothing any more."""
    while True:
        with suppress(TimeoutError):
            async with asyncio.timeout(operations.CHECK_SECONDS):
                await wire.slow.wait()
            _log.warning("a reader was too slow and was dropped")
            return TRY_LATER, "messages wait too long to be read"
        if session.caller is not None and not await session.caller.may_stay():
            return FORBIDDEN, "Forbidden"


ROUTES: list[BaseRoute] = [WebSocketRoute("/graphql", connect)]
