"""Clicks for who listens: each once, whichever way it was heard of, the late ones too."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from ingest import arrivals, clicks
from ingest.arrivals import Arrivals, Arrived
from ingest.errors import Overrun
from ingest.models.workspace import Link
from tests import capturing

HOUR = timedelta(hours=1)


@pytest.fixture
async def link(database: str) -> Link:
    return await capturing.link()


@pytest.fixture
async def listening(database: str) -> AsyncIterator[Arrivals]:
    made = Arrivals(poll_seconds=0.05)
    running = asyncio.create_task(made.run())
    yield made
    running.cancel()


def told(click: clicks.Seen) -> Arrived:
    return Arrived(click.workspace_id, click.id, click.clicked_at)


async def heard(listening: Arrivals, link: Link) -> tuple[AsyncIterator[list[str]], "asyncio.Future[list[str]]"]:
    """What is followed, and the first that comes."""
    following = listening.follow(link.workspace_id)
    first = asyncio.ensure_future(anext(following))
    await asyncio.sleep(0.2)
    return following, first


async def test_a_click_of_another_process_is_found_once_and_one_from_before_is_not(listening: Arrivals, link: Link) -> None:
    await clicks.insert([capturing.seen(link)])
    following, first = await heard(listening, link)

    click = capturing.seen(link)
    await clicks.insert([click])

    assert await asyncio.wait_for(first, 5) == [click.id]
    listening.stored([told(click)])
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(anext(following), 0.3)


async def test_a_late_click_is_told_and_passed_on_by_name(listening: Arrivals, link: Link) -> None:
    passed: list[Arrived] = []
    listening.on_late = passed.extend
    _, first = await heard(listening, link)
    late, fresh = capturing.seen(link, clicked_at=datetime.now(UTC) - HOUR), capturing.seen(link)

    listening.stored([told(late), told(fresh)])

    assert await asyncio.wait_for(first, 5) == [late.id, fresh.id]
    assert passed == [told(late)]


async def test_a_listener_who_falls_too_far_behind_is_told_so(listening: Arrivals, link: Link, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrivals, "BACKLOG", 3)
    following, first = await heard(listening, link)
    listening.stored([told(capturing.seen(link))])
    await asyncio.wait_for(first, 5)

    for _ in range(4):
        listening.stored([told(capturing.seen(link))])

    with pytest.raises(Overrun):
        await anext(following)
