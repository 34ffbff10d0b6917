"""The spool: clicks on this machine's own disk while the database is away.

Append-only files of JSON lines, synced before the visitor is sent on. A file belongs to the process that holds its lock; when that
process lets go of it, or is gone, any may drain it. What is drained twice is stored once, because a click's id is its name.
"""

import fcntl
import logging
import os
import secrets
import threading
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

import orjson

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Segment:
    """One file of the spool that nobody writes to any more, locked by us."""

    path: Path
    rows: tuple[dict[str, Any], ...]
    damaged: bool
    """It holds lines that nobody can read."""

    def remove(self) -> None:
        """Take the file out of the spool; a damaged one stays beside it, for a person."""
        if self.damaged:
            self.path.rename(self.path.with_suffix(".damaged"))
        else:
            self.path.unlink(missing_ok=True)

    def put_aside(self, row: Mapping[str, Any]) -> None:
        """Keep a row that the database will never take where a person finds it."""
        with (self.path.parent / "refused.jsonl").open("ab") as refused:
            refused.write(orjson.dumps(row) + b"\n")
            refused.flush()
            os.fsync(refused.fileno())
        _log.error("a spooled click was refused and put aside: %s", row.get("id"))


def forget(folder: Path, click_ids: Collection[str]) -> None:
    """Take these clicks out of what was put aside. What waits in the spool is on its way to the database, and is seen to there."""
    path = folder / "refused.jsonl"
    if not path.exists():
        return
    lines = path.read_bytes().splitlines(keepends=True)
    kept = [line for line in lines if not any(click_id.encode() in line for click_id in click_ids)]
    if len(kept) != len(lines):
        beside = path.with_name("refused.new")
        beside.write_bytes(b"".join(kept))
        beside.replace(path)


class Spool:
    """The spool of one process, in a folder that it may share with others."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._file: BinaryIO | None = None
        self._lock = threading.Lock()

    def append(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Returns when the rows are on the disk.

        Raises:
            OSError: the disk would not take them.
        """
        text = b"".join(orjson.dumps(row) + b"\n" for row in rows)
        with self._lock:
            self._file = self._file or _opened(self.folder)
            try:
                _write(self._file, text)
            except OSError:
                self._let_go()  # what was half written ends its file: a torn last line is passed over
                raise

    def waiting(self) -> list[Path]:
        """The files that wait, oldest first: ours and those of other processes."""
        return sorted(self.folder.glob("clicks-*.jsonl"))

    def close(self) -> None:
        """Let go of our file: it stays, any process may drain it, and the next `append` begins a new one."""
        with self._lock:
            self._let_go()

    def _let_go(self) -> None:
        if self._file is not None:
            self._file.close()
        self._file = None


@contextmanager
def claimed(path: Path) -> Iterator[Segment | None]:
    """The file at `path`, locked for the length of the block; None where another process has it, or had it."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        yield None
        return
    with file:
        yield _read(path, file) if _locked(file) and path.exists() else None


def _locked(file: BinaryIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _opened(folder: Path) -> BinaryIO:
    """A new file of ours, locked before it has the name by which others find it."""
    folder.mkdir(parents=True, exist_ok=True)
    name = f"clicks-{time.time_ns():020}-{secrets.token_hex(4)}"
    file = (folder / f"{name}.new").open("xb", buffering=0)
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    (folder / f"{name}.new").rename(folder / f"{name}.jsonl")
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return file


def _write(file: BinaryIO, text: bytes) -> None:
    if file.write(text) != len(text):
        raise OSError("the disk took a part of it")
    os.fsync(file.fileno())


def _read(path: Path, file: BinaryIO) -> Segment:
    *lines, torn = file.read().split(b"\n")
    if torn:
        _log.warning("a torn line of %d bytes was never acknowledged and is passed over", len(torn))
    rows = [_row(line) for line in lines]
    return Segment(path, tuple(row for row in rows if row is not None), damaged=None in rows)


def _row(line: bytes) -> dict[str, Any] | None:
    try:
        row = orjson.loads(line)
        return {**row, "clicked_at": datetime.fromisoformat(row["clicked_at"])}
    except (ValueError, KeyError, TypeError):
        _log.exception("a line of the spool cannot be read")
        return None
