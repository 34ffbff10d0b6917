"""The server dies at every named commit boundary and at random moments under load; nothing that was acknowledged is lost."""

import asyncio
import random

from tests.crash.boundaries import CAPTURE, COMPACT, SETTLE
from tests.crash.conftest import Installation
from tests.crash.table import rounds

COMMITS = [*CAPTURE, *SETTLE, *COMPACT]
LIVES_AT_MOST = 40
CALM_FROM = 4
"""From here on a server settles each thing before it hears the next: payments that are one are told of apart, and merge."""


async def test_a_kill_at_any_commit_boundary_loses_nothing_and_changes_no_row(installation: Installation) -> None:
    reached: set[str] = set()

    for number in range(rounds(short=1, long=3)):
        for name in random.Random(number).sample(COMMITS, len(COMMITS)):
            if await killed_at(installation, name, passing=1 + number % 4):
                reached.add(name)

    await installation.recover()
    await installation.prove("killed at a commit boundary")
    assert reached == set(COMMITS)


async def killed_at(installation: Installation, name: str, *, passing: int) -> bool:
    """Load the server until it comes to the boundary."""
    await installation.start(name, passing)
    for number in range(LIVES_AT_MOST):
        if await installation.died(within=0.02):
            return True
        installation.traffic.begin()
        answered = await (installation.traffic.flow(installation.server.url) if number < CALM_FROM else installation.trickle())
        if await installation.died(within=0.4 if answered else 5.0):
            return True
    await installation.kill()
    return False


async def test_a_kill_at_any_moment_under_load_loses_nothing_and_changes_no_row(installation: Installation) -> None:
    moments = random.Random(1)

    for _ in range(rounds(short=8, long=40)):
        await installation.start()
        installation.traffic.begin(6)
        flowing = asyncio.create_task(installation.traffic.flow(installation.server.url))
        await asyncio.sleep(moments.uniform(0.0, 1.2))
        await installation.kill()
        await flowing

    await installation.recover()
    await installation.prove("killed at a random moment")
