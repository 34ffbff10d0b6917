"""Talking graphql-transport-ws by hand, and making things happen at a server's front doors, for the tests of subscriptions."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx2
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from tests import stripe_events
from tests.capturing import BROWSER
from tests.conftest import WEBHOOK_SECRET

PROTOCOL = "graphql-transport-ws"
PATIENCE = 20.0
SALES = "subscription ($after: String, $filter: SaleFilter) { saleChanged(after: $after, filter: $filter) { %s } }"
CHANGE = SALES % "cursor kind saleId swallowed sale { id livemode net { original { minor } } } at"
CLICKS = "subscription ($filter: ClickFilter) { clickRecorded(filter: $filter) { clickId bot link { key } } }"


class Talk:
    """One connection, and what it was told and has not yet been asked for."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    async def send(self, **message: Any) -> None:
        await self.socket.send(json.dumps(message))

    async def hear(self, seconds: float = PATIENCE) -> dict[str, Any]:
        async with asyncio.timeout(seconds):
            message: dict[str, Any] = json.loads(await self.socket.recv())
        return message

    async def begin(self, key: str) -> None:
        await self.send(type="connection_init", payload={"Authorization": f"Bearer {key}"})
        assert await self.hear() == {"type": "connection_ack"}

    async def subscribe(self, query: str, name: str = "1", **variables: Any) -> None:
        """A query asked after it and answered says that the subscription has begun."""
        await self.send(type="subscribe", id=name, payload={"query": query, "variables": variables})
        await self.send(type="subscribe", id=f"{name}?", payload={"query": "{ workspace { id } links(first: 1) { totalCount } }"})
        while (await self.hear()) != {"id": f"{name}?", "type": "complete"}:
            pass
        await asyncio.sleep(0.3)

    async def event(self, seconds: float = PATIENCE) -> Any:
        """The field of the next event."""
        message = await self.hear(seconds)
        assert message["type"] == "next", message
        assert "errors" not in message["payload"], message
        (found,) = message["payload"]["data"].values()
        return found

    async def silence(self, seconds: float = 1.5) -> bool:
        """Whether nothing is heard for so long."""
        try:
            await self.hear(seconds)
        except TimeoutError:
            return True
        return False

    async def all(self, types: list[str]) -> None:
        """Read for ever, and note the messages' types."""
        while True:
            types.append((await self.hear())["type"])

    async def end(self, seconds: float = PATIENCE) -> int:
        """Read on to the end, and return the code that it was closed with."""
        async with asyncio.timeout(seconds):
            with suppress(ConnectionClosed):
                while True:
                    await self.socket.recv()
        assert self.socket.close_code is not None
        return self.socket.close_code


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what another task does."""
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110  # it announces itself in no other way
            await asyncio.sleep(0.02)


@asynccontextmanager
async def talk(url: str, key: str | None = None, **options: Any) -> AsyncIterator[Talk]:
    """A connection to a server, begun where a key is given."""
    address = f"{url.replace('http', 'ws', 1)}/graphql"
    async with connect(address, **{"subprotocols": [Subprotocol(PROTOCOL)], **options}) as socket:
        talking = Talk(socket)
        if key is not None:
            await talking.begin(key)
        yield talking


async def sale(url: str, key: str, number: int, *, who: str = "user") -> None:
    """A sale of so many minor units, told by the site."""
    body = {"customerExternalId": who, "amount": number, "currency": "usd", "invoiceId": f"own_{who}_{number}"}
    async with httpx2.AsyncClient(base_url=url, headers={"authorization": f"Bearer {key}"}, timeout=PATIENCE) as caller:
        answer = await caller.post("/track/sale", json=body)
    assert answer.status_code == 200, answer.text


async def paid(url: str, *events: dict[str, Any]) -> None:
    """Stripe's events, through the webhook."""
    async with httpx2.AsyncClient(base_url=url, timeout=PATIENCE) as caller:
        for event in events:
            body = stripe_events.raw(event)
            headers = {"stripe-signature": stripe_events.sign(body, WEBHOOK_SECRET)}
            assert (await caller.post("/webhooks/stripe", content=body, headers=headers)).status_code == 200


async def link(url: str, key: str, name: str) -> None:
    query = 'mutation ($key: String!) { linkCreate(input: {key: $key, url: "https://shop.example"}) { link { id } } }'
    async with httpx2.AsyncClient(base_url=url, headers={"authorization": f"Bearer {key}"}, timeout=PATIENCE) as caller:
        answer = await caller.post("/graphql", json={"query": query, "variables": {"key": name}})
    assert answer.json()["data"]["linkCreate"]["link"], answer.text


async def click(url: str, name: str, **headers: str) -> str:
    """Follow a short link; the click id that the destination is given, none for a bot."""
    async with httpx2.AsyncClient(base_url=url, headers=BROWSER | headers, timeout=PATIENCE) as caller:
        answer = await caller.get(f"/{name}")
    return str(httpx2.URL(answer.headers["location"]).params.get("pimms_id", ""))
