"""Subscriptions over the ends of servers: nothing lost and nothing twice, and what one process settles the others hear."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests import talking
from tests.conftest import TEST_KEY, unstarted
from tests.server import Server
from tests.talking import CHANGE, CLICKS, talk


@pytest.fixture
def second(engine: str, server: Server, database_url: str, tmp_path: Path) -> Iterator[Server]:
    """Another process on the same PostgreSQL."""
    if engine == "sqlite":
        pytest.skip("SQLite is for one process")
    folder = tmp_path / "second"
    folder.mkdir()
    running = unstarted(folder, database_url).start()
    yield running
    if running.process is not None:
        running.kill()


def minor(event: dict) -> str:  # type: ignore[type-arg]  # what JSON gave
    figure: str = event["sale"]["net"]["original"]["minor"]
    return figure


async def test_over_a_kill_and_a_restart_nothing_is_lost_and_nothing_comes_twice(server: Server) -> None:
    amounts = [str(amount) for amount in range(100, 112)]
    heard: list[str] = []
    async with talk(server.url, TEST_KEY) as talking_:
        await talking_.subscribe(CHANGE)
        for amount in amounts[:6]:
            await talking.sale(server.url, TEST_KEY, int(amount), who=amount)
        for _ in range(3):  # the other three are on their way when the server dies
            event = await talking_.event()
            heard.append(minor(event))
        server.kill()
    server.start()
    for amount in amounts[6:]:
        await talking.sale(server.url, TEST_KEY, int(amount), who=amount)
    async with talk(server.url, TEST_KEY) as talking_:
        await talking_.send(type="subscribe", id="1", payload={"query": CHANGE, "variables": {"after": event["cursor"]}})
        while len(heard) < len(amounts):
            heard.append(minor(await talking_.event()))

        assert sorted(heard) == amounts
        assert await talking_.silence()


async def test_what_one_process_settles_and_records_the_other_tells(server: Server, second: Server) -> None:
    await talking.link(server.url, TEST_KEY, "spring")
    async with talk(second.url, TEST_KEY) as talking_:
        await talking_.subscribe(CHANGE, name="sales")
        await talking.sale(server.url, TEST_KEY, 100)
        sold = await talking_.event()
        await talking_.subscribe(CLICKS, name="clicks")
        click = await talking.click(server.url, "spring")
        clicked = await talking_.event()

        assert minor(sold) == "100"
        assert clicked["clickId"] == click
        assert await talking_.silence(2.5)


async def test_a_stopped_server_ends_its_streams_and_sockets_at_once(server: Server) -> None:
    async with httpx2.AsyncClient(base_url=server.url, timeout=talking.PATIENCE) as caller, talk(server.url, TEST_KEY) as talking_:
        await talking_.subscribe(CHANGE)
        headers = {"accept": "text/event-stream", "authorization": f"Bearer {TEST_KEY}"}
        async with caller.stream("POST", "/graphql", json={"query": "subscription { saleChanged { kind } }"}, headers=headers) as answer:
            began = time.monotonic()
            stopping = asyncio.create_task(asyncio.to_thread(server.stop))
            await answer.aread()
            code = await talking_.end()

            assert (await stopping, code) == (0, 1012)
            assert time.monotonic() - began < 10
