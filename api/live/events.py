"""Server-sent events at /graphql: graphql-sse's distinct connections, one operation to a request.

Source: https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md. Its single connection mode would need what one process
reserved to be known to all others; it is not served.
"""

import asyncio
import json
import time
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping
from contextlib import aclosing, suppress
from typing import Any

import orjson
import structlog
from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send
from strawberry.types.execution import ExecutionResult
from strawberry.types.graphql import OperationType

from api.live import operations
from api.live.operations import Caller

PING_SECONDS = 12.0
"""A comment is sent after so long a silence, so that nothing between takes the connection for dead."""
PING = b":\n\n"
COMPLETE = b"event: complete\ndata:\n\n"
_log = structlog.get_logger("clickledger.events")


class Events:
    """The answer: its results as they come, until they end, the reader leaves or is too slow, the key is revoked or the server stops."""

    def __init__(self, caller: Caller, results: AsyncIterator[ExecutionResult], headers: Mapping[str, str]) -> None:
        self._caller, self._results = caller, results
        self._ending: asyncio.Event = caller.connection.app.state.ending
        said = {"content-type": "text/event-stream; charset=utf-8", "x-accel-buffering": "no", **headers}
        self.headers = Headers(said)

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        gone = asyncio.create_task(_gone(receive))
        ending = asyncio.create_task(self._ending.wait())
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.headers.raw})
            async with aclosing(self._chunks({gone, ending})) as chunks:
                async for chunk in chunks:
                    async with asyncio.timeout(operations.SEND_SECONDS):
                        await send({"type": "http.response.body", "body": chunk, "more_body": True})
            if not gone.done():
                await send({"type": "http.response.body", "body": b"", "more_body": False})
        except TimeoutError:  # the server closes a connection whose answer is not ended
            _log.warning("a reader was too slow and was dropped")
        except OSError:
            pass  # the reader left while something was sent
        finally:
            for task in (gone, ending):
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task

    async def _chunks(self, ends: Iterable["asyncio.Task[Any]"]) -> AsyncGenerator[bytes, None]:
        """The stream's text, piece by piece, for as long as none of `ends` is done and the key is good."""
        yield PING
        quiet_since = time.monotonic()
        following = asyncio.create_task(anext(self._results, None))
        try:
            while True:
                await asyncio.wait({following, *ends}, timeout=operations.CHECK_SECONDS, return_when=asyncio.FIRST_COMPLETED)
                if any(end.done() for end in ends) or not await self._caller.may_stay():
                    return
                if following.done():
                    result = following.result()
                    if result is None:
                        yield COMPLETE
                        return
                    yield framed(result, self._caller.connection.app.state.settings.graphql_answer)
                    following = asyncio.create_task(anext(self._results, None))
                elif time.monotonic() - quiet_since < PING_SECONDS:
                    continue
                else:
                    yield PING
                quiet_since = time.monotonic()
        finally:
            following.cancel()
            with suppress(asyncio.CancelledError):
                await following


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def framed(result: ExecutionResult, most: int) -> bytes:
    """A result of at most so many bytes as an event; lines end in LF."""
    shown: dict[str, Any] = {"data": result.data}
    if result.errors:
        shown["errors"] = [error.formatted for error in result.errors]
    if result.extensions:
        shown["extensions"] = result.extensions
    try:
        data = orjson.dumps(shown)
    except TypeError:  # a lone surrogate, or a number over 64 bits, that the caller sent and an error repeats
        data = json.dumps(shown).encode()
    if len(data) > most:
        data = orjson.dumps(operations.too_long(most))
    return b"event: next\ndata: " + data + b"\n\n"


def kinds(method: str) -> tuple[OperationType, ...]:
    """What may be asked by this method: GET never changes anything."""
    return operations.EVERYTHING if method == "POST" else (OperationType.QUERY, OperationType.SUBSCRIPTION)
