"""Deliveries: events that are handed in at the same time are stored by the group, and each is answered only after its commit.

A group starts when the last one has ended and nobody else is on the way, with no timer: whoever comes alone waits for nobody.
"""

import asyncio

from tortoise.exceptions import IntegrityError

from ingest import inbox, turns
from ingest.inbox import Incoming, Outcome

PATIENCE_SECONDS = 10.0
"""How long a group waits for the database: others wait behind it."""
_Waiting = tuple[Incoming, "asyncio.Future[Outcome]"]


class Deliveries:
    """One for each process."""

    def __init__(self) -> None:
        self._waiting: list[_Waiting] = []
        self._storing: asyncio.Task[None] | None = None
        self.unanswered = 0
        """How many wait for an answer now."""

    async def store(self, event: Incoming) -> Outcome:
        """Returns once the event is committed, and raises what the database said where it is not."""
        done: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._waiting.append((event, done))
        if self._storing is None or self._storing.done():
            self._storing = asyncio.create_task(self._store_all())
        self.unanswered += 1
        try:
            return await done
        finally:
            self.unanswered -= 1

    async def _store_all(self) -> None:
        while self._waiting:
            await turns.quiet(self._waiting, inbox.GROUP)
            group, self._waiting = self._waiting[: inbox.GROUP], self._waiting[inbox.GROUP :]
            wanted = [each for each in group if not each[1].done()]  # who has gone comes again
            try:
                await _stored(wanted)
            finally:
                for _, done in wanted:
                    done.cancel()  # those that have an answer keep it


async def _stored(group: list[_Waiting]) -> None:
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            outcomes = await inbox.store_all([event for event, _ in group]) if group else []
    except IntegrityError as error:
        if len(group) == 1:
            _fail(group, error)
        for each in group if len(group) > 1 else ():  # one of them cannot be kept: the others can
            await _stored([each])
    except Exception as error:
        _fail(group, error)
    else:
        for (_, done), outcome in zip(group, outcomes, strict=True):
            if not done.done():
                done.set_result(outcome)


def _fail(group: list[_Waiting], error: Exception) -> None:
    for _, done in group:
        if not done.done():
            done.set_exception(error)
