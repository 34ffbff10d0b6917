"""The webhook: what is verified, what is refused, and that 200 means committed."""

import asyncio
import json
import sqlite3
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import asyncpg
import httpx2
import pytest
import stripe
from starlette.applications import Starlette
from tortoise.transactions import in_transaction

from api import webhook
from api.app import create_app
from api.prepare import prepare
from api.settings import Settings
from ingest import accounts, bodies, endpoints, inbox, workspaces
from ingest.models.evidence import QuarantinedEvent, StripeEvent
from ingest.models.workspace import Account, WebhookEndpoint
from tests import stripe_events
from tests.conftest import WEBHOOK_SECRET
from tests.stripe_events import raw, sign

HOOK = "/webhooks/stripe"


def an_event(**fields: Any) -> bytes:
    return raw(stripe_events.event("customer.created", {"id": "cus_1", "object": "customer"}, **fields))


async def post(
    client: httpx2.AsyncClient, body: bytes, *, path: str = HOOK, secret: str = WEBHOOK_SECRET, **header: Any
) -> httpx2.Response:
    return await client.post(
        path, content=body, headers={"stripe-signature": header.get("signature") or sign(body, secret, header.get("at"))}
    )


@asynccontextmanager
async def caller(settings: Settings) -> AsyncIterator[httpx2.AsyncClient]:
    """A caller of another application on the same database."""
    await prepare(settings)
    app = create_app(settings, connect=False)
    async with app.router.lifespan_context(app), httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://x") as client:
        yield client


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


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "t=1,v1=00",
        "nonsense",
        "t=,v1=",
        "t=99999999999999999999999999,v1=" + "0" * 64,
        "v1=" + "0" * 64,
        "t=" + "9" * 5_000,
        "t=é,v1=é",
        "t=1" + ",v1=0" * 1_000,
    ],
)
async def test_a_wrong_signature_is_refused(client: httpx2.AsyncClient, signature: str) -> None:
    answer = await client.post(HOOK, content=an_event(), headers={b"stripe-signature": signature.encode()})

    assert answer.status_code == 400
    assert await StripeEvent.all().count() == 0


async def test_a_good_signature_of_another_body_is_refused(client: httpx2.AsyncClient) -> None:
    answer = await post(client, an_event(), signature=sign(an_event(), WEBHOOK_SECRET))

    assert answer.status_code == 400


@pytest.mark.parametrize(("off", "status"), [(-290, 200), (-310, 400), (290, 200), (310, 400), (86_400, 400)])
async def test_a_signature_is_good_for_five_minutes_on_both_sides(client: httpx2.AsyncClient, off: int, status: int) -> None:
    answer = await post(client, an_event(), at=time.time() + off)

    assert answer.status_code == status


async def test_one_good_signature_of_several_is_enough(client: httpx2.AsyncClient) -> None:
    body, other = an_event(), "0" * 64
    moment, good = sign(body, WEBHOOK_SECRET).split(",")

    answer = await post(client, body, signature=f"{moment},v1={other},{good},v0={other}")

    assert answer.status_code == 200


async def test_without_a_secret_the_webhook_says_what_to_set(settings: Settings, database: str) -> None:
    async with caller(replace(settings, webhook_secrets=())) as client:
        answer = await post(client, an_event())

    assert answer.status_code == 503
    assert "STRIPE_WEBHOOK_SECRET" in answer.json()["error"]["message"]


@pytest.mark.parametrize(("secret", "status"), [("whsec_old", 200), ("whsec_new", 200), ("whsec_wrong", 400)])
async def test_while_secrets_rotate_both_are_good(settings: Settings, database: str, secret: str, status: int) -> None:
    async with caller(replace(settings, webhook_secrets=("whsec_old", "whsec_new"))) as client:
        answer = await post(client, an_event(), secret=secret)

    assert answer.status_code == status


async def test_a_stored_secret_works_at_once_and_a_retired_one_for_a_day(app: Starlette, client: httpx2.AsyncClient) -> None:
    app.state.receivers.pause_seconds = 0.0
    await post(client, an_event())  # the receiver is known from here on
    now, workspace = datetime.now(UTC), await workspaces.find("default")
    for name, retired_at in {"new": None, "retired": now - timedelta(hours=23), "gone": now - endpoints.OVERLAP}.items():
        await WebhookEndpoint.create(
            workspace_id=workspace.id,
            stripe_endpoint=name,
            livemode=True,
            url="",
            secret=f"whsec_{name}",
            api_version="",
            retired_at=retired_at,
        )

    statuses = {name: (await post(client, an_event(), secret=f"whsec_{name}")).status_code for name in ("new", "retired", "gone")}

    assert statuses == {"new": 200, "retired": 200, "gone": 400}


@pytest.mark.parametrize("livemode", [True, False])
@pytest.mark.parametrize("signs", ["live", "test"])
async def test_no_secret_is_chosen_by_the_mode_that_a_body_says(client: httpx2.AsyncClient, livemode: bool, signs: str) -> None:
    """Any known secret of the endpoint verifies, and the mode is what the verified body says."""
    _, path = await endpoint_of("live")
    workspace = await workspaces.find("live")
    await WebhookEndpoint.create(
        workspace_id=workspace.id, stripe_endpoint="we_test", livemode=False, url="", secret="whsec_test_mode", api_version=""
    )

    answer = await post(client, an_event(livemode=livemode), path=path, secret={"live": "whsec_live", "test": "whsec_test_mode"}[signs])

    assert (answer.status_code, (await StripeEvent.get()).livemode) == (200, livemode)


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


async def test_an_event_of_nobodys_account_waits_until_it_is_claimed(client: httpx2.AsyncClient) -> None:
    body = an_event(id="evt_a", account="acct_1", livemode=True)
    answers = [await post(client, body) for _ in range(2)]
    assert [answer.json()["outcome"] for answer in answers] == ["quarantined"] * 2
    assert (await QuarantinedEvent.all().count(), await StripeEvent.all().count()) == (1, 0)
    workspace = await workspaces.find("default")

    account, moved = await accounts.claim(workspace.id, "acct_1")

    kept = await StripeEvent.get()
    assert (moved, kept.account_id, bytes(kept.body), kept.livemode) == (1, account.id, body, True)
    assert await QuarantinedEvent.all().count() == 0
    assert (await post(client, body)).json()["outcome"] == "duplicate"


async def test_an_event_that_comes_while_its_account_is_claimed_is_not_left_behind(client: httpx2.AsyncClient) -> None:
    workspace = await workspaces.find("default")
    bodies = [an_event(account=f"acct_{number}") for number in range(10)]

    await asyncio.gather(
        *(post(client, body) for body in bodies), *(accounts.claim(workspace.id, f"acct_{number}") for number in range(10))
    )

    assert (await QuarantinedEvent.all().count(), await StripeEvent.all().count()) == (0, 10)


async def test_one_account_by_connect_and_by_its_own_endpoint_is_one(client: httpx2.AsyncClient) -> None:
    workspace = await workspaces.find("default")
    await accounts.claim(workspace.id, "acct_1", primary=True)

    by_itself = await post(client, an_event(id="evt_a"))
    by_connect = await post(client, an_event(id="evt_a", account="acct_1"))

    assert (by_itself.json()["outcome"], by_connect.json()["outcome"]) == ("recorded", "duplicate")


async def endpoint_of(slug: str) -> tuple[int, str]:
    """A workspace with an endpoint of its own; its id and the endpoint's path. The secret is `whsec_<slug>`."""
    workspace = await workspaces.ensure(slug)
    await WebhookEndpoint.create(
        workspace_id=workspace.id, stripe_endpoint=slug, livemode=True, url="", secret=f"whsec_{slug}", api_version=""
    )
    return workspace.id, f"{HOOK}/{slug}"


async def test_a_workspace_has_its_own_endpoint_and_secret(client: httpx2.AsyncClient) -> None:
    workspace_id, path = await endpoint_of("shop")

    own = await post(client, an_event(id="evt_a"), path=path, secret="whsec_shop")
    operators = await post(client, an_event(id="evt_b"), path=path)

    assert (own.status_code, operators.status_code) == (200, 400)
    assert (await StripeEvent.get()).workspace_id == workspace_id


async def test_a_workspace_cannot_bring_events_of_anothers_account(client: httpx2.AsyncClient) -> None:
    victim, _ = await endpoint_of("victim")
    _, path = await endpoint_of("thief")
    await accounts.claim(victim, "acct_1")
    forged = an_event(account="acct_1")

    answer = await post(client, forged, path=path, secret="whsec_thief")

    assert answer.json()["outcome"] == "quarantined"
    assert await StripeEvent.all().count() == 0
    assert await Account.filter(stripe_account="acct_1").count() == 1


@pytest.mark.parametrize("claimed_before", [True, False])
async def test_what_a_workspace_brought_for_anothers_account_is_never_that_ones(client: httpx2.AsyncClient, claimed_before: bool) -> None:
    """Not when the account is claimed later, nor when its owner claims it once more; what the operator's endpoint brought is."""
    victim, _ = await endpoint_of("victim")
    _, path = await endpoint_of("thief")
    if claimed_before:
        await accounts.claim(victim, "acct_1")
    await post(client, an_event(id="evt_forged", account="acct_1"), path=path, secret="whsec_thief")
    await post(client, an_event(id="evt_real", account="acct_1"))

    await accounts.claim(victim, "acct_1")

    assert [(row.event_id, row.workspace_id) for row in await StripeEvent.all()] == [("evt_real", victim)]


async def test_what_a_workspaces_own_endpoint_brought_is_its_when_it_claims_the_account(client: httpx2.AsyncClient) -> None:
    shop, path = await endpoint_of("shop")
    await post(client, an_event(account="acct_1"), path=path, secret="whsec_shop")

    _, moved = await accounts.claim(shop, "acct_1")

    assert (moved, await QuarantinedEvent.all().count()) == (1, 0)


async def test_the_operators_endpoint_brings_events_to_the_account_s_workspace(client: httpx2.AsyncClient) -> None:
    workspace_id, _ = await endpoint_of("shop")
    account, _ = await accounts.claim(workspace_id, "acct_1")

    await post(client, an_event(account="acct_1"))

    kept = await StripeEvent.get()
    assert (kept.workspace_id, kept.account_id) == (workspace_id, account.id)


async def test_an_unknown_workspace_is_not_found(client: httpx2.AsyncClient) -> None:
    answer = await post(client, an_event(), path=f"{HOOK}/nobody")

    assert answer.status_code == 404


async def test_while_another_holds_the_database_stripe_is_told_to_come_again(
    client: httpx2.AsyncClient, database: str, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = an_event(id="evt_a")
    await post(client, an_event())
    monkeypatch.setattr("api.webhook.PATIENCE_SECONDS", 0.5)
    async with locked(database, engine):
        refused = await post(client, body)

    accepted = await post(client, body)

    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "UNAVAILABLE")
    assert accepted.status_code == 200  # recorded now, or in the moment that Stripe was told to come again: kept once either way
    assert await StripeEvent.filter(event_id="evt_a").count() == 1


@asynccontextmanager
async def locked(url: str, engine: str) -> AsyncIterator[None]:
    """The events' table, locked by somebody else."""
    if engine == "sqlite":
        other = sqlite3.connect(Path(url.removeprefix("sqlite://")), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")
        other.close()
        return
    connection = await asyncpg.connect(url)
    async with connection.transaction():
        await connection.execute("LOCK TABLE stripe_event IN ACCESS EXCLUSIVE MODE")
        yield
    await connection.close()
