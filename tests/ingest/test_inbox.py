"""The inbox: what an event says of itself, and reading one again."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ingest import accounts, inbox, workspaces
from ingest.errors import Invalid, NotFound
from ingest.inbox import Envelope, Outcome
from ingest.models.evidence import EventState, QuarantinedEvent, StripeEvent
from ingest.models.workspace import Workspace

EVENT: dict[str, Any] = {"id": "evt_1", "object": "event", "type": "a.b", "created": 1, "livemode": False, "data": {"object": {}}}


@pytest.fixture
async def workspace(database: str) -> Workspace:
    return await workspaces.ensure_default()


async def store(workspace: Workspace, event_id: str = "evt_1") -> Outcome:
    account = await workspaces.primary_account(workspace.id)
    said = inbox.envelope(EVENT | {"id": event_id})
    return await inbox.store(b"{}", said, workspace_id=workspace.id, account_id=account.id, source="file")


def test_an_envelope_is_what_the_event_says_of_itself() -> None:
    said = inbox.envelope(EVENT | {"api_version": None, "account": "acct_1", "created": 253_402_300_799})

    assert said == Envelope(
        event_id="evt_1",
        type="a.b",
        livemode=False,
        created_at=datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC),
        api_version="",
        account="acct_1",
    )


@pytest.mark.parametrize(
    ("change", "field"),
    [({"object": "v2.core.event"}, "object"), ({"id": ""}, "id"), ({"created": 1.5}, "created"), ({"account": "acct\n"}, "account")],
)
def test_an_envelope_that_is_wrong_names_its_field(change: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as caught:
        inbox.envelope(EVENT | change)

    assert caught.value.field == field


async def test_how_an_event_came_is_kept_and_the_second_is_no_news(workspace: Workspace) -> None:
    outcomes = [await store(workspace), await store(workspace)]

    kept = await StripeEvent.get()
    assert outcomes == [Outcome.RECORDED, Outcome.DUPLICATE]
    assert (kept.source, kept.state, kept.attempts, kept.parser_version) == ("file", EventState.STORED, 0, 0)


async def test_a_replayed_event_is_as_if_it_had_just_come(workspace: Workspace) -> None:
    await store(workspace)
    kept = await StripeEvent.get()
    await StripeEvent.all().update(state=EventState.FAILED, error="e", reason="R", attempts=9, next_try_at=datetime.now(UTC))

    await inbox.replay(workspace.id, kept.id)

    again = await StripeEvent.get()
    assert (again.state, again.error, again.reason, again.attempts, again.next_try_at) == (EventState.STORED, None, None, 0, None)


async def test_only_a_workspace_replays_its_own_events_in_their_mode(workspace: Workspace) -> None:
    await store(workspace)
    other, kept = await workspaces.ensure("other"), await StripeEvent.get()

    for owner, livemode in ((other.id, None), (workspace.id, True)):
        with pytest.raises(NotFound):
            await inbox.replay(owner, kept.id, livemode=livemode)


async def test_what_waits_is_counted_with_the_age_of_the_oldest(workspace: Workspace) -> None:
    assert await inbox.waiting() == (0, timedelta(0))
    for name in ("evt_1", "evt_2", "evt_3"):
        await store(workspace, name)
    await StripeEvent.filter(event_id="evt_1").update(state=EventState.SETTLED)
    await StripeEvent.filter(event_id="evt_2").update(received_at=datetime.now(UTC) - timedelta(hours=1))

    count, age = await inbox.waiting()

    assert count == 2
    assert timedelta(hours=1) <= age < timedelta(hours=1, minutes=5)


async def test_without_an_owner_nothing_leaves_the_quarantine(workspace: Workspace) -> None:
    await inbox.quarantine(b"{}", inbox.envelope(EVENT | {"account": "acct_1"}), stripe_account="acct_1")

    assert await inbox.release("acct_1") == 0
    assert (await inbox.quarantined()) == {"acct_1": 1}


@pytest.mark.parametrize("engine", ["postgres"], indirect=True)
async def test_what_is_quarantined_while_the_quarantine_is_emptied_is_not_emptied_with_it(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On SQLite nobody writes between two statements of a transaction."""
    emptying, come, insert = asyncio.Event(), asyncio.Event(), inbox._insert

    async def quarantine(event_id: str) -> None:
        await inbox.quarantine(b"{}", inbox.envelope(EVENT | {"id": event_id, "account": "acct_1"}), stripe_account="acct_1")

    async def between() -> None:
        await emptying.wait()
        await quarantine("evt_late")
        come.set()

    async def paused(statement: str, *given: Any) -> int:
        moved = await insert(statement, *given)
        if statement == inbox._RELEASE:
            emptying.set()
            await come.wait()
        return moved

    await quarantine("evt_early")
    late = asyncio.create_task(between())
    monkeypatch.setattr(inbox, "_insert", paused)
    _, moved = await accounts.claim(workspace.id, "acct_1")
    await late

    assert (moved, [event.event_id for event in await QuarantinedEvent.all()]) == (1, ["evt_late"])
    assert await inbox.release("acct_1") == 1
    assert (await QuarantinedEvent.all().count(), await StripeEvent.all().count()) == (0, 2)
