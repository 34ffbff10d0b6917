"""The settler's loop: whom it tells, and what it leaves to others."""

import time

import pytest

from ingest.settler import FEW, LONGEST_REST_S, Settler, settle_everything
from tests import story
from tests import stripe_events as stripe


@pytest.mark.parametrize(
    ("rest", "done", "took", "least", "most"),
    [(1, 1, 0.05, 0.05, 0.2), (3, 1, 0.05, 0.15, 0.3), (3, FEW - 1, 60.0, LONGEST_REST_S, 0.5), (3, FEW, 60.0, 0.0, 0.05)],
    ids=["after a small batch as long as it took", "or so many times as long", "never longer than a moment", "not after a large one"],
)
async def test_a_server_rests(rest: float, done: int, took: float, least: float, most: float) -> None:
    began = time.monotonic()

    await Settler(rest=rest)._settled(done, took)

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
