"""The webhook: that 200 means committed, once and byte for byte, and which bodies are refused."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import httpx2
import pytest
import stripe
from starlette.applications import Starlette
from tortoise.transactions import in_transaction

from api import webhook
from ingest import bodies, inbox, workspaces
from ingest.models.evidence import StripeEvent
from tests import locks
from tests.api.hooks import HOOK, an_event, post
from tests.conftest import WEBHOOK_SECRET
from tests.stripe_events import raw, sign


async def test_a_signed_event_is_kept_byte_for_byte(client: httpx2.AsyncClient) -> None:
    body = an_event(id="evt_a", created=1_700_000_000, livemode=True, api_version=None)

    answer = await post(client, body)

    kept = await StripeEvent.get()
    assert (answer.status_code, answer.json()) == (200, {"received": True, "outcome": "recorded"})
    assert (bytes(kept.body), kept.event_id, kept.livemode, kept.api_version) == (body, "evt_a", True, "")
    assert kept.created_at == datetime.fromtimestamp(1_700_000_000, UTC)
    assert kept.account_id == (await workspaces.primary_account(kept.workspace_id)).id


async def test_the_settler_knows_how_many_wait_for_an_answer(
    app: Starlette, client: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, store_all = asyncio.Event(), inbox.store_all

    async def slowly(group: Sequence[inbox.Incoming]) -> list[inbox.Outcome]:
        await held.wait()
        return await store_all(group)

    monkeypatch.setattr(inbox, "store_all", slowly)
    burst = [asyncio.create_task(post(client, an_event(id=f"evt_{number}"))) for number in range(9)]
    async with asyncio.timeout(20):
        while app.state.settler._waiting() < 9:  # noqa: ASYNC110  # nobody else is told
            await asyncio.sleep(0.01)
    held.set()

    assert {answer.status_code for answer in await asyncio.gather(*burst)} == {200}
    assert app.state.settler._waiting() == 0


async def test_an_event_is_verified_without_the_librarys_objects_and_parsed_once(
    client: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: Any, **__: Any) -> None:
        raise AssertionError("fifty times what verify_header and one parse take")

    def counted(body: bytes) -> Any:
        parsed.append(len(body))
        return bodies.parse(body)

    parsed = list[int]()
    monkeypatch.setattr(stripe.Webhook, "construct_event", refused)
    monkeypatch.setattr(stripe.Event, "construct_from", refused)
    monkeypatch.setattr(webhook, "bodies", SimpleNamespace(parse=counted))
    body = an_event(id="evt_a")

    answer = await post(client, body)

    assert (answer.status_code, parsed) == (200, [len(body)])


async def test_a_row_of_the_inbox_equals_one_that_the_model_writes(client: httpx2.AsyncClient) -> None:
    await post(client, an_event(id="evt_a"))
    asked = "SELECT created_at, received_at, livemode, state, attempts, parser_version FROM stripe_event"
    async with in_transaction() as connection:  # the server's settler is at it, too
        kept = await StripeEvent.all().select_for_update().get()
        (written,) = await connection.execute_query_dict(asked)

        await StripeEvent.filter(id=kept.id).delete()
        await StripeEvent.bulk_create([kept])

        (model,) = await connection.execute_query_dict(asked)
    assert dict(written) == dict(model)


async def test_the_same_event_again_changes_nothing(client: httpx2.AsyncClient) -> None:
    body = an_event(id="evt_a")

    answers = await asyncio.gather(*(post(client, body) for _ in range(8)))

    assert {answer.status_code for answer in answers} == {200}
    assert sorted(answer.json()["outcome"] for answer in answers) == ["duplicate"] * 7 + ["recorded"]
    assert await StripeEvent.all().count() == 1


async def test_one_event_in_two_versions_and_two_modes_is_four_rows(client: httpx2.AsyncClient) -> None:
    for livemode in (True, False):
        for version in ("2020-08-27", "2026-10-28.endive"):
            await post(client, an_event(id="evt_a", livemode=livemode, api_version=version))

    assert await StripeEvent.all().count() == 4


async def test_a_body_over_the_limit_is_refused_unread(client: httpx2.AsyncClient) -> None:
    body = b"{" + b" " * 5_000_000

    answer = await post(client, body)

    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "TOO_LARGE")


async def test_a_body_of_unknown_length_is_refused_when_it_passes_the_limit(client: httpx2.AsyncClient) -> None:
    sent = 0

    async def chunks() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(1_000):
            sent += 1
            yield b" " * 100_000

    answer = await client.post(HOOK, content=chunks())

    assert answer.status_code == 413


VALID = json.loads(an_event(id="evt_nasty"))
NASTY = {
    "empty": b"",
    "not JSON": b"{",
    "not UTF-8": b'{"id": "\xff"}',
    "UTF-16": json.dumps(VALID).encode("utf-16"),
    "deep": b'{"a":' + b"[" * 10_000 + b"]" * 10_000 + b"}",
    "deep with surrogates": b'{"a":"\\ud800","b":' + b"[" * 10_000 + b"]" * 10_000 + b"}",
    "null": b"null",
    "number": b"1",
    "list": b"[]",
    "one key twice": json.dumps(VALID).encode()[:-1] + b', "livemode": true}',
    "one key twice, escaped": json.dumps(VALID).encode()[:-1] + b', "livem\\u006fde" : true, "x": "\\u0022:"}',
    "NaN": raw({**VALID, "x": float("nan")}),
    "Infinity": raw({**VALID, "x": float("inf"), "y": "\ud800"}),
    "thin": raw({**VALID, "object": "v2.core.event"}),
    "no id": raw({**VALID, "id": None}),
    "long id": raw({**VALID, "id": "e" * 256}),
    "NUL in the type": raw({**VALID, "type": "a\x00b"}),
    "type not text": raw({**VALID, "type": ["a"]}),
    "livemode not a boolean": raw({**VALID, "livemode": "false"}),
    "account not text": raw({**VALID, "account": {}}),
    "created in the far future": raw({**VALID, "created": 10**18}),
    "created negative": raw({**VALID, "created": -1}),
    "created true": raw({**VALID, "created": True}),
    "created huge": json.dumps(VALID).replace(str(VALID["created"]), "9" * 400).encode(),
    "no data": raw({**VALID, "data": None}),
    "no object": raw({**VALID, "data": {"object": "cus_1"}}),
}


@pytest.mark.parametrize("name", NASTY)
async def test_a_signed_body_that_is_no_event_is_refused(client: httpx2.AsyncClient, name: str) -> None:
    body = NASTY[name]

    answer = await client.post(HOOK, content=body, headers={"stripe-signature": sign(body, WEBHOOK_SECRET)})

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "BAD_REQUEST")
    assert await StripeEvent.all().count() == 0


async def test_metadata_that_no_database_can_encode_is_kept_as_bytes(client: httpx2.AsyncClient) -> None:
    body = raw({**VALID, "data": {"object": {"metadata": {"a": "\ud800\x00", "b": '":', "c : d": "é"}}}})

    answer = await post(client, body)

    assert answer.status_code == 200
    assert bytes((await StripeEvent.get()).body) == body


async def test_while_another_holds_the_database_stripe_is_told_to_come_again(
    client: httpx2.AsyncClient, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = an_event(id="evt_a")
    await post(client, an_event())
    monkeypatch.setattr("api.webhook.PATIENCE_SECONDS", 0.5)
    async with locks.held(database, "LOCK TABLE stripe_event IN ACCESS EXCLUSIVE MODE"):
        refused = await post(client, body)

    accepted = await post(client, body)

    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "UNAVAILABLE")
    assert accepted.status_code == 200  # recorded now, or in the moment that Stripe was told to come again: kept once either way
    assert await StripeEvent.filter(event_id="evt_a").count() == 1
