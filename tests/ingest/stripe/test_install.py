"""Our endpoint at Stripe, on both databases and over real HTTP."""

from collections.abc import AsyncIterator

import pytest

from ingest import endpoints, workspaces
from ingest.errors import Invalid, NotFound
from ingest.models.workspace import Account, WebhookEndpoint, Workspace
from ingest.stripe import install as installation
from ingest.stripe import wire
from ingest.stripe.client import Api
from ingest.stripe.errors import TryLater
from ingest.stripe.install import Outcome
from tests.fake_stripe import FakeStripe

URL = "https://go.example.com"
ADDRESS = "https://go.example.com/webhooks/stripe/default"


@pytest.fixture
async def workspace(database: str) -> Workspace:
    return await workspaces.ensure_default()


@pytest.fixture
async def api(stripe: FakeStripe) -> AsyncIterator[Api]:
    async with Api(stripe.key, base=stripe.url, tries=2, first_wait_seconds=0.001) as asking:
        yield asking


async def secrets() -> list[str]:
    found = await endpoints.receiver("default")
    assert found is not None
    return [secret.value for secret in found.secrets]


async def test_an_installation_asks_for_exactly_what_is_read_and_keeps_the_secret(
    stripe: FakeStripe, api: Api, workspace: Workspace
) -> None:
    done = await installation.install(api, workspace, URL)

    (made,) = stripe.of("webhook_endpoint")
    assert (done.outcome, done.account, done.livemode) == (Outcome.CREATED, "acct_fake1", False)
    assert (made["url"], made["api_version"], made["enabled_events"]) == (ADDRESS, wire.API_VERSION, list(wire.EVENTS))
    assert await secrets() == [made["secret"]]
    assert (await Account.get(workspace_id=workspace.id)).stripe_account == "acct_fake1"


async def test_a_second_installation_changes_nothing(stripe: FakeStripe, api: Api, workspace: Workspace) -> None:
    first = await installation.install(api, workspace, URL)

    again = await installation.install(api, workspace, ADDRESS)

    assert (again.outcome, again.endpoint) == (Outcome.UNCHANGED, first.endpoint)
    assert len(stripe.of("webhook_endpoint")) == await WebhookEndpoint.all().count() == 1


async def test_what_somebody_changed_at_stripe_is_put_right(stripe: FakeStripe, api: Api, workspace: Workspace) -> None:
    await installation.install(api, workspace, URL)
    stripe.of("webhook_endpoint")[0].update(status="disabled", enabled_events=["charge.refunded", "product.created"])
    (before,) = await installation.status(api, workspace)

    done = await installation.install(api, workspace, "https://new.example.com")

    (after,) = await installation.status(api, workspace)
    assert (before.good, before.state, before.surplus, len(before.missing)) == (
        False,
        "disabled",
        ("product.created",),
        len(wire.EVENTS) - 1,
    )
    assert (done.outcome, after.good, after.url) == (Outcome.UPDATED, True, "https://new.example.com/webhooks/stripe/default")


async def test_an_endpoint_that_is_gone_or_of_another_version_is_replaced(stripe: FakeStripe, api: Api, workspace: Workspace) -> None:
    first = await installation.install(api, workspace, URL)
    stripe.objects.pop(first.endpoint)
    (gone,) = await installation.status(api, workspace)
    second = await installation.install(api, workspace, URL)
    stripe.objects[second.endpoint]["api_version"] = "2020-08-27"
    third = await installation.install(api, workspace, URL)

    assert (gone.state, gone.good) == ("gone", False)
    assert (second.outcome, third.outcome) == (Outcome.REPLACED, Outcome.REPLACED)
    assert list(stripe.objects) == [third.endpoint]


async def test_what_a_dead_installation_left_is_swept_and_a_neighbours_endpoint_is_not(
    stripe: FakeStripe, api: Api, workspace: Workspace
) -> None:
    lost = await api.create_endpoint(url=ADDRESS, metadata={"clickledger": "default"}, events=wire.EVENTS, description="")
    staging = await api.create_endpoint(
        url="https://staging.example.com/x", metadata={"clickledger": "default"}, events=wire.EVENTS, description=""
    )
    stranger = await api.create_endpoint(url=ADDRESS, metadata={}, events=wire.EVENTS, description="")

    done = await installation.install(api, workspace, URL)

    assert lost["id"] not in stripe.objects
    assert set(stripe.objects) == {staging["id"], stranger["id"], done.endpoint}
    assert done.strangers == (stranger["id"],)


async def test_after_a_rotation_both_secrets_are_good(stripe: FakeStripe, api: Api, workspace: Workspace) -> None:
    with pytest.raises(NotFound):
        await installation.rotate(api, workspace)
    first = await installation.install(api, workspace, URL)

    new = await installation.rotate(api, workspace)

    assert list(stripe.objects) == [new.stripe_endpoint]
    assert new.stripe_endpoint != first.endpoint
    assert len(await secrets()) == 2


async def test_an_uninstallation_leaves_nothing_at_stripe(stripe: FakeStripe, api: Api, workspace: Workspace) -> None:
    done = await installation.install(api, workspace, URL)

    assert await installation.uninstall(api, workspace) == [done.endpoint]
    assert await installation.uninstall(api, workspace) == []
    assert stripe.objects == {}
    assert await installation.status(api, workspace) == []


async def test_an_installation_that_dies_anywhere_is_whole_after_the_next(stripe: FakeStripe, api: Api, workspace: Workspace) -> None:
    await installation.install(api, workspace, URL)
    (old,) = stripe.of("webhook_endpoint")
    old["api_version"] = "2020-08-27"
    stripe_delete = api.delete_endpoint

    async def dies(endpoint: str) -> None:
        raise TryLater("killed before the old endpoint went")

    api.delete_endpoint = dies  # type: ignore[method-assign]  # the moment of death is what is tested
    with pytest.raises(TryLater):
        await installation.install(api, workspace, URL)
    api.delete_endpoint = stripe_delete  # type: ignore[method-assign]  # and alive again
    await installation.install(api, workspace, URL)

    (left,) = stripe.of("webhook_endpoint")
    assert [one.endpoint for one in await installation.status(api, workspace)] == [left["id"]]


@pytest.mark.parametrize(
    "url", ["http://go.example.com", "go.example.com", "https://", "https://go.example.com/?x=1", "ftp://go.example.com"]
)
def test_an_address_that_stripe_cannot_call_is_refused(url: str) -> None:
    with pytest.raises(Invalid):
        installation.address(url, "default")


def test_a_loopback_address_may_be_plain() -> None:
    assert installation.address("http://127.0.0.1:8000/", "shop") == "http://127.0.0.1:8000/webhooks/stripe/shop"
