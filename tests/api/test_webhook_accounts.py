"""Whose an event is: claimed and unclaimed accounts, Connect, and the endpoints of workspaces."""

import asyncio

import httpx2
import pytest

from ingest import accounts, workspaces
from ingest.models.evidence import QuarantinedEvent, StripeEvent
from ingest.models.workspace import Account
from tests.api.hooks import HOOK, an_event, endpoint_of, post


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
