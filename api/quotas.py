"""How often a key or an address may ask: fixed windows of a minute in memory, told in headers, 429 when they are used up.

Each process counts for itself: what a limit guards is the process's own time, and a count that all share would cost every request a write.
A share of the limit for each would refuse callers below it whenever connections lie unevenly, and the number of machines is known to none.
A redirect and a webhook never wait: only /graphql and what the server of a site calls is counted.
"""

import hashlib
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from operator import attrgetter

from starlette.requests import HTTPConnection, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import errors, heads

PATHS = frozenset({"/graphql", "/track/lead", "/track/sale"})
WINDOW_SECONDS = 60
SCOPE_KEY, SCOPE_QUOTAS = "clickledger.quotas", "clickledger.quotas.all"


@dataclass(slots=True)
class Window:
    """One asker's minute."""

    limit: int
    ends: float
    """By the monotonic clock."""
    spent: int = 0

    @property
    def remaining(self) -> int:
        return max(0, self.limit - self.spent)


@dataclass(slots=True)
class Windows:
    """The running windows of one kind of asker. When there are too many, the one that was opened first is forgotten."""

    limit: int
    size: int = 20_000
    _open: OrderedDict[str, Window] = field(default_factory=OrderedDict)

    def of(self, asker: str) -> Window:
        now, found = time.monotonic(), self._open.get(asker)
        if found is None or found.ends <= now:
            self._open.pop(asker, None)
            found = self._open[asker] = Window(self.limit, now + WINDOW_SECONDS)
            if len(self._open) > self.size:
                self._open.popitem(last=False)
        return found


class Standing:
    """What one request counts against."""

    def __init__(self, windows: list[Window]) -> None:
        self._windows = windows

    def spend(self, count: int) -> None:
        """Raises RateLimited, and takes nothing, where a window has not that much left."""
        short = [window for window in self._windows if window.remaining < count]
        if short:
            raise errors.RateLimited(_seconds(max(short, key=lambda window: window.ends)))
        for window in self._windows:
            window.spent += count

    def headers(self) -> list[tuple[bytes, bytes]]:
        """Of the window that is used up first. `Reset` is when it ends, in seconds of the Unix epoch."""
        nearest = min(self._windows, key=_remaining)
        return [
            (b"x-ratelimit-limit", b"%d" % nearest.limit),
            (b"x-ratelimit-remaining", b"%d" % nearest.remaining),
            (b"x-ratelimit-reset", b"%d" % (int(time.time()) + _seconds(nearest))),
        ]


_remaining = attrgetter("remaining")


def _seconds(window: Window) -> int:
    return max(1, int(window.ends - time.monotonic()) + 1)


class Quotas:
    """Counts what is asked of PATHS before anything of it is read."""

    def __init__(self, app: ASGIApp, *, per_key: int, per_address: int) -> None:
        self.app = app
        self._keys, self._addresses = Windows(per_key), Windows(per_address)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            scope[SCOPE_QUOTAS] = self
        windows = self._of_request(scope) if scope["type"] == "http" and scope["path"] in PATHS and scope["method"] != "OPTIONS" else []
        if not windows:
            await self.app(scope, receive, send)
            return
        standing = scope[SCOPE_KEY] = Standing(windows)
        told = _telling(standing, send)
        try:
            standing.spend(1)
        except errors.RateLimited as error:
            await (await errors.expected(Request(scope), error))(scope, receive, told)
            return
        await self.app(scope, receive, told)

    def _of_request(self, scope: Scope) -> list[Window]:
        """A key that nobody made counts too: nothing has been asked of the database yet."""
        return self.windows(heads.said(scope, b"authorization") or "", scope)

    def windows(self, said: str, scope: Scope) -> list[Window]:
        """The running windows of who said this as authorization, and of their address."""
        client, found = scope.get("client"), []
        if self._keys.limit and said:
            found.append(self._keys.of(hashlib.sha256(said.encode()).hexdigest()))
        if self._addresses.limit and client:
            found.append(self._addresses.of(client[0]))
        return found


def _telling(standing: Standing, send: Send) -> Send:
    async def told(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], *standing.headers()]
        await send(message)

    return told


def spend(request: Request, count: int) -> None:
    """Count what one request brings beyond its first operation.

    Raises:
        RateLimited: that is more than there is left.
    """
    standing: Standing | None = request.scope.get(SCOPE_KEY)
    if standing is not None and count:
        standing.spend(count)


def spend_over(socket: HTTPConnection, plaintext: str) -> None:
    """Count one operation that came over a WebSocket: a handshake says no key, and is not counted.

    Raises:
        RateLimited: nothing is left.
    """
    quotas: Quotas | None = socket.scope.get(SCOPE_QUOTAS)
    if quotas is not None and (windows := quotas.windows(f"Bearer {plaintext}", socket.scope)):
        Standing(windows).spend(1)
