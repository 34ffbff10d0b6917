"""Who writes for many waits for those who are on the way, and for nobody else."""

import asyncio

import pytest

from ingest import turns


async def turns_taken(waiting: list[int], *, enough: int = 100, joining: int = 0, every: int = 1) -> int:
    """How many turns `quiet` takes while so many join, one each `every` turns."""
    ended, taken = asyncio.create_task(turns.quiet(waiting, enough)), 0
    while not ended.done():
        if len(waiting) <= joining and taken % every == 0:
            waiting.append(taken)
        taken += 1
        await asyncio.sleep(0)
    return taken


@pytest.fixture
async def alone() -> int:
    return await turns_taken([0])


async def test_who_is_alone_waits_a_few_turns(alone: int) -> None:
    assert alone <= turns.QUIET + 2


@pytest.mark.parametrize("every", [1, turns.QUIET])
async def test_those_who_are_on_the_way_are_waited_for(every: int, alone: int) -> None:
    waiting = [0]

    taken = await turns_taken(waiting, joining=5, every=every)

    assert len(waiting) == 6
    assert taken <= 5 * every + alone


async def test_no_more_are_waited_for_than_are_taken() -> None:
    assert await turns_taken([0, 0, 0], enough=3) == 1


async def test_a_stream_that_never_ends_keeps_nobody_waiting_for_ever(alone: int) -> None:
    assert turns.MOST <= await turns_taken([0], enough=10_000, joining=10_000) <= turns.MOST + 2
