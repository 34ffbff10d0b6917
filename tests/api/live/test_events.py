"""Server-sent events at /graphql: chosen only by who prefers them, framed as graphql-sse has it, and ended with the key."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest

from api.live import events, operations
from ingest import keys, workspaces
from tests import talking

KINDS = "subscription { saleChanged { kind } }"
EVENTS = {"accept": "text/event-stream"}


@asynccontextmanager
async def stream(url: str, key: str, query: str, *, method: str = "POST", **headers: str) -> AsyncIterator[tuple[httpx2.Response, Any]]:
    """The answer, and an iterator of its blocks of lines."""
    sent = EVENTS | {"authorization": f"Bearer {key}"} | headers
    body: dict[str, Any] = {"json": {"query": query}} if method == "POST" else {"params": {"query": query}}
    async with (
        httpx2.AsyncClient(base_url=url, timeout=talking.PATIENCE) as caller,
        caller.stream(method, "/graphql", headers=sent, **body) as answer,
    ):
        yield answer, blocks(answer)


async def blocks(answer: httpx2.Response) -> AsyncIterator[str]:
    held = ""
    async for text in answer.aiter_text():
        held += text
        while "\n\n" in held:
            block, _, held = held.partition("\n\n")
            yield block


@pytest.mark.parametrize("method", ["POST", "GET"])
async def test_a_subscription_is_told_event_by_event(served: str, test_key: str, method: str) -> None:
    async with stream(served, test_key, KINDS, method=method) as (answer, told):
        assert await anext(told) == ":"
        await asyncio.sleep(0.3)
        for amount in (100, 200):
            await talking.sale(served, test_key, amount)
        heard = [await anext(told), await anext(told)]

    shown = json.dumps({"data": {"saleChanged": {"kind": "MADE"}}, "extensions": {"cost": {"requested": 1, "maximum": 20_000}}})
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert heard == [f"event: next\ndata: {shown.replace(' ', '')}"] * 2


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("{ sales(first: 1) { totalCount } }", '"data":{"sales":{"totalCount":0}}'),
        ("{ sales { totalCount } }", '"code":"BAD_USER_INPUT"'),
        ("{ nope }", '"code":"BAD_USER_INPUT"'),
        ("{", '"code":"BAD_USER_INPUT"'),
        ('subscription { saleChanged(after: "x") { kind } }', '"code":"BAD_USER_INPUT"'),
        ("{ " + "a: __typename " * 300 + "}", '"code":"TOO_COMPLEX"'),
    ],
)
async def test_what_has_one_answer_is_one_event_and_complete(served: str, test_key: str, query: str, shown: str) -> None:
    async with stream(served, test_key, query) as (_, told):
        heard = [block async for block in told]

    assert heard[0] == ":"
    assert heard[1].startswith("event: next\ndata: {")
    assert shown in heard[1]
    assert heard[2:] == ["event: complete\ndata:"]


async def test_a_get_never_changes_anything(served: str, test_key: str) -> None:
    query = 'mutation { linkCreate(input: {url: "https://shop.example"}) { link { id } } }'
    async with stream(served, test_key, query, method="GET") as (_, told):
        heard = [block async for block in told]

    assert '"code":"BAD_USER_INPUT"' in heard[1]


@pytest.mark.parametrize(
    "accept", ["application/graphql-response+json, application/json, text/event-stream", "application/json;q=0.9, text/event-stream;q=0.1"]
)
async def test_who_prefers_json_gets_json(served: str, test_key: str, accept: str) -> None:
    async with stream(served, test_key, "{ __typename }", accept=accept) as (answer, _):
        assert "json" in answer.headers["content-type"]
        assert json.loads(await answer.aread())["data"] == {"__typename": "Query"}


async def test_without_a_good_key_there_is_no_stream(served: str) -> None:
    async with stream(served, "nope", KINDS) as (answer, _):
        assert answer.status_code == 401
        assert answer.headers["content-type"].startswith("application/json")


async def test_a_silence_is_broken_by_comments(served: str, test_key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "PING_SECONDS", 0.2)
    monkeypatch.setattr(operations, "CHECK_SECONDS", 0.1)
    async with stream(served, test_key, KINDS) as (_, told):
        assert [await anext(told) for _ in range(3)] == [":"] * 3


async def test_a_revoked_key_ends_its_stream_within_seconds(served: str) -> None:
    workspace = await workspaces.ensure_default()
    row, key = await keys.create(workspace_id=workspace.id, livemode=False, scopes=["read"], name="short")
    async with stream(served, key, KINDS) as (_, told):
        await anext(told)
        await keys.revoke(workspace.id, row.id)

        async with asyncio.timeout(10):
            assert [block async for block in told] == []
