"""Clicks: committed before anybody hears of it, grouped, and never lost while the database is away."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ingest import clicks, ids
from ingest.clicks import Kept, Recorder
from ingest.models.evidence import Click
from ingest.spool import Spool, claimed
from tests import capturing


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "spool")


@pytest.fixture
async def recorder(database: str, spool: Spool) -> AsyncIterator[Recorder]:
    recorder = Recorder(spool)
    await recorder.start()
    yield recorder
    await recorder.stop()


async def test_a_click_is_in_the_database_when_record_returns_with_every_column(recorder: Recorder) -> None:
    link = await capturing.link()
    columns = {
        **dict.fromkeys(("region", "device"), "x"),
        **dict.fromkeys(("city", "browser", "os", "referer", "referer_url"), "\ue0000000é"),
        **dict.fromkeys(("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content"), "'; DROP TABLE click; --"),
        "visitor": "v" * 32,
        "anonymous_id": "anon_1",
        "country": "DE",
        "trigger": "qr",
        "bot": True,
    }
    click = capturing.seen(link, **columns)

    kept = await recorder.record(click)

    stored = await Click.get(id=click.id)
    assert kept is Kept.STORED
    assert {name: getattr(stored, name) for name in clicks.COLUMNS} == {name: getattr(click, name) for name in clicks.COLUMNS}


async def test_many_clicks_at_once_are_few_statements(recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    link = await capturing.link()
    groups = []
    insert = clicks.insert

    async def counted(group: list[clicks.Seen]) -> list[str]:
        groups.append(len(group))
        return await insert(group)

    monkeypatch.setattr(clicks, "insert", counted)
    await asyncio.gather(*(recorder.record(capturing.seen(link)) for _ in range(1_200)))

    assert await Click.all().count() == sum(groups) == 1_200
    assert len(groups) <= 4


async def test_the_same_id_again_is_one_click_as_it_was_first(recorder: Recorder) -> None:
    link = await capturing.link()
    click_id = ids.click_id()

    await recorder.record(capturing.seen(link, id=click_id, country="DE"))
    await recorder.record(capturing.seen(link, id=click_id, country="FR"))

    assert [click.country for click in await Click.all()] == ["DE"]


async def test_a_stop_stores_what_is_waiting(database: str, spool: Spool) -> None:
    link = await capturing.link()
    recorder = Recorder(spool)
    await recorder.start()

    waiting = [asyncio.create_task(recorder.record(capturing.seen(link))) for _ in range(10)]
    await asyncio.sleep(0)
    await recorder.stop()

    assert await asyncio.gather(*waiting) == [Kept.STORED] * 10
    assert await Click.all().count() == 10


async def test_while_the_database_is_away_clicks_wait_in_the_spool_and_come_back_once(
    recorder: Recorder, spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = await capturing.link()

    with capturing.database_away(monkeypatch):
        kept = await asyncio.gather(*(recorder.record(capturing.seen(link)) for _ in range(20)))
        during = await recorder.drain()
    drained = await recorder.drain()
    after = await recorder.record(capturing.seen(link))

    assert set(kept) == {Kept.SPOOLED}
    assert (during, drained, after) == (0, 20, Kept.STORED)
    assert await Click.all().count() == 21
    assert spool.waiting() == []


async def test_a_click_that_was_committed_and_not_acknowledged_is_one_row_after_the_drain(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = await capturing.link()
    insert = clicks.insert

    async def lost_answer(group: list[clicks.Seen]) -> None:
        await insert(group)
        raise ConnectionResetError

    with monkeypatch.context() as patched:
        patched.setattr(clicks, "insert", lost_answer)
        kept = await recorder.record(capturing.seen(link))
    await recorder.drain()

    assert kept is Kept.SPOOLED
    assert await Click.all().count() == 1


async def test_a_database_that_does_not_answer_keeps_no_visitor_waiting(recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    link = await capturing.link()

    async def hang(group: list[clicks.Seen]) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(clicks, "PATIENCE_S", 0.05)
    with monkeypatch.context() as patched:
        patched.setattr(clicks, "insert", hang)
        kept = await asyncio.wait_for(recorder.record(capturing.seen(link)), 5)

    assert kept is Kept.SPOOLED


async def test_what_a_dead_process_left_is_stored_at_the_next_start_and_its_waiters_are_woken(database: str, spool: Spool) -> None:
    link = await capturing.link()
    dead = Spool(spool.folder)
    click = capturing.seen(link)
    dead.append([{name: getattr(click, name) for name in clicks.COLUMNS}])
    dead.close()
    woken = asyncio.Event()

    recorder = Recorder(spool, on_late=woken.set)
    await recorder.start()
    await asyncio.wait_for(woken.wait(), 5)
    await recorder.stop()

    assert await Click.exists(id=click.id)


async def test_a_click_that_the_database_refuses_by_itself_blocks_no_other(recorder: Recorder, spool: Spool) -> None:
    link = await capturing.link()
    good, bad = capturing.seen(link), capturing.seen(link, id="0" * 16)
    orphan = clicks.Seen(**{**{name: getattr(bad, name) for name in clicks.COLUMNS}, "link_id": "link_nowhere"})

    kept = await asyncio.gather(recorder.record(good), recorder.record(orphan))
    await recorder.drain()

    assert set(kept) == {Kept.SPOOLED}
    assert [click.id for click in await Click.all()] == [good.id]
    assert orphan.id in (spool.folder / "refused.jsonl").read_text()


async def test_with_neither_database_nor_disk_the_click_is_told_lost(
    recorder: Recorder, spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = await capturing.link()

    def full(rows: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(spool, "append", full)
    with capturing.database_away(monkeypatch):
        kept = await recorder.record(capturing.seen(link))

    assert kept is Kept.LOST


def test_a_claimed_file_that_is_gone_is_nobodys(tmp_path: Path) -> None:
    with claimed(tmp_path / "clicks-none.jsonl") as segment:
        assert segment is None
