"""How connections are set: what a commit survives, what is overwritten, where is sorted, how readers plan."""

import os
from pathlib import Path
from typing import Any

import pytest

from api import planner
from api.database import connected, migrate
from ingest.models.workspace import ApiKey

FILE, MEMORY = 1, 2
"""What SQLite calls where its temporary storage is. Source: https://www.sqlite.org/pragma.html#pragma_temp_store"""


async def test_sqlite_does_not_lose_a_commit_when_the_power_goes(tmp_path: Path, sqlite_template: Path) -> None:
    async with connected(f"sqlite://{sqlite_template}"):
        settings = {
            name: (await ApiKey._meta.db.execute_query_dict(f"PRAGMA {name}"))[0]
            for name in ("journal_mode", "synchronous", "busy_timeout", "foreign_keys")
        }

    assert [next(iter(row.values())) for row in settings.values()] == ["wal", 2, 10_000, 1]


@pytest.mark.parametrize("engine", ["postgres"], indirect=True)
async def test_statements_of_readers_are_planned_once_and_those_of_the_settler_by_what_waits(database: str) -> None:
    client: Any = ApiKey._meta.db
    names = ("plan_cache_mode", "enable_memoize", "jit", "random_page_cost")
    said = []
    for pool in (client.readers, client._pool):
        async with pool.acquire() as connection:
            said.append([await connection.fetchval(f"SHOW {name}") for name in names])

    assert client.readers is not client._pool
    assert said[0] == ["force_generic_plan", "off", "off", "1.1"]
    assert said[1][0] == "auto"


async def test_what_is_deleted_from_sqlite_is_overwritten_whatever_its_build_does(sqlite_template: Path) -> None:
    async with connected(f"sqlite://{sqlite_template}?secure_delete=OFF"):
        assert await _secure_delete() == 0
    async with connected(f"sqlite://{sqlite_template}"):
        client: Any = ApiKey._meta.db
        assert (client.pragmas["secure_delete"], await _secure_delete()) == ("ON", 1)


async def _secure_delete() -> int:
    (row,) = await ApiKey._meta.db.execute_query_dict("PRAGMA secure_delete")
    return int(row["secure_delete"])


async def test_sqlite_undoes_a_statement_in_memory_and_sorts_for_a_migration_in_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sorted_in = []
    tell = planner.tell

    async def told(connection: Any) -> None:
        sorted_in.append(await _temp_store())
        await tell(connection)

    monkeypatch.setattr(planner, "tell", told)
    async with connected(f"sqlite://{tmp_path}/new.sqlite3"):
        await migrate()

        assert (sorted_in, await _temp_store()) == ([FILE], MEMORY)


async def _temp_store() -> int:
    (row,) = await ApiKey._meta.db.execute_query_dict("PRAGMA temp_store")
    return int(row["temp_store"])


async def test_a_new_sqlite_file_and_those_beside_it_are_their_owners_alone(tmp_path: Path) -> None:
    async with connected(f"sqlite://{tmp_path}/new.sqlite3"):
        await migrate()

        modes = {name: os.stat(tmp_path / name).st_mode & 0o777 for name in ("new.sqlite3", "new.sqlite3-wal")}

    assert set(modes.values()) == {0o600}
