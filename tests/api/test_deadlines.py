"""Deadlines: whatever takes too long is stopped, and nothing else is."""

import asyncio

import pytest

from api.deadlines import Deadlines


async def test_what_takes_too_long_is_stopped_and_what_ends_in_time_is_not() -> None:
    deadlines, ended = Deadlines(0.05), list[str]()

    async def block(name: str, seconds: float) -> None:
        try:
            async with deadlines.within():
                await asyncio.sleep(seconds)
            ended.append(name)
        except TimeoutError:
            ended.append(f"{name} late")

    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        for name, seconds in (("a", 60), ("b", 0), ("c", 60)):
            group.create_task(block(name, seconds))
    await block("d", 60)

    assert ended == ["b", "a late", "c late", "d late"]


async def test_one_who_is_cancelled_by_others_is_not_told_of_a_deadline() -> None:
    deadlines = Deadlines(60)

    async def block() -> None:
        async with deadlines.within():
            await asyncio.sleep(60)

    task = asyncio.create_task(block())
    await asyncio.sleep(0)
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task


async def test_an_error_of_the_block_stays_what_it_is() -> None:
    with pytest.raises(KeyError):
        async with Deadlines(60).within():
            raise KeyError
