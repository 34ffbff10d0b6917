"""Every workspace has its questions asked: by its own key, or by a platform's key for the accounts that it claimed; never by another's."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import UTC, datetime

import pytest
from structlog.testing import capture_logs

from ingest import accounts, askers, enrich, workspaces
from ingest.askers import Key
from ingest.backfill.intake import Owner
from ingest.models.evidence import StripeEvent
from ingest.models.privacy import Enquiry
from ingest.stripe.client import Api
from tests import story, stripe_objects
from tests import stripe_events as events
from tests.fake_stripe import FakeStripe
from tests.story import Story


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(enrich, "GRACE", -enrich.GRACE)
    monkeypatch.setattr(enrich, "PAUSE_SECONDS", 0)
    monkeypatch.setattr(askers, "_EVERY_SECONDS", 0.05)


def session(number: int) -> dict[str, object]:
    return stripe_objects.session(f"cs_{number}", intent=f"pi_{number}")


async def charged(tale: Story, number: int, account_id: int | None = None) -> None:
    """A charge of which no event tells the session."""
    await tale.hear(events.charge_succeeded(f"ch_{number}", intent=f"pi_{number}"), account_id=account_id)
    await tale.settled()


@asynccontextmanager
async def asking(keys: Sequence[Key], base: str) -> AsyncIterator[Callable[[int], Awaitable[None]]]:
    """The loops, running; call what is given to wait for so many answers."""
    running = asyncio.ensure_future(askers.run(keys, base, lambda: None))

    async def answers(count: int) -> None:
        async with asyncio.timeout(20):
            while await StripeEvent.filter(source="api").count() < count:  # another task writes them
                assert not running.done(), running.exception()
                await asyncio.sleep(0.02)

    try:
        yield answers
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def heard(tale: Story) -> set[str]:
    """What Stripe told this workspace when it was asked."""
    rows = await StripeEvent.filter(workspace_id=tale.workspace.id, source="api")
    return {str(name) for row in rows for name in [row.body.decode().split('"id":"cs_')[1].split('"')[0]]}


async def test_each_workspace_is_asked_for_with_its_own_key(database: str, stripe: FakeStripe, at_once: None) -> None:
    ours, shop = await story.begin(), await story.begin("shop")
    theirs = FakeStripe(key="sk_test_shop", account="acct_shop")
    stripe.others.append(theirs)
    stripe.add(session(1))
    theirs.add(session(2))
    await charged(ours, 1)
    await charged(shop, 2)

    async with asking([Key(stripe.key), Key(theirs.key, "shop")], stripe.url) as answers:
        await answers(2)

    assert (await heard(ours), await heard(shop)) == ({"1"}, {"2"})
    assert (await workspaces.primary_account(shop.workspace.id)).stripe_account == "acct_shop"
    assert len((await shop.settled()).sales) == 1


async def test_a_platforms_key_asks_for_the_accounts_that_workspaces_without_a_key_claimed(
    database: str, stripe: FakeStripe, at_once: None
) -> None:
    await story.begin()
    shop, keyed = await story.begin("shop"), await story.begin("keyed")
    stripe.others.append(FakeStripe(key="sk_test_keyed", account="acct_keyed"))
    stripe.connected = {name: FakeStripe(account=name) for name in ("acct_shop", "acct_keyed2")}
    for tale, name, number in ((shop, "acct_shop", 1), (keyed, "acct_keyed2", 2)):
        account, _ = await accounts.claim(tale.workspace.id, name)
        stripe.connected[name].add(session(number))
        await charged(tale, number, account.id)

    async with asking([Key(stripe.key), Key("sk_test_keyed", "keyed")], stripe.url) as answers:
        await answers(1)
        await asyncio.sleep(0.5)

    assert await heard(shop) == {"1"}
    assert await heard(keyed) == set(), "a workspace with a key of its own is nobody else's business"
    assert await Enquiry.filter(workspace_id=keyed.workspace.id, answered_at=None).exists()


async def test_an_account_that_refuses_keeps_no_other_waiting_and_no_key_is_logged(
    database: str, stripe: FakeStripe, at_once: None
) -> None:
    ours = await story.begin()
    stripe.connected = {"acct_b": FakeStripe(account="acct_b")}
    stripe.connected["acct_b"].add(session(2))
    for number, name in enumerate(("acct_a", "acct_b"), 1):
        account, _ = await accounts.claim(ours.workspace.id, name)
        await charged(ours, number, account.id)

    with capture_logs() as logged:
        async with asking([Key(stripe.key)], stripe.url) as answers:
            await answers(1)

    assert await heard(ours) == {"2"}
    assert [line["status"] for line in logged if "cannot be asked" in line["event"]] == [403]
    assert stripe.key not in str(logged)


async def test_an_account_that_is_claimed_while_the_server_runs_is_asked_for(database: str, stripe: FakeStripe, at_once: None) -> None:
    ours = await story.begin()
    stripe.connected = {"acct_b": FakeStripe(account="acct_b")}
    stripe.connected["acct_b"].add(session(1))

    async with asking([Key(stripe.key)], stripe.url) as answers:
        await asyncio.sleep(0.3)
        account, _ = await accounts.claim(ours.workspace.id, "acct_b")
        await charged(ours, 1, account.id)
        await answers(1)

    assert await heard(ours) == {"1"}


async def test_a_platform_that_sells_nothing_itself_asks_for_those_who_do(database: str, stripe: FakeStripe, at_once: None) -> None:
    ours, shop = await story.begin(), await story.begin("shop")
    await accounts.claim(ours.workspace.id, "acct_elsewhere", primary=True)
    stripe.connected = {"acct_shop": FakeStripe(account="acct_shop")}
    stripe.connected["acct_shop"].add(session(1))
    account, _ = await accounts.claim(shop.workspace.id, "acct_shop", primary=True)
    await charged(shop, 1, account.id)

    async with asking([Key(stripe.key)], stripe.url) as answers:
        await answers(1)

    assert await heard(shop) == {"1"}
    assert await accounts.find(stripe.account) is None


@pytest.mark.parametrize(("slug", "secret"), [("shop", "sk_b"), ("default", "sk_a"), ("another", "sk_a")])
def test_a_workspaces_own_key_goes_before_nobodys(slug: str, secret: str) -> None:
    found = askers.key_for([Key("sk_a"), Key("sk_b", "shop")], slug)

    assert found is not None
    assert found.secret == secret


def test_without_a_key_of_its_own_or_of_nobodys_a_workspace_has_none() -> None:
    assert askers.key_for([Key("sk_b", "shop")], "default") is None


async def test_two_servers_that_ask_the_same_at_once_keep_one_answer(database: str, stripe: FakeStripe, at_once: None) -> None:
    """Each of these is a server with the same key; the fake holds the answers back until both have asked."""
    ours = await story.begin()
    account, _ = await accounts.claim(ours.workspace.id, stripe.account, primary=True)
    numbers = range(5)
    stripe.add(*(session(number) for number in numbers))
    stripe.hold("/v1/checkout/sessions", until=2)
    for number in numbers:
        await charged(ours, number, account.id)
    owner = Owner(workspace_id=ours.workspace.id, account_id=account.id, source="api")
    await enrich.notice(owner, enrich.Place(), livemode=False, now=datetime.now(UTC))

    async with AsyncExitStack() as stack, asyncio.timeout(20):
        apis = [await stack.enter_async_context(Api(stripe.key, base=stripe.url)) for _ in range(2)]
        told = await asyncio.gather(*(enrich.ask(api, owner, now=datetime.now(UTC), pause_seconds=0) for api in apis))

    sessions_asked = [params["payment_intent"] for _, path, params in stripe.asked if path == "/v1/checkout/sessions"]
    assert sorted(sessions_asked) == sorted(2 * [f"pi_{number}" for number in numbers]), "both asked everything"
    assert told == [5, 5]
    assert await heard(ours) == {str(number) for number in numbers}
    assert await StripeEvent.filter(source="api").count() == 5
    assert not await Enquiry.filter(answered_at=None).exists()
    assert len((await ours.settled()).sales) == 5
    assert await story.failures() == []
