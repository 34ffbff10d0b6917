"""Readers of SQLite: requests of one turn of the loop share a state, and whoever comes later sees what was written before."""

import asyncio
import sqlite3
from pathlib import Path

import pytest

from resolvers.plan.sqlite import Readers


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = sqlite3.connect(tmp_path / "a.sqlite3")
    made.executescript("PRAGMA journal_mode = WAL; CREATE TABLE one (number); INSERT INTO one VALUES (1)")
    made.close()
    return tmp_path / "a.sqlite3"


def write(path: Path, number: int) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE one SET number = ?", (number,))
    connection.close()


async def read(readers: Readers, text: str = "SELECT number FROM one") -> int:
    reader = readers.taken()
    ((number,),) = await reader.fetch(text, ())
    reader.release()
    return int(number)


async def test_a_reader_reads_alone_and_from_memory(path: Path) -> None:
    readers = Readers(str(path))

    set_to = [await read(readers, f"PRAGMA {name}") for name in ("query_only", "cache_size", "mmap_size", "busy_timeout")]

    assert set_to == [1, -16_000, 256 * 1024 * 1024, 0]


async def test_what_is_written_is_seen_from_the_next_turn_of_the_loop_on(path: Path) -> None:
    readers = Readers(str(path))

    before = await read(readers)
    write(path, 2)
    same_turn = await read(readers)
    await asyncio.sleep(0)
    next_turn = await read(readers)

    assert (before, same_turn, next_turn) == (1, 1, 2)


async def test_a_request_that_waits_sees_its_own_state_to_its_end(path: Path) -> None:
    readers = Readers(str(path))

    reader = readers.taken()
    first = await reader.fetch("SELECT number FROM one", ())
    write(path, 2)
    await asyncio.sleep(0)
    second = await reader.fetch("SELECT number FROM one", ())
    reader.release()

    assert (first, second) == ([(1,)], [(1,)])
    await asyncio.sleep(0)
    assert await read(readers) == 2


async def test_who_comes_when_a_request_that_waited_ends_sees_what_was_written_meanwhile(path: Path) -> None:
    readers = Readers(str(path))

    waiting = readers.taken()
    await waiting.fetch("SELECT number FROM one", ())
    write(path, 2)
    await asyncio.sleep(0)
    waiting.release()

    assert await read(readers) == 2


async def test_a_long_statement_is_taken_off_the_loop_and_answers_the_same(path: Path) -> None:
    long = "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 1000000) SELECT count(*) FROM n"
    readers = Readers(str(path))

    assert await read(readers, long) == 1_000_000
    assert readers.is_slow(long)
    assert await read(readers, long) == 1_000_000
