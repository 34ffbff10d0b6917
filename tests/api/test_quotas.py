"""Quotas: told on every answer, kept for each key and address, and never for visitors or Stripe."""

from collections.abc import AsyncIterator
from dataclasses import replace

import httpx2
import pytest
from starlette.applications import Starlette

from api.app import create_app
from api.limits import SECURITY_HEADERS
from api.quotas import PATHS, WINDOW_SECONDS, Windows
from api.settings import Settings
from tests import capturing

SLUG = {"query": "{ workspace { slug } }"}


@pytest.fixture
async def caller(app: Starlette, settings: Settings) -> AsyncIterator[httpx2.AsyncClient]:
    """Of an application that takes three requests of a key in a minute, and five of an address."""
    strict = create_app(replace(settings, rate_key=3, rate_address=5), connect=False)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(strict), base_url="http://clickledger.test") as made:
        yield made


async def test_what_is_left_is_told_and_nothing_left_is_429(caller: httpx2.AsyncClient, live_key: str) -> None:
    answers = [await caller.post("/graphql", json=SLUG, headers={"authorization": f"Bearer {live_key}"}) for _ in range(4)]

    assert [answer.headers["x-ratelimit-remaining"] for answer in answers] == ["2", "1", "0", "0"]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[3].json()["errors"][0]["extensions"]["code"] == "RATE_LIMITED"
    assert 0 < int(answers[3].headers["retry-after"]) <= WINDOW_SECONDS
    assert {answer.headers["x-ratelimit-limit"] for answer in answers} == {"3"}
    assert answers[3].headers["x-content-type-options"] == "nosniff"


async def test_an_address_has_a_quota_whatever_its_keys(caller: httpx2.AsyncClient, live_key: str, test_key: str) -> None:
    keys = [live_key, live_key, test_key, test_key, "clk_live_nobodys", "clk_live_others"]

    answers = [await caller.post("/track/lead", json={}, headers={"authorization": f"Bearer {key}"}) for key in keys]

    assert [answer.status_code for answer in answers] == [422, 422, 422, 422, 401, 429]
    assert answers[5].json()["error"]["code"] == "RATE_LIMITED"


async def test_visitors_and_stripe_are_never_told_to_wait(caller: httpx2.AsyncClient) -> None:
    paths = ["/nowhere", "/webhooks/stripe", "/track/click", "/healthz"]

    answers = [await caller.post(path) if "t" in path else await caller.get(path) for path in paths * 4]

    assert [answer for answer in answers if answer.status_code == 429 or "x-ratelimit-limit" in answer.headers] == []
    assert set(paths).isdisjoint(PATHS)


async def test_zero_is_no_limit(app: Starlette, settings: Settings, live_key: str) -> None:
    free = create_app(replace(settings, rate_key=0, rate_address=0), connect=False)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(free), base_url="http://clickledger.test") as caller:
        answer = await caller.post("/graphql", json=SLUG, headers={"authorization": f"Bearer {live_key}"})

    assert answer.status_code == 200
    assert "x-ratelimit-limit" not in answer.headers


def test_a_window_opens_again_when_its_minute_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_000.0
    monkeypatch.setattr("api.quotas.time.monotonic", lambda: now)
    windows = Windows(3)
    windows.of("a").spent = 3

    now += WINDOW_SECONDS - 1
    assert windows.of("a").remaining == 0
    now += 1
    assert windows.of("a").remaining == 3


def test_of_too_many_askers_the_first_is_forgotten() -> None:
    windows = Windows(3, size=2)
    for name in "abc":
        windows.of(name).spent = 1

    assert [windows.of(name).spent for name in "cba"] == [1, 1, 0]


async def test_every_answer_has_the_headers_of_safety_whatever_it_is(caller: httpx2.AsyncClient, live_key: str) -> None:
    key = {"authorization": f"Bearer {live_key}"}
    answers = [
        await caller.get("/nowhere"),
        await caller.get("/healthz"),
        await caller.post("/track/lead", content=b"{"),
        await caller.post("/graphql", json=SLUG),
        await caller.post("/graphql", json=SLUG, headers=key),
        await caller.post("/graphql", json=SLUG, headers={**key, "accept": "text/event-stream"}),
        await caller.post("/graphql", content=b" " * 2_000_000, headers={**key, "content-type": "application/json"}),
        await caller.post("/graphql", json=SLUG, headers=key),
    ]

    assert [answer.status_code for answer in answers] == [404, 200, 401, 401, 200, 200, 413, 429]
    for answer in answers:
        assert set(SECURITY_HEADERS) | {"x-request-id"} <= set(answer.headers), answer.request.url


async def test_what_no_key_asks_for_has_them_too(client: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    await capturing.link("spring")
    answers = [
        await client.get("/script.js"),
        await client.get("/spring"),
        await client.get("/graphql", headers={"accept": "text/html"}),
        await client.put("/graphql"),
        await client.get("/graphiql"),
        await client.get("/graphiql/assets/none.js"),
        await client.post("/webhooks/stripe", content=b"{"),
        await client.options("/track/click", headers={"origin": "https://shop.example"}),
        await client.get("/metrics"),
    ]
    monkeypatch.setattr("api.script.Response", None)
    answers.append(await client.get("/script.js"))

    assert [answer.status_code for answer in answers] == [200, 302, 303, 405, 200, 404, 400, 204, 200, 500]
    for answer in answers:
        assert set(SECURITY_HEADERS) | {"x-request-id"} <= set(answer.headers), answer.request.url
