"""Workspaces: made whole and once, changed only to what makes sense."""

import asyncio
from typing import Any

import pytest

from ingest import accounts, workspaces
from ingest.credit.rules import Rules
from ingest.errors import Invalid, NotFound
from ingest.models.workspace import Account, Domain, Ruleset, Workspace


async def test_the_default_workspace_is_whole(database: str) -> None:
    workspace = await workspaces.ensure_default(fx_source="OXR", domain="go.example.com")

    rules = await Ruleset.get(workspace_id=workspace.id)
    account = await workspaces.primary_account(workspace.id)
    assert (workspace.slug, workspace.currency, workspace.timezone, workspace.fx_source) == ("default", "USD", "UTC", "OXR")
    assert (rules.rules, rules.digest) == (Rules().as_dict(), Rules().digest())
    assert (account.is_primary, account.stripe_account) == (True, None)
    assert sorted([domain.name for domain in await Domain.filter(workspace_id=workspace.id)]) == ["*", "go.example.com"]


async def test_however_often_and_at_once_it_is_made_it_is_one(database: str) -> None:
    made = await asyncio.gather(*(workspaces.ensure_default() for _ in range(8)))

    assert len({workspace.id for workspace in made}) == 1
    assert [await model.all().count() for model in (Workspace, Account, Ruleset, Domain)] == [1, 1, 1, 1]


async def test_a_second_workspace_takes_no_domain_from_the_first(database: str) -> None:
    first = await workspaces.ensure_default()

    with pytest.raises(Invalid, match="belongs to another workspace"):
        await workspaces.ensure("shop", domains=("*",))

    assert (await Domain.get(name="*")).workspace_id == first.id
    with pytest.raises(NotFound):
        await workspaces.find("nobody")


@pytest.mark.parametrize("slug", ["", "A", "a b", "-a", "a-", "ä", "a/b", "a" * 65])
async def test_a_slug_that_no_address_can_hold_is_refused(database: str, slug: str) -> None:
    with pytest.raises(Invalid):
        await workspaces.ensure(slug)

    assert await Workspace.all().count() == 0


@pytest.mark.parametrize(
    ("field", "value", "kept"),
    [
        ("name", " Shop ", "Shop"),
        ("currency", "eur", "EUR"),
        ("timezone", "Europe/Berlin", "Europe/Berlin"),
        ("track_conversion", False, False),
        ("fx_source", "OXR", "OXR"),
        (
            "allowed_hosts",
            ["WWW.example.com", "*.example.com", "localhost:3000", "www.example.com"],
            ["*.example.com", "localhost:3000", "www.example.com"],
        ),
        ("allowed_hosts", [], []),
    ],
)
async def test_a_workspace_changes_what_it_may(database: str, field: str, value: Any, kept: Any) -> None:
    workspace = await workspaces.ensure_default()

    changed = await workspaces.update(workspace.id, {field: value})

    assert getattr(changed, field) == kept
    assert getattr(await Workspace.get(id=workspace.id), field) == kept


@pytest.mark.parametrize(
    ("field", "value", "named"),
    [
        ("name", "", "name"),
        ("name", "a\x00b", "name"),
        ("currency", "dollars", "currency"),
        ("currency", "QQQ", "currency"),
        ("currency", None, "currency"),
        ("timezone", "Mars/Olympus", "timezone"),
        ("timezone", "../../etc/passwd", "timezone"),
        ("track_conversion", "yes", "trackConversion"),
        ("fx_source", "a b", "fxSource"),
        ("allowed_hosts", "example.com", "allowedHosts"),
        ("allowed_hosts", ["https://example.com"], "allowedHosts"),
        ("allowed_hosts", ["*"], "allowedHosts"),
        ("slug", "other", "slug"),
    ],
)
async def test_a_change_that_cannot_be_taken_names_its_field_and_changes_nothing(database: str, field: str, value: Any, named: str) -> None:
    workspace = await workspaces.ensure_default()

    with pytest.raises(Invalid) as caught:
        await workspaces.update(workspace.id, {"name": "Changed", field: value} if field != "name" else {field: value})

    assert caught.value.field == named
    assert (await Workspace.get(id=workspace.id)).name == "Default"


async def test_an_account_belongs_to_the_first_who_claims_it(database: str) -> None:
    first, second = await workspaces.ensure("first"), await workspaces.ensure("second")
    claimed, _ = await accounts.claim(first.id, "acct_1")

    again, _ = await accounts.claim(first.id, "acct_1")
    with pytest.raises(Invalid, match="another workspace"):
        await accounts.claim(second.id, "acct_1")

    assert again.id == claimed.id


async def test_a_primary_account_is_named_once(database: str) -> None:
    workspace = await workspaces.ensure("first")

    account, _ = await accounts.claim(workspace.id, "acct_1", primary=True)
    with pytest.raises(Invalid, match="the primary account is acct_1"):
        await accounts.claim(workspace.id, "acct_2", primary=True)

    assert account.id == (await workspaces.primary_account(workspace.id)).id
    assert [row.stripe_account for row in await accounts.listed(workspace.id)] == ["acct_1"]


@pytest.mark.parametrize("name", ["", "acct_", "cus_1", "acct_1; DROP TABLE account", "acct_" + "a" * 60])
async def test_what_is_no_account_is_not_claimed(database: str, name: str) -> None:
    workspace = await workspaces.ensure("first")

    with pytest.raises(Invalid):
        await accounts.claim(workspace.id, name)
