"""Visitors: the same within a day and an hour, unlinkable after, and the same to every process."""

from datetime import UTC, datetime, timedelta

import pytest
from tortoise import Tortoise

from ingest import visitors
from ingest.ids import click_time_ms
from ingest.models.evidence import VisitorKey
from ingest.visitors import DailyKeys

TODAY = datetime.now(UTC).date()


async def test_a_days_key_is_one_for_every_process_and_another_tomorrow(database: str) -> None:
    one, other = DailyKeys(), DailyKeys()

    assert await one.key(TODAY) == await other.key(TODAY)
    assert await one.key(TODAY) != await one.key(TODAY + timedelta(days=1))


async def test_an_old_key_is_destroyed_when_a_new_day_comes(database: str) -> None:
    keys = DailyKeys()
    await keys.key(TODAY)

    await keys.key(TODAY + timedelta(days=2))

    assert [row.day for row in await VisitorKey.all()] == [str(TODAY + timedelta(days=2))]
    assert len(keys._known) == 1


async def test_a_day_that_an_importer_speaks_of_has_a_key_and_leaves_no_row(database: str) -> None:
    keys = DailyKeys()

    past = [await keys.key(TODAY - timedelta(days=days)) for days in (100, 100, 101)]

    assert past[0] == past[1] != past[2]
    assert [row.day for row in await VisitorKey.all()] == [str(TODAY)]


async def test_a_database_that_is_away_stops_nobody_and_is_asked_again(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = DailyKeys()
    await Tortoise.get_connection(VisitorKey._meta.db.connection_name).execute_script("ALTER TABLE visitor_key RENAME TO away")
    alone = [await keys.key(TODAY) for _ in range(2)]

    await Tortoise.get_connection(VisitorKey._meta.db.connection_name).execute_script("ALTER TABLE away RENAME TO visitor_key")
    monkeypatch.setattr(visitors, "RETRY_SECONDS", 0.0)

    assert alone[0] == alone[1] == await keys.key(TODAY) == await DailyKeys().key(TODAY)


def test_an_hours_clicks_of_one_visitor_on_one_link_have_one_id_that_carries_the_hour() -> None:
    key, at = b"k" * 32, datetime(2026, 5, 4, 10, 0, tzinfo=UTC)
    who = visitors.visitor(key, "203.0.113.7", "agent")

    first = visitors.hourly_click_id(key, "link_1", who, at)
    same = visitors.hourly_click_id(key, "link_1", who, at + timedelta(minutes=59, seconds=59))
    others = {
        visitors.hourly_click_id(key, "link_1", who, at + timedelta(hours=1)),
        visitors.hourly_click_id(key, "link_2", who, at),
        visitors.hourly_click_id(key, "link_1", visitors.visitor(key, "203.0.113.8", "agent"), at),
        visitors.hourly_click_id(b"j" * 32, "link_1", who, at),
    }

    assert first == same
    assert len(others | {first}) == 5
    assert click_time_ms(first) == at.timestamp() * 1_000
