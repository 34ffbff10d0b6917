"""The real `clickledger serve`, started as people start it, killed, and started again: every acknowledged fact is there, and the ledger."""

import asyncio
from pathlib import Path

from tests.crash import audit
from tests.crash.traffic import Traffic
from tests.server import Server


async def test_a_server_that_is_killed_and_started_again_holds_every_acknowledged_fact(
    server: Server, database_url: str, sqlite_template: Path
) -> None:
    """Clicks, leads, sales, and bodies of the oldest shapes (2016) and the newest (2026)."""
    await audit.link(database_url)
    traffic = Traffic()
    traffic.begin(10)
    await traffic.everything(server.url)

    await asyncio.to_thread(server.kill)
    lost = await audit.lost(database_url, server.folder, traffic)
    await asyncio.to_thread(server.start)
    await audit.settled(database_url, server.folder)

    assert {kind: len(names) for kind, names in traffic.acknowledged.items()} == {"click": 10, "event": 44, "lead": 4, "sale": 2}
    assert lost == []
    assert await audit.differences(database_url, traffic, sqlite_template) == []
