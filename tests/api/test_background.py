"""Background loops end when the server does, whatever they wait for."""

import asyncio

from api.background import Background


async def test_a_loop_that_swallows_a_cancellation_is_cancelled_again() -> None:
    swallowed = 0

    async def stubborn() -> None:
        nonlocal swallowed
        while True:
            try:
                await asyncio.sleep(3_600)
            except asyncio.CancelledError:
                if swallowed:
                    raise
                swallowed += 1

    async with asyncio.timeout(10), Background().running({"stubborn": stubborn}):
        await asyncio.sleep(0)

    assert swallowed == 1
