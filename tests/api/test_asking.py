"""Arrays of operations, and how much time and how many bytes an answer may take."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette

from api.app import create_app
from api.settings import Settings
from schema import build

SLUG = {"query": "{ workspace { slug } }"}
MAKE = {"query": 'mutation { linkCreate(input: {url: "https://a.test", key: "made"}) { link { key } userErrors { code } } }'}
FIND = {"query": '{ link(key: "made") { key } }'}


def _caller(app: Starlette, key: str) -> httpx2.AsyncClient:
    headers = {"authorization": f"Bearer {key}"}
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://clickledger.test", headers=headers)


@pytest.fixture
async def caller(app: Starlette, live_key: str) -> AsyncIterator[httpx2.AsyncClient]:
    async with _caller(app, live_key) as made:
        yield made


async def test_an_array_is_answered_in_its_order_each_for_itself(caller: httpx2.AsyncClient) -> None:
    found = await caller.post("/graphql", json=[FIND, MAKE, FIND, {"query": "{ nope }"}, {"query": "subscription { a }"}])

    answers = found.json()
    assert found.status_code == 200
    assert [answer.get("data") for answer in answers[:3]] == [
        {"link": None},
        {"linkCreate": {"link": {"key": "made"}, "userErrors": []}},
        {"link": {"key": "made"}},
    ]
    assert [answer["errors"][0]["extensions"]["code"] for answer in answers[3:]] == ["BAD_USER_INPUT", "BAD_USER_INPUT"]


async def test_each_operation_of_an_array_counts_as_a_request(caller: httpx2.AsyncClient) -> None:
    before = await caller.post("/graphql", json=SLUG)
    after = await caller.post("/graphql", json=[SLUG] * 10)

    assert int(before.headers["x-ratelimit-remaining"]) - int(after.headers["x-ratelimit-remaining"]) == 10


async def test_arrays_are_refused_where_the_setting_says_so(app: Starlette, settings: Settings, live_key: str) -> None:
    async with _caller(create_app(replace(settings, graphql_batch=0), connect=False), live_key) as caller:
        found = await caller.post("/graphql", json=[SLUG])

    assert found.status_code == 400
    assert "one operation at a time" in found.text


async def test_an_answer_that_takes_too_long_is_ended(
    app: Starlette, settings: Settings, live_key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def slow(*_: Any, **__: Any) -> None:
        await asyncio.sleep(30)

    monkeypatch.setattr(build.compiled, "answered", slow)
    async with _caller(create_app(replace(settings, graphql_seconds=1), connect=False), live_key) as caller:
        found = await caller.post("/graphql", json=SLUG)

    assert (found.status_code, found.json()["errors"][0]["extensions"]["code"]) == (503, "TIMEOUT")


async def test_an_answer_that_is_too_long_is_an_error(app: Starlette, settings: Settings, live_key: str) -> None:
    async with _caller(create_app(replace(settings, graphql_answer=1_024), connect=False), live_key) as caller:
        short = await caller.post("/graphql", json=SLUG)
        long = await caller.post("/graphql", json={"query": "{ __schema { types { name description } } }"})

    assert "data" in short.json()
    assert long.json()["errors"][0]["extensions"]["code"] == "TOO_COMPLEX"


TIGHT = {
    "graphql_depth": (2, "{ links(first: 1) { nodes { id } } }"),
    "graphql_roots": (1, "{ workspace { id } links(first: 1) { totalCount } }"),
    "graphql_aliases": (1, "{ a: workspace { id } b: workspace { id } }"),
    "graphql_directives": (1, "{ workspace @skip(if: false) { id @skip(if: false) } }"),
    "graphql_tokens": (10, "{ links(first: 1) { nodes { id url } } }"),
    "graphql_cost": (10, "{ links(first: 10) { nodes { id } } }"),
}


async def test_each_limit_is_a_setting(app: Starlette, settings: Settings, live_key: str) -> None:
    for name, (limit, query) in TIGHT.items():
        strict: dict[str, Any] = {name: limit}
        async with _caller(create_app(replace(settings, **strict), connect=False), live_key) as caller:
            refused = await caller.post("/graphql", json={"query": query})
        async with _caller(app, live_key) as caller:
            answered = await caller.post("/graphql", json={"query": query})

        assert refused.json()["errors"][0]["extensions"]["code"] == "TOO_COMPLEX", name
        assert "errors" not in answered.json(), name


async def test_only_a_key_that_may_read_is_told_of_the_schema(app: Starlette, caller: httpx2.AsyncClient) -> None:
    query = 'mutation { apiKeyCreate(input: {name: "site", scopes: ["write"]}) { plaintext } }'
    made = (await caller.post("/graphql", json={"query": query})).json()["data"]["apiKeyCreate"]["plaintext"]
    asked = {"query": "{ __schema { queryType { name } } }"}
    slip = {"query": "{ sales(first: 1, orderBy: {field: PAID_ON, direction: DESC}) { nods { id } } }"}

    async with _caller(app, made) as writer:
        refused, plain = await writer.post("/graphql", json=asked), await writer.post("/graphql", json=slip)
    told, guessed = await caller.post("/graphql", json=asked), await caller.post("/graphql", json=slip)

    assert refused.json()["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert told.json()["data"] == {"__schema": {"queryType": {"name": "Query"}}}
    assert "Did you mean" in guessed.text
    assert "Did you mean" not in plain.text
    assert "PAID_AT" not in plain.text
