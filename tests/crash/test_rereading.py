"""A newer release reads the past again while it serves, dies in the middle of it, and the next goes on: no loss, and no row differs."""

import asyncio

from api.database import connected
from ingest import facts
from ingest.models.evidence import StripeEvent
from tests.crash import audit
from tests.crash.conftest import Installation

COMMITS_AT_MOST = 12


async def test_the_past_is_read_again_under_load_by_servers_of_which_one_dies_in_the_middle(installation: Installation) -> None:
    installation.traffic.begin(60)
    await installation.recover()
    await asyncio.to_thread(installation.server.stop)
    before = await unread(installation)
    installation.server.newer = True

    for passing in range(1, COMMITS_AT_MOST):  # the first batches may be of what came in
        await installation.start("settle.committed", passing)
        installation.traffic.begin(5)
        await installation.traffic.flow(installation.server.url)
        assert await installation.died(within=20)
        if (left := await unread(installation)) < before:
            break
    assert 0 < left < before

    await installation.start()
    installation.traffic.begin(5)
    await installation.traffic.everything(installation.server.url)
    async with asyncio.timeout(audit.SETTLE_SECONDS):
        while await unread(installation):  # noqa: ASYNC110  # another process
            await asyncio.sleep(0.1)
    await installation.settle()
    await installation.prove("read again by a newer parser, killed in its middle")


async def unread(installation: Installation) -> int:
    """Events of which no newer parser has read anything yet."""
    async with connected(installation.database_url):
        return await StripeEvent.filter(parser_version=facts.PARSER_VERSION).count()
