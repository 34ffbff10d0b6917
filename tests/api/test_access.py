"""Access and the answers around it: who may ask, what a refusal says, and that nothing is a 500 unless it is our fault."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from tortoise.exceptions import OperationalError

from api import access, bodies
from api.app import create_app
from api.prepare import prepare
from api.settings import Settings
from ingest import keys, workspaces
from ingest.errors import Invalid, NotFound


async def who(request: Request) -> Response:
    opened = await access.require(request, request.query_params["scope"])
    return JSONResponse({"workspace": opened.workspace_id, "livemode": opened.livemode})


async def read(request: Request) -> Response:
    return JSONResponse(await bodies.json_object(request))


FAULTS: dict[str, Callable[[], Exception]] = {
    "invalid": lambda: Invalid("url", "INVALID_URL", "must be http or https"),
    "missing": lambda: NotFound("link", "link_1"),
    "away": lambda: ConnectionRefusedError("postgres://me:hunter2@db"),
    "bug": lambda: OperationalError("near hunter2: syntax error"),
    "worse": lambda: RuntimeError("hunter2"),
}


async def fail(request: Request) -> Response:
    raise FAULTS[request.path_params["fault"]]()


@pytest.fixture
async def app(settings: Settings, database: str) -> AsyncIterator[Starlette]:
    """The real application with three more routes in front."""
    await prepare(settings)
    application = create_app(settings, connect=False)
    application.router.routes[:0] = [Route("/who", who), Route("/read", read, methods=["POST"]), Route("/fail/{fault}", fail)]
    async with application.router.lifespan_context(application):
        yield application


async def ask(client: httpx2.AsyncClient, key: str | None, scope: str = "read") -> httpx2.Response:
    return await client.get("/who", params={"scope": scope}, headers={} if key is None else {"authorization": f"Bearer {key}"})


async def made(*scopes: str) -> tuple[str, str, int]:
    """A live key's id, its plaintext, and the workspace it opens."""
    workspace = await workspaces.find("default")
    key, plaintext = await keys.create(workspace_id=workspace.id, livemode=True, scopes=scopes, name="a key")
    return key.id, plaintext, workspace.id


async def test_a_key_opens_its_workspace_in_its_mode(client: httpx2.AsyncClient, live_key: str, test_key: str) -> None:
    workspace = await workspaces.find("default")

    live, test = await ask(client, live_key, "admin"), await ask(client, test_key, "admin")

    assert live.json() == {"workspace": workspace.id, "livemode": True}
    assert test.json() == {"workspace": workspace.id, "livemode": False}


@pytest.mark.parametrize("key", [None, "", "clk_live_unknown", "clk_live_é", "x" * 10_000, "\udcff"])
async def test_without_a_good_key_there_is_a_challenge(client: httpx2.AsyncClient, key: str | None) -> None:
    header = {} if key is None else {b"authorization": b"Bearer " + key.encode("utf-8", "surrogateescape")}

    answer = await client.get("/who?scope=read", headers=header)

    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "UNAUTHENTICATED")
    assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("header", ["Basic {key}", "{key}", "Bearer", "Bearer {key} {key}"])
async def test_a_key_counts_only_as_a_bearer(client: httpx2.AsyncClient, live_key: str, header: str) -> None:
    answer = await client.get("/who?scope=read", headers={"authorization": header.format(key=live_key)})

    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("scope", "opens"),
    [
        ("read", {"read"}),
        ("write", {"write", "lead.write", "sale.write"}),
        ("lead.write", {"lead.write"}),
        ("sale.write", {"sale.write"}),
        ("admin", set(keys.SCOPES)),
    ],
)
async def test_a_scope_opens_what_it_implies_and_nothing_else(client: httpx2.AsyncClient, scope: str, opens: set[str]) -> None:
    _, plaintext, _ = await made(scope)

    statuses = {wanted: (await ask(client, plaintext, wanted)).status_code for wanted in keys.SCOPES}

    assert {wanted for wanted, status in statuses.items() if status == 200} == opens
    assert {status for wanted, status in statuses.items() if wanted not in opens} <= {403}


async def test_a_revoked_key_dies_within_its_second(app: Starlette, client: httpx2.AsyncClient) -> None:
    app.state.keyring.life_seconds = 0.05
    key_id, plaintext, workspace_id = await made("read")
    assert (await ask(client, plaintext)).status_code == 200

    await keys.revoke(workspace_id, key_id)
    await asyncio.sleep(0.06)

    assert (await ask(client, plaintext)).status_code == 401


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff", b"[" * 100_000, b'{"a":1,"a":2}', b'{"a":NaN}'])
async def test_a_body_that_is_no_json_object_is_refused(client: httpx2.AsyncClient, body: bytes) -> None:
    answer = await client.post("/read", content=body)

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "BAD_REQUEST")


@pytest.mark.parametrize(
    ("fault", "status", "code"), [("invalid", 422, "BAD_USER_INPUT"), ("missing", 404, "NOT_FOUND"), ("away", 503, "UNAVAILABLE")]
)
async def test_an_error_of_the_table_has_its_status(client: httpx2.AsyncClient, fault: str, status: int, code: str) -> None:
    answer = await client.get(f"/fail/{fault}")

    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (status, code)
    assert error.get("field") == ("url" if fault == "invalid" else None)
    assert "hunter2" not in answer.text


@pytest.mark.parametrize("fault", ["bug", "worse"])
async def test_a_fault_of_ours_says_only_where_the_log_has_it(
    client: httpx2.AsyncClient, caplog: pytest.LogCaptureFixture, fault: str
) -> None:
    with caplog.at_level(logging.ERROR):
        answer = await client.get(f"/fail/{fault}", headers={"x-request-id": "req_of_a_proxy"})

    assert answer.status_code == 500
    assert answer.json() == {
        "error": {"code": "INTERNAL", "message": "this is our fault; the log has it under the request id", "requestId": "req_of_a_proxy"}
    }
    assert "req_of_a_proxy" in caplog.text
    assert "RuntimeError" in caplog.text or "OperationalError" in caplog.text


async def test_every_answer_has_an_id_and_safe_headers(client: httpx2.AsyncClient) -> None:
    for path in ("/healthz", "/fail/worse", "/who?scope=read", "/webhooks/stripe"):
        answer = await client.get(path, headers={"x-request-id": "not plain\tat all"})

        assert answer.headers["x-request-id"].startswith("req_")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


async def test_a_method_that_a_route_lacks_is_not_our_fault(client: httpx2.AsyncClient) -> None:
    answer = await client.delete("/webhooks/stripe")

    assert (answer.status_code, answer.json()["error"]["code"]) == (405, "METHOD_NOT_ALLOWED")
