"""Events that come together: stored by the group, each answered for itself."""

import asyncio
from collections.abc import Sequence

import pytest

from ingest import inbox, workspaces
from ingest.deliveries import Deliveries
from ingest.inbox import Incoming, Outcome
from ingest.models.evidence import StripeEvent
from ingest.models.privacy import ErasureKey
from tests.ingest.test_inbox import EVENT


async def incoming(event_id: str, account_id: int | None = None) -> Incoming:
    workspace = await workspaces.ensure_default()
    account = await workspaces.primary_account(workspace.id)
    return Incoming(
        body=b"{}", said=inbox.envelope(EVENT | {"id": event_id}), workspace_id=workspace.id, account_id=account_id or account.id
    )


async def test_those_that_come_while_a_group_is_stored_are_the_next_group(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    events, groups, store_all = [await incoming(f"evt_{number}") for number in range(9)], list[int](), inbox.store_all
    begun = asyncio.Event()

    async def counted(group: Sequence[Incoming]) -> list[Outcome]:
        groups.append(len(group))
        begun.set()
        await asyncio.sleep(0)
        return await store_all(group)

    monkeypatch.setattr(inbox, "store_all", counted)
    deliveries = Deliveries()
    first = asyncio.create_task(deliveries.store(events[0]))
    await begun.wait()
    outcomes = await asyncio.gather(first, *(deliveries.store(event) for event in events[1:]))

    assert outcomes == [Outcome.RECORDED] * 9
    assert groups == [1, 8]
    assert await StripeEvent.all().count() == 9


async def test_one_event_delivered_twice_at_once_is_recorded_once(database: str) -> None:
    event, deliveries = await incoming("evt_1"), Deliveries()

    outcomes = await asyncio.gather(*(deliveries.store(event) for _ in range(5)))
    again = await deliveries.store(event)

    assert sorted(outcome.value for outcome in outcomes) == ["duplicate"] * 4 + ["recorded"]
    assert again is Outcome.DUPLICATE
    assert await StripeEvent.all().count() == 1


async def test_an_event_that_cannot_be_kept_takes_no_other_with_it(database: str) -> None:
    deliveries = Deliveries()
    events = [await incoming("evt_1"), await incoming("evt_2", account_id=9_999), await incoming("evt_3")]

    outcomes = await asyncio.gather(*(deliveries.store(event) for event in events), return_exceptions=True)

    assert (outcomes[0], outcomes[2]) == (Outcome.RECORDED, Outcome.RECORDED)
    assert isinstance(outcomes[1], Exception)


async def test_while_the_database_is_away_each_is_told_so_and_the_next_is_tried(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    event, deliveries, store_all = await incoming("evt_1"), Deliveries(), inbox.store_all

    async def away(_: Sequence[Incoming]) -> list[Outcome]:
        raise OSError("away")

    monkeypatch.setattr(inbox, "store_all", away)
    refused = await asyncio.gather(*(deliveries.store(event) for _ in range(3)), return_exceptions=True)
    monkeypatch.setattr(inbox, "store_all", store_all)

    assert [type(each) for each in refused] == [OSError] * 3
    assert await deliveries.store(event) is Outcome.RECORDED


async def test_a_database_that_never_answers_holds_up_no_later_event(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    event, deliveries, store_all = await incoming("evt_1"), Deliveries(), inbox.store_all

    async def silent(_: Sequence[Incoming]) -> list[Outcome]:
        await asyncio.Event().wait()
        return []

    monkeypatch.setattr("ingest.deliveries.PATIENCE_SECONDS", 0.05)
    monkeypatch.setattr(inbox, "store_all", silent)
    [refused] = await asyncio.gather(deliveries.store(event), return_exceptions=True)
    monkeypatch.undo()

    assert inbox.store_all is store_all
    assert isinstance(refused, TimeoutError)
    assert await deliveries.store(event) is Outcome.RECORDED


async def test_where_somebody_was_erased_a_new_event_is_looked_through_and_a_second_is_no_news(database: str) -> None:
    event, deliveries = await incoming("evt_1"), Deliveries()
    await ErasureKey.create(workspace_id=event.workspace_id, secret="00" * 32)

    outcomes = [await deliveries.store(event), await deliveries.store(event)]

    assert outcomes == [Outcome.RECORDED, Outcome.DUPLICATE]
    assert await StripeEvent.all().count() == 1


async def test_who_waits_for_an_answer_is_counted_until_they_have_one_or_go(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    deliveries, held, store_all = Deliveries(), asyncio.Event(), inbox.store_all
    events = [await incoming("evt_1"), await incoming("evt_2", account_id=9_999), await incoming("evt_3"), await incoming("evt_4")]

    async def slowly(group: Sequence[Incoming]) -> list[Outcome]:
        await held.wait()
        return await store_all(group)

    monkeypatch.setattr(inbox, "store_all", slowly)
    waiting = [asyncio.create_task(deliveries.store(event)) for event in events]
    await asyncio.sleep(0.05)
    counted = [deliveries.unanswered]
    waiting[3].cancel()
    await asyncio.sleep(0)
    counted.append(deliveries.unanswered)
    held.set()
    await asyncio.gather(*waiting, return_exceptions=True)

    assert [*counted, deliveries.unanswered] == [4, 3, 0]
