"""The settler's loop: whom it tells, where it looks, and what it leaves to others."""

import asyncio
import contextvars
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from tortoise.transactions import in_transaction

from ingest import settler
from ingest.models.evidence import EventState, StripeEvent
from ingest.settle import batch, due
from ingest.settle.scope import Scope, wait_for_lease
from ingest.settler import FEW, GIVEN_WAY, LONGEST_REST_S, LONGEST_WAY_S, MANY, Settler, settle_everything, settle_here
from tests import story
from tests import stripe_events as stripe
from tests.story import Story


@asynccontextmanager
async def running(one: Settler) -> AsyncIterator[None]:
    loop = asyncio.create_task(one.run())
    try:
        yield
    finally:
        loop.cancel()
        with suppress(asyncio.CancelledError):
            await loop


async def nothing_waits(seconds: float = 20) -> None:
    async with asyncio.timeout(seconds):
        while await StripeEvent.filter(state=EventState.STORED).exists():  # noqa: ASYNC110  # the settler's own commit tells nobody here
            await asyncio.sleep(0.01)


def scope_of(tale: Story) -> Scope:
    return Scope(tale.workspace.id, livemode=False)


@pytest.mark.parametrize(
    ("rest", "waiting", "done", "took", "least", "most"),
    [
        (1, 0, 1, 0.05, 0.05, 0.2),
        (3, 0, 1, 0.05, 0.15, 0.3),
        (3, 0, FEW - 1, 60.0, LONGEST_REST_S, 0.5),
        (3, 0, FEW, 60.0, 0.0, 0.05),
        (1, MANY, FEW, 60.0, 0.0, 0.05),
        (1, MANY + 1, FEW, 0.05, GIVEN_WAY * 0.05, 0.4),
        (1, MANY + 1, 1, 60.0, LONGEST_WAY_S, 1.2),
    ],
    ids=[
        "after a small batch as long as it took",
        "or so many times as long",
        "never longer than a moment",
        "not after a large one",
        "nor while a few wait for an answer",
        "while many do, after any batch",
        "and never so long that it does not get on",
    ],
)
async def test_a_server_rests(rest: float, waiting: int, done: int, took: float, least: float, most: float) -> None:
    began = time.monotonic()

    await Settler(rest=rest, waiting=lambda: waiting)._settled(done, took)

    assert least <= time.monotonic() - began + 0.001
    assert time.monotonic() - began < most + 0.5 * (least > 0)


async def test_who_follows_is_told_after_each_batch_and_not_when_nothing_is_left(database: str) -> None:
    tale, told = await story.begin(), list[int]()

    async def settled(done: int, _seconds: float) -> None:
        told.append(done)
        if len(told) == 1:  # something came while the first one was settled
            await tale.hear(stripe.session_completed("cs_2"))

    await tale.hear(stripe.session_completed("cs_1"))
    total = await settle_everything(settled=settled)

    assert len(told) > 1
    assert sum(told) == total
    assert sorted(sale["session_id"] for sale in (await tale.settled()).sales) == ["cs_1", "cs_2"]


async def test_who_names_what_was_stored_has_that_settled_and_nobody_looks_anywhere_else(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tale, mine, looks, anywhere = await story.begin(), Settler(poll_seconds=60), list[float](), due.anywhere

    async def counted(*, thorough: bool = True) -> list[Scope]:
        looks.append(time.monotonic())
        return await anywhere(thorough=thorough)

    monkeypatch.setattr(due, "anywhere", counted)
    async with running(mine):
        for number in range(3):
            await tale.hear(stripe.session_completed(f"cs_{number}"))
            mine.wake(scope_of(tale))
            await nothing_waits()
        named = len(looks)
        mine.wake()
        async with asyncio.timeout(20):
            while len(looks) == named:  # noqa: ASYNC110  # as above
                await asyncio.sleep(0.01)

    assert named <= 2  # at the start, and once more where that found something


async def test_what_nobody_told_of_is_found_by_the_poll_however_often_others_are_named(database: str) -> None:
    tale, mine = await story.begin(), Settler(poll_seconds=0.2)
    elsewhere = Scope(tale.workspace.id, livemode=True)

    async with running(mine):
        await asyncio.sleep(0.05)
        await tale.hear(stripe.session_completed("cs_1"))
        async with asyncio.timeout(20):
            while await StripeEvent.filter(state=EventState.STORED).exists():
                mine.wake(elsewhere)
                await asyncio.sleep(0.01)


async def test_whether_something_waits_here_is_what_a_look_anywhere_says(database: str) -> None:
    tale = await story.begin()
    here, there = scope_of(tale), Scope(tale.workspace.id, livemode=True)
    before = [await due.here(here), await due.here(there)]

    await tale.hear(stripe.session_completed("cs_1"))

    assert before == [False, False]
    assert [await due.here(here), await due.here(there)] == [True, False]
    assert await due.anywhere() == [here]
    await settle_here(here)
    assert (await due.anywhere(), await due.here(here)) == ([], False)


@pytest.mark.parametrize("engine", ["postgres"], indirect=True)
async def test_who_has_the_lease_settles_what_another_process_stored_meanwhile(database: str) -> None:
    tale = await story.begin()
    await tale.hear(stripe.session_completed("cs_1"))

    another = contextvars.copy_context()  # outside of the transaction
    async with in_transaction() as connection:
        await wait_for_lease(connection, scope_of(tale))
        async with asyncio.timeout(20):
            refused = await asyncio.create_task(settle_here(scope_of(tale)), context=another)
    told: list[int] = []

    async def settled(done: int, _seconds: float) -> None:
        told.append(done)
        if len(told) == 1:
            await tale.hear(stripe.session_completed("cs_2"))

    await settle_here(scope_of(tale), settled=settled)

    assert refused == (0, False)
    assert [row.state for row in await StripeEvent.all()] == [EventState.SETTLED] * 2


async def test_nobody_waits_for_the_backlog_of_another(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settler, "TURN_S", 0)
    tale = await story.begin()
    many = {engine: 3 * size for engine, size in batch.BATCH.items()}[StripeEvent._meta.db.capabilities.dialect]
    for number in range(many):
        await tale.hear(stripe.event("customer.created", {"id": f"cus_{number}", "object": "customer"}))
    await tale.hear(stripe.session_completed("cs_1", livemode=True))

    async with running(Settler(poll_seconds=0.05)):
        await nothing_waits(60)

    last = await StripeEvent.filter(livemode=False).order_by("-settled_at").first()
    mine = await StripeEvent.get(livemode=True)
    assert last is not None
    assert last.settled_at is not None
    assert mine.settled_at is not None
    assert mine.settled_at < last.settled_at
