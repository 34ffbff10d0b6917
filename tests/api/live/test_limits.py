"""What an operation over an open connection may take: as much as over HTTP, and not more."""

import asyncio
from typing import Any

import pytest
from starlette.applications import Starlette

from api import persisted
from api.settings import Settings
from schema import build
from tests import talking
from tests.api.live.test_events import stream
from tests.talking import CHANGE, talk

SLUG = "{ workspace { slug } }"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    object.__setattr__(settings, "graphql_seconds", 1)
    object.__setattr__(settings, "graphql_answer", 1_024)
    object.__setattr__(settings, "rate_key", 8)
    return settings


async def codes(served: str, key: str, query: str) -> tuple[str, str]:
    """The code of the error over a WebSocket, and over events."""
    async with talk(served, key) as talking_:
        await talking_.send(type="subscribe", id="1", payload={"query": query})
        payload = (await talking_.hear())["payload"]
    async with stream(served, key, query) as (_, told):
        await anext(told)
        event = await anext(told)
    errors = payload if isinstance(payload, list) else payload["errors"]
    return errors[0]["extensions"]["code"], event


async def test_an_answer_that_is_too_long_is_an_error(served: str, test_key: str) -> None:
    code, event = await codes(served, test_key, "{ __schema { types { name description } } }")

    assert code == "TOO_COMPLEX"
    assert '"code":"TOO_COMPLEX"' in event


async def test_a_query_has_its_time_and_a_subscription_has_all(served: str, test_key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def slow(*_: Any, **__: Any) -> None:
        await asyncio.sleep(30)

    async with talk(served, test_key) as talking_:
        await talking_.send(type="subscribe", id="1", payload={"query": CHANGE})
        assert await talking_.silence(2.5)
        await talking.sale(served, test_key, 100)
        assert (await talking_.event())["kind"] == "MADE"
    monkeypatch.setattr(build.compiled, "answered", slow)
    code, event = await codes(served, test_key, SLUG)

    assert code == "TIMEOUT"
    assert '"code":"TIMEOUT"' in event


async def test_a_document_may_be_named_by_its_hash(served: str, test_key: str) -> None:
    digest = persisted.sha256(SLUG)
    named = {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": digest}}}
    async with talk(served, test_key) as talking_:
        heard = []
        for number, payload in enumerate([named, {**named, "query": SLUG}, named, {"documentId": f"sha256:{digest}"}, {}]):
            await talking_.send(type="subscribe", id=str(number), payload=payload)
            heard.append(await talking_.hear())
            if heard[-1]["type"] == "next":
                await talking_.hear()

    assert [message["type"] for message in heard] == ["error", "next", "next", "next", "error"]
    assert heard[0]["payload"][0]["extensions"]["code"] == "PERSISTED_QUERY_NOT_FOUND"


async def test_operations_over_a_socket_count_as_requests(served: str, app: Starlette, test_key: str) -> None:
    async with talk(served, test_key) as talking_:
        types = []
        for number in range(9):
            await talking_.send(type="subscribe", id=str(number), payload={"query": SLUG})
            message = await talking_.hear()
            types.append(message["type"])
            if message["type"] == "next":
                await talking_.hear()

    assert types == ["next"] * 8 + ["error"]
    assert message["payload"][0]["extensions"]["code"] == "RATE_LIMITED"
