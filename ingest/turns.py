"""Turns of the event loop: who writes for many at once waits until nobody else is on the way, and by no timer."""

import asyncio
from collections.abc import Sized

QUIET = 4
"""Turns without anybody new. From its first byte to its place in the queue a request takes some three."""
MOST = 32
"""Turns in all: under a load that never pauses, whoever came first is not kept waiting for the last."""


async def quiet(waiting: Sized, enough: int) -> None:
    """Return once for QUIET turns nobody joined those who wait, or there are enough. A turn in which nothing happens takes microseconds."""
    still, before = 0, len(waiting)
    for _ in range(MOST):
        if still == QUIET or before >= enough:
            return
        await asyncio.sleep(0)
        still = still + 1 if len(waiting) == before else 0
        before = len(waiting)
