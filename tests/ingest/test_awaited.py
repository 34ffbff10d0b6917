"""Clicks that somebody named before they were there: found when they turn up, and no burden when they never do."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from starlette.applications import Starlette
from tortoise.transactions import in_transaction

from api.settings import Settings
from ingest import ids, settler
from ingest.clicks import COLUMNS, Seen
from ingest.models.evidence import Click
from ingest.models.facts import Lookup, Subject, SubjectKind
from ingest.models.people import Lead
from ingest.settle import due, lookups
from ingest.settle.scope import Scope, wait_for_lease
from ingest.settler import Settler, settle_everything
from ingest.spool import Spool
from tests import statistics, story
from tests.story import Story

OLD = timedelta(days=30)
FOREIGN = 20_000


def never() -> bool:
    """No thorough look."""
    return False


def moment(back: timedelta) -> datetime:
    return datetime.now(UTC) - back


def named(back: timedelta) -> str:
    return ids.click_id(moment(back).timestamp())


async def waiting_for(tale: Story, *clicks: str) -> None:
    """Leads that name these clicks, settled."""
    for click in clicks:
        await tale.lead(f"user_{click}", click)
    await settle_everything()
    assert await found() == set()


async def found() -> set[str]:
    """The clicks that leads have by now."""
    return {lead.click_id for lead in await Lead.all() if lead.click_id}


async def until_found(*clicks: str) -> None:
    async with asyncio.timeout(20):
        while await found() != set(clicks):  # noqa: ASYNC110  # a settler beside this task is at it
            await asyncio.sleep(0.05)


@asynccontextmanager
async def running(loop: Settler) -> AsyncIterator[None]:
    task = asyncio.create_task(loop.run())
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@pytest.mark.parametrize("back", [timedelta(minutes=-50), timedelta(), timedelta(hours=1), timedelta(hours=47)], ids=str)
async def test_a_click_that_turns_up_near_its_time_is_found_by_any_look(database: str, back: timedelta) -> None:
    tale, click = await story.begin(), named(back)
    await waiting_for(tale, click)

    await tale.click_with(click, at=moment(back))
    await settle_everything(never)

    assert await found() == {click}


async def test_a_click_that_turns_up_long_after_its_time_takes_a_thorough_look(database: str) -> None:
    tale, click = await story.begin(), named(OLD)
    await waiting_for(tale, click)
    await tale.click_with(click, at=moment(OLD))

    await settle_everything(never)
    before = await found()
    await settle_everything()

    assert (before, await found()) == (set(), {click})


async def test_a_pass_that_does_not_end_looks_thoroughly_as_soon_as_it_should(database: str) -> None:
    tale, click, asked = await story.begin(), named(OLD), iter([False, False])
    await waiting_for(tale, click)
    await tale.click_with(click, at=moment(OLD))
    await tale.lead("user_new")

    await settle_everything(lambda: next(asked, True))

    assert await found() == {click}


async def test_an_old_click_out_of_the_spool_has_a_running_server_look_thoroughly(
    app: Starlette, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settler, "THOROUGH_S", 0.5)
    tale, stored, spooled = await story.begin(), named(OLD), named(2 * OLD)
    await waiting_for(tale, stored, spooled)
    await asyncio.sleep(0.6)  # its start is over

    await tale.click_with(stored, at=moment(OLD))
    await asyncio.sleep(1.5)  # a poll
    before = await found()
    _spool(tale, Path(settings.spool), spooled, at=moment(2 * OLD))
    await until_found(stored, spooled)

    assert before == set()


def _spool(tale: Story, folder: Path, click: str, *, at: datetime) -> None:
    seen = Seen(id=click, workspace_id=tale.link.workspace_id, link_id=tale.link.id, clicked_at=at, url=tale.link.url)
    spool = Spool(folder)
    spool.append([{name: getattr(seen, name) for name in COLUMNS}])
    spool.close()


async def test_an_old_click_that_was_committed_while_no_settler_ran_is_found_at_the_start(database: str) -> None:
    tale, click = await story.begin(), named(OLD)
    await waiting_for(tale, click)
    await tale.click_with(click, at=moment(OLD))

    async with running(Settler()):
        await until_found(click)


@pytest.mark.parametrize("engine", ["postgres"], indirect=True)
async def test_an_old_click_is_looked_for_until_the_settler_of_another_process_lets_go(database: str) -> None:
    tale, click = await story.begin(), named(OLD)
    await waiting_for(tale, click)
    await tale.click_with(click, at=moment(OLD))

    async with running(Settler(poll_seconds=0.05)):
        async with in_transaction() as other:
            await wait_for_lease(other, Scope(tale.workspace.id, livemode=False))
            await asyncio.sleep(0.5)
            before = await found()
        await until_found(click)

    assert before == set()


async def test_what_nobody_told_of_is_found_within_the_hour(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settler, "THOROUGH_S", 0.4)
    monkeypatch.setattr(settler, "EVERY_S", 4.0)
    tale, click = await story.begin(), named(OLD)
    await waiting_for(tale, click)

    async with running(Settler(poll_seconds=0.05)):
        await asyncio.sleep(0.6)
        await tale.click_with(click, at=moment(OLD))
        await asyncio.sleep(0.2)
        before = await found()
        await until_found(click)

    assert before == set()


async def test_after_a_database_was_away_the_look_is_thorough(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settler, "THOROUGH_S", 0.4)
    tale, click, anywhere = await story.begin(), named(OLD), due.anywhere
    await waiting_for(tale, click)

    async def away(**_: object) -> None:
        raise OSError

    async with running(Settler(poll_seconds=0.05)):
        await asyncio.sleep(0.6)
        monkeypatch.setattr(due, "anywhere", away)
        await tale.click_with(click, at=moment(OLD))
        await asyncio.sleep(0.2)
        monkeypatch.setattr(due, "anywhere", anywhere)
        await until_found(click)


async def test_ids_of_another_maker_that_never_turn_up_are_not_even_read(database: str, engine: str) -> None:
    tale = await story.begin()
    await _named_by_old_payments(tale)
    every, mine = lookups.arrived(thorough=False), f"l.workspace_id = {tale.workspace.id} AND l.livemode = false"

    for look in (every, f"{every} AND {mine}"):
        assert await statistics.looked_at(f"SELECT l.id FROM {look}") < FEW[engine]
    assert await statistics.looked_at(f"SELECT l.id FROM {lookups.arrived(thorough=True)}") >= FOREIGN


FEW = {"sqlite": 200, "postgres": 1}
"""Steps of SQLite's machine, and rows that PostgreSQL's nodes looked at."""


async def _named_by_old_payments(tale: Story) -> None:
    """As many look-ups as a site of another product brings, and clicks enough that nobody would read them all."""
    rng = random.Random(1)
    payment = await Subject.create(id="pay_old", kind=SubjectKind.PAYMENT, dirty=False, workspace_id=tale.workspace.id, livemode=False)
    of_it = {"subject_id": payment.id, "workspace_id": tale.workspace.id, "livemode": False, "awaited": True}
    foreign = {"click:z" + "".join(rng.choices(ids.ALPHABET, k=15)) for _ in range(FOREIGN)}
    await Lookup.bulk_create([Lookup(key=key, **of_it) for key in foreign], batch_size=2_000)
    its = {"workspace_id": tale.workspace.id, "link_id": tale.link.id, "url": tale.link.url}
    at = datetime.now(UTC)
    await Click.bulk_create([Click(id=ids.click_id(at.timestamp()), clicked_at=at, **its) for _ in range(2_000)], batch_size=1_000)
    await statistics.take()


async def test_a_look_that_is_not_thorough_uses_the_index_of_beginnings(database: str, engine: str) -> None:
    tale = await story.begin()
    await _named_by_old_payments(tale)

    explain = "EXPLAIN QUERY PLAN" if engine == "sqlite" else "EXPLAIN"
    _, rows = await Lookup._meta.db.execute_query(f"{explain} SELECT l.id FROM {lookups.arrived(thorough=False)}")

    assert "lookup_awaited_click" in "\n".join(" ".join(map(str, tuple(row))) for row in rows)
