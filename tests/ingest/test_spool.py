"""The spool: what it takes survives, whoever drains it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ingest import spool
from ingest.spool import Spool, claimed

AT = datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC)


def row(number: int) -> dict[str, Any]:
    return {"id": f"{number:016}", "clicked_at": AT, "url": "https://shop.example/\ue0000000"}


def rows(kept: Spool) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for path in kept.waiting():
        with claimed(path) as segment:
            found += segment.rows if segment else ()
    return found


def test_rows_come_back_as_they_went_in_and_in_order(tmp_path: Path) -> None:
    kept = Spool(tmp_path / "new" / "folder")

    kept.append([row(1), row(2)])
    kept.append([row(3)])
    kept.close()

    assert rows(kept) == [row(1), row(2), row(3)]


def test_a_file_that_its_process_still_writes_belongs_to_it_alone(tmp_path: Path) -> None:
    living, other = Spool(tmp_path), Spool(tmp_path)

    living.append([row(1)])
    during = rows(other)
    living.close()

    assert (during, rows(other)) == ([], [row(1)])


def test_a_torn_last_line_costs_none_of_the_lines_before_it(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    kept = Spool(tmp_path)
    kept.append([row(1), row(2)])
    kept.close()
    with kept.waiting()[0].open("ab") as file:
        file.write(b'{"id": "000')

    assert rows(kept) == [row(1), row(2)]
    assert "torn" in caplog.text


def test_a_full_disk_is_told_and_what_comes_after_it_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Spool(tmp_path)
    kept.append([row(1)])

    def full(file: Any, text: bytes) -> None:
        file.write(text[:10])
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(spool, "_write", full)
        with pytest.raises(OSError, match="No space"):
            kept.append([row(2)])
    kept.append([row(3)])
    kept.close()

    assert rows(kept) == [row(1), row(3)]


def test_a_line_that_nobody_can_read_stays_for_a_person_and_costs_no_other(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    kept = Spool(tmp_path)
    kept.append([row(1)])
    kept.close()
    with kept.waiting()[0].open("ab") as file:
        file.write(b"\x00\x00\x00\n")

    with claimed(kept.waiting()[0]) as segment:
        assert segment is not None
        segment.remove()

    assert segment.rows == (row(1),)
    assert [path.suffix for path in tmp_path.iterdir()] == [".damaged"]
