"""Our own driver, for a machine without wrk: a process that sends a file of requests over some connections and prints what wrk.lua would.

It is slower than wrk, so it flatters whoever is slow: ratios of two fast servers come out nearer to one.
"""

import asyncio
import json
import sys
import time
from pathlib import Path


class Connection(asyncio.Protocol):
    """One connection that keeps one request in flight."""

    def __init__(self, requests: "Requests", ended: "asyncio.Future[None]") -> None:
        self._requests, self._ended = requests, ended
        self._buffer, self._sent_at = b"", 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._send()

    def _send(self) -> None:
        self._sent_at = time.perf_counter()
        self._transport.write(self._requests.next())

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, body = self._buffer.partition(b"\r\n\r\n")
        if not found or len(body) < _length(head):
            return
        self._requests.note(head, time.perf_counter() - self._sent_at)
        self._buffer = b""
        if time.perf_counter() < self._requests.until:
            self._send()
        else:
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._requests.failed += exc is not None
        if not self._ended.done():
            self._ended.set_result(None)


class Requests:
    """The requests, in turn, and what came of them."""

    def __init__(self, path: Path, until: float) -> None:
        self._all, self._place, self.until = _read(path.read_bytes()), -1, until
        self.seconds: list[float] = []
        self.refused = self.failed = 0

    def next(self) -> bytes:
        self._place = (self._place + 1) % len(self._all)
        return self._all[self._place]

    def note(self, head: bytes, seconds: float) -> None:
        self.seconds.append(seconds)
        self.refused += int(head.split(b" ", 2)[1]) > 399


def _read(data: bytes) -> list[bytes]:
    found, start = [], 0
    while start < len(data):
        line = data.index(b"\n", start)
        end = line + 1 + int(data[start:line])
        found.append(data[line + 1 : end])
        start = end
    return found


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    return 0


async def drive(host: str, port: int, path: Path, *, clients: int, seconds: float) -> dict[str, float]:
    began = time.perf_counter()
    requests = Requests(path, began + seconds)
    loop = asyncio.get_running_loop()
    ends = [loop.create_future() for _ in range(clients)]
    await asyncio.gather(*(loop.create_connection(lambda end=end: Connection(requests, end), host, port) for end in ends))  # type: ignore[misc]  # a default argument binds each future
    await asyncio.gather(*ends)
    took, times = time.perf_counter() - began, sorted(requests.seconds)
    return {
        "requests": len(times),
        "seconds": took,
        "refused": requests.refused,
        "failed": requests.failed,
        "p50": times[len(times) // 2] * 1_000,
        "p99": times[len(times) * 99 // 100] * 1_000,
    }


if __name__ == "__main__":
    where, file, of, length = sys.argv[1:]
    name, _, number = where.rpartition(":")
    print(json.dumps(asyncio.run(drive(name, int(number), Path(file), clients=int(of), seconds=float(length)))))
