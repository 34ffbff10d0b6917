"""Loads: the requests that a contestant is driven with, made before the clock starts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Ask:
    """One request."""

    path: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def encoded(self, host: str) -> bytes:
        """As it goes on the wire."""
        length = {"content-length": str(len(self.body))} if self.body or self.method == "POST" else {}
        lines = [f"{name}: {value}" for name, value in {"host": host, **self.headers, **length}.items()]
        return "\r\n".join([f"{self.method} {self.path} HTTP/1.1", *lines, "", ""]).encode() + self.body


@dataclass(frozen=True, slots=True)
class Load:
    """What one round sends: these requests, in turn and again from the start, over so many connections."""

    asks: Sequence[Ask]
    clients: int = 16
    answered: frozenset[int] = frozenset({200})
    """Statuses that mean the work was done."""

    def written(self, host: str) -> bytes:
        """The length of each request on a line of its own, then the request: what both drivers read."""
        whole = [ask.encoded(host) for ask in self.asks]
        return b"".join(b"%d\n%b" % (len(each), each) for each in whole)
