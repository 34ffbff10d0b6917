"""Visitors: the same within a day and an hour, unlinkable after, and the same to every process of a machine."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from ingest import visitors
from ingest.ids import click_time_ms
from ingest.visitors import DailyKeys

TODAY = datetime.now(UTC).date()


def test_a_days_key_is_one_for_every_process_and_another_tomorrow(tmp_path: Path) -> None:
    one, other = DailyKeys(tmp_path), DailyKeys(tmp_path)

    assert one.key(TODAY) == other.key(TODAY)
    assert one.key(TODAY) != one.key(TODAY + timedelta(days=1))
    assert (tmp_path / f"visitors-{TODAY}.key").stat().st_mode & 0o777 == 0o600


def test_an_old_key_is_destroyed_when_a_new_day_comes(tmp_path: Path) -> None:
    keys = DailyKeys(tmp_path)
    keys.key(TODAY)

    keys.key(TODAY + timedelta(days=2))

    assert [path.name for path in tmp_path.iterdir()] == [f"visitors-{TODAY + timedelta(days=2)}.key"]
    assert len(keys._known) == 1


def test_a_day_that_an_importer_speaks_of_has_a_key_and_leaves_no_file(tmp_path: Path) -> None:
    keys = DailyKeys(tmp_path)

    past = [keys.key(TODAY - timedelta(days=days)) for days in (100, 100, 101)]

    assert past[0] == past[1] != past[2]
    assert [path.name for path in tmp_path.iterdir()] == [f"visitors-{TODAY}.key"]


def test_a_disk_that_takes_no_key_stops_nobody(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")

    keys = DailyKeys(tmp_path / "file")

    assert keys.key(TODAY) == keys.key(TODAY)


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
