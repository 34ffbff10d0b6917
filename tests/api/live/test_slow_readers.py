"""Who subscribes and does not read: dropped, and told nothing false."""

import socket
from typing import Any
from urllib.parse import urlsplit

import pytest
from websockets.exceptions import ConnectionClosed

from api.live import operations, sockets
from tests import talking
from tests.talking import CHANGE, talk

WIDE = "{ " + " ".join(f"a{number}: __schema {{ types {{ description fields {{ name description }} }} }}" for number in range(3)) + " }"


def narrow(url: str) -> socket.socket:
    """A connection whose reader's side holds little."""
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    address = urlsplit(url)
    made.connect((address.hostname, address.port))
    made.setblocking(False)
    return made


async def test_who_does_not_read_is_dropped_and_costs_the_others_nothing(
    served: str, test_key: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(operations, "SEND_SECONDS", 0.5)
    bounds: dict[str, Any] = {"compression": None, "max_queue": 1, "ping_interval": None, "max_size": None}
    async with talk(served, test_key, sock=narrow(served), **bounds) as deaf, talk(served, test_key) as other:
        await other.subscribe(CHANGE)
        for number in range(sockets.OPERATIONS):
            await deaf.send(type="subscribe", id=str(number), payload={"query": WIDE})
        await talking.until(lambda: "too slow" in caplog.text)
        await talking.sale(served, test_key, 100)
        heard = await other.event()

        assert heard["kind"] == "MADE"
        told: list[str] = []
        with pytest.raises(ConnectionClosed):
            await deaf.all(told)
        assert set(told) <= {"next", "complete"}
        assert told.count("complete") <= told.count("next") < sockets.OPERATIONS
