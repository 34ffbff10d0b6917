"""/graphql over HTTP: the specification's statuses and media types, and no 500 for anything."""

import json
import logging
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from resolvers import loading
from schema import build
from tests.ledger import Ledger

GRAPHQL, JSON = "application/graphql-response+json", "application/json"
TYPENAME = {"query": "{ __typename }"}


@pytest.fixture
def caller(client: httpx2.AsyncClient, live_key: str) -> httpx2.AsyncClient:
    """A caller with a live admin key."""
    client.headers["authorization"] = f"Bearer {live_key}"
    return client


async def _post(caller: httpx2.AsyncClient, body: Any, **headers: str) -> httpx2.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return await caller.post(
        "/graphql", content=content, headers={"content-type": JSON} | {k.replace("_", "-"): v for k, v in headers.items()}
    )


def _code(answer: httpx2.Response) -> str:
    code: str = answer.json()["errors"][0]["extensions"]["code"]
    return code


async def test_a_question_is_answered_by_post_and_by_get(caller: httpx2.AsyncClient) -> None:
    await (await Ledger.of()).sale()
    query, variables = "query($n: Int) { sales(first: $n) { totalCount } }", {"n": 3}

    posted = await _post(caller, {"query": query, "variables": variables})
    got = await caller.get("/graphql", params={"query": query, "variables": json.dumps(variables)})

    assert posted.json()["data"] == got.json()["data"] == {"sales": {"totalCount": 1}}
    assert posted.headers["content-type"] == f"{JSON}; charset=utf-8"
    assert posted.headers["cache-control"] == "no-store"


async def test_the_mode_of_the_key_is_the_mode_of_the_answer(caller: httpx2.AsyncClient, test_key: str) -> None:
    await (await Ledger.of()).sale()

    found = await _post(caller, {"query": "{ sales(first: 1) { totalCount } }"}, authorization=f"Bearer {test_key}")

    assert found.json()["data"] == {"sales": {"totalCount": 0}}


async def test_without_a_good_key_nothing_is_said(client: httpx2.AsyncClient) -> None:
    for header in (None, "", "Bearer", "Bearer nope", "Basic Y2xr", "Bearer clk_live_" + "x" * 600):
        found = await _post(client, TYPENAME, **({} if header is None else {"authorization": header}))

        assert (found.status_code, _code(found)) == (401, "UNAUTHENTICATED"), header
        assert found.headers["www-authenticate"].startswith("Bearer")


STATUSES: list[tuple[Any, int, int, str | None]] = [
    (TYPENAME, 200, 200, None),
    ({**TYPENAME, "variables": None, "operationName": None, "extensions": None}, 200, 200, None),
    ({**TYPENAME, "operationName": ""}, 200, 200, None),
    ({"query": "{"}, 200, 400, "BAD_USER_INPUT"),
    ({"query": "{ nope }"}, 200, 400, "BAD_USER_INPUT"),
    ({"query": "query($n: Int!) { sales(first: $n) { totalCount } }", "variables": {"n": "x"}}, 200, 400, "BAD_USER_INPUT"),
    ({"query": "query A { __typename } query B { __typename }"}, 200, 400, "BAD_USER_INPUT"),
    ({"query": "query A { __typename }", "operationName": "B"}, 200, 400, "BAD_USER_INPUT"),
    ({"query": "fragment a on Query { __typename }"}, 200, 400, "BAD_USER_INPUT"),
    ({"query": "subscription { a }"}, 400, 400, "BAD_USER_INPUT"),
    ({"query": "{ sales { totalCount } }"}, 200, 200, "BAD_USER_INPUT"),
    (
        {"query": "{ links(first: 100) { nodes { clicks(first: 100) { nodes { link { id } leads(first: 9) { totalCount } } } } } }"},
        200,
        400,
        "TOO_COMPLEX",
    ),
    ({}, 400, 400, "BAD_REQUEST"),
    ({"query": None}, 400, 400, "BAD_REQUEST"),
    ({"query": ""}, 400, 400, "BAD_REQUEST"),
    ({"query": 1}, 400, 400, "BAD_REQUEST"),
    ({**TYPENAME, "variables": "{}"}, 400, 400, "BAD_REQUEST"),
    ({**TYPENAME, "variables": []}, 400, 400, "BAD_REQUEST"),
    ({**TYPENAME, "operationName": 1}, 400, 400, "BAD_REQUEST"),
    ({**TYPENAME, "extensions": "x"}, 400, 400, "BAD_REQUEST"),
    (None, 400, 400, "BAD_REQUEST"),
    (7, 400, 400, "BAD_REQUEST"),
    ("text", 400, 400, "BAD_REQUEST"),
    ([], 400, 400, "BAD_REQUEST"),
    ([TYPENAME, 7], 400, 400, "BAD_REQUEST"),
    ([TYPENAME] * 11, 400, 400, "BAD_REQUEST"),
    (b"", 400, 400, "BAD_REQUEST"),
    (b"{", 400, 400, "BAD_REQUEST"),
    (b"\xff\xfe", 400, 400, "BAD_REQUEST"),
    (b"[" * 100_000, 400, 400, "BAD_REQUEST"),
    (b'{"query": NaN}', 400, 400, "BAD_REQUEST"),
    (b'{"query": "{ __typename }", "query": "{ a }"}', 400, 400, "BAD_REQUEST"),
    (b'{"query": "{ \\ud800 }"}', 200, 400, "BAD_USER_INPUT"),
    (b'{"query": "query($n: Int) { sales(first: $n) { totalCount } }", "variables": {"n": "\\ud800"}}', 200, 400, "BAD_USER_INPUT"),
    (b'{"query": "query($n: Int) { sales(first: $n) { totalCount } }", "variables": {"n": 1e400}}', 400, 400, "BAD_REQUEST"),
    (
        b'{"query": "query($n: Int) { sales(first: $n) { totalCount } }", "variables": {"n": 99999999999999999999}}',
        200,
        400,
        "BAD_USER_INPUT",
    ),
]


async def test_each_body_has_its_status_in_each_media_type(caller: httpx2.AsyncClient) -> None:
    for body, plain, exact, code in STATUSES:
        for media, status in ((JSON, plain), (GRAPHQL, exact)):
            found = await _post(caller, body, accept=media)

            assert found.status_code == status, (body, found.text)
            assert found.headers["content-type"] == f"{media}; charset=utf-8"
            assert ("errors" in found.json()) is (code is not None), body
            assert code is None or _code(found) == code, (body, found.text)
            assert ("data" in found.json()) is (code is None or body == {"query": "{ sales { totalCount } }"}), body


async def test_a_body_over_the_limit_is_413_in_the_shape_of_graphql(caller: httpx2.AsyncClient) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(200):
            yield b" " * 10_000

    announced = await _post(caller, b" " * 2_000_000)
    streamed = await caller.post("/graphql", content=pieces(), headers={"content-type": JSON})

    assert (announced.status_code, streamed.status_code) == (413, 413)
    assert _code(announced) == _code(streamed) == "TOO_LARGE"


FORMS = ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "", "application/json; charset=utf-16"]


async def test_a_body_that_a_form_could_send_is_415(caller: httpx2.AsyncClient) -> None:
    for media in FORMS:
        assert (await _post(caller, TYPENAME, content_type=media)).status_code == 415, media


ACCEPTED = [
    (None, JSON),
    ("*/*", JSON),
    ("application/*;q=0.5", JSON),
    (GRAPHQL, GRAPHQL),
    (f"{GRAPHQL}, {JSON};q=0.9", GRAPHQL),
    (f"{GRAPHQL};q=0.1, {JSON}", JSON),
    (f"{GRAPHQL}; charset=utf-8, {JSON}; charset=utf-8", GRAPHQL),
    ("text/html, */*;q=0.1", JSON),
    ("image/png", None),
    (f"{JSON};q=0", None),
]


async def test_the_caller_chooses_the_media_type(caller: httpx2.AsyncClient) -> None:
    del caller.headers["accept"]
    for accept, media in ACCEPTED:
        found = await _post(caller, TYPENAME, **({} if accept is None else {"accept": accept}))

        assert found.status_code == (406 if media is None else 200), accept
        assert found.headers["content-type"] == f"{media or JSON}; charset=utf-8", accept


async def test_a_mutation_by_get_is_405_and_does_nothing(caller: httpx2.AsyncClient) -> None:
    query = 'mutation { linkCreate(input: {url: "https://a.test", key: "made"}) { link { id } } }'

    found = await caller.get("/graphql", params={"query": query})

    assert (found.status_code, found.headers["allow"], _code(found)) == (405, "POST", "METHOD_NOT_ALLOWED")
    assert (await _post(caller, {"query": '{ link(key: "made") { id } }'})).json()["data"] == {"link": None}


async def test_another_method_is_405_and_told_which(caller: httpx2.AsyncClient) -> None:
    for method in ("PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"):
        found = await caller.request(method, "/graphql")

        assert (found.status_code, found.headers["allow"]) == (405, "GET, POST"), method


async def test_parameters_that_are_no_request_are_400(caller: httpx2.AsyncClient) -> None:
    for parameters in ("", "query=", "query={a}&variables=[", "query={a}&variables=1", "query={a}&query={b}"):
        found = await caller.get(f"/graphql?{parameters}")

        assert (found.status_code, _code(found)) == (400, "BAD_REQUEST"), parameters


async def test_a_browser_that_opens_the_address_is_shown_the_explorer(client: httpx2.AsyncClient) -> None:
    found = await client.get("/graphql", headers={"accept": "text/html,application/xhtml+xml,*/*;q=0.8"})

    assert (found.status_code, found.headers["location"]) == (303, "/graphiql")


FOREIGN = [{"origin": "https://evil.test"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"}, {"origin": "http://[x"}]


async def test_a_page_of_another_site_is_refused(caller: httpx2.AsyncClient) -> None:
    for headers in FOREIGN:
        found = await caller.post("/graphql", json=TYPENAME, headers=headers)

        assert (found.status_code, _code(found)) == (403, "FORBIDDEN"), headers
        assert "access-control-allow-origin" not in found.headers


async def test_a_page_of_this_site_is_not(caller: httpx2.AsyncClient) -> None:
    found = await caller.post("/graphql", json=TYPENAME, headers={"origin": "http://clickledger.test", "sec-fetch-site": "same-origin"})

    assert found.status_code == 200


async def test_an_unforeseen_fault_is_masked_and_logged_under_its_request(
    caller: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def nothing(*_: Any) -> None:
        """No plan answers."""

    async def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("password=hunter2")

    monkeypatch.setattr(build.compiled, "answered", nothing)
    monkeypatch.setattr(loading, "one", broken)
    with caplog.at_level(logging.ERROR):
        found = await _post(caller, {"query": "{ workspace { id } }"}, x_request_id="request-0123")

    error = found.json()["errors"][0]
    assert found.status_code == 200
    assert error["extensions"] == {"code": "INTERNAL", "requestId": "request-0123"}
    assert "hunter2" not in found.text
    assert "hunter2" in caplog.text


async def test_a_callers_mistake_is_not_in_the_log(caller: httpx2.AsyncClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        await _post(caller, {"query": '{ sales(first: 1, after: "sesame") { totalCount } nope }'})
        await _post(caller, {"query": '{ sales(first: 1, after: "sesame") { totalCount } }'})

    assert "sesame" not in caplog.text


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
BODIES = (
    st.binary(max_size=200)
    | JSON_VALUES.map(lambda value: json.dumps(value).encode())
    | st.fixed_dictionaries(
        {"query": JSON_VALUES | st.text('{}()[]:$@!."#abc \n', max_size=60)},
        optional={"variables": JSON_VALUES, "operationName": JSON_VALUES},
    ).map(lambda value: json.dumps(value).encode())
)


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=BODIES)
async def test_no_body_gets_a_500(caller: httpx2.AsyncClient, body: bytes) -> None:
    found = await _post(caller, body)

    assert found.status_code in {200, 400}
    assert all(error["extensions"]["code"] != "INTERNAL" for error in found.json().get("errors", []))
