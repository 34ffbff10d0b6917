"""What SQLite's planner is told: of every index, whatever stood there before, and so that a key is worth more than a workspace."""

import pytest

from api.database import migrate
from ingest.models.evidence import Click
from ingest.models.workspace import Workspace

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


async def test_every_index_is_told_of(database: str) -> None:
    indexes = await _column("SELECT name FROM sqlite_schema WHERE type = 'index' ORDER BY name")

    assert await _column("SELECT idx FROM sqlite_stat1 ORDER BY idx") == indexes != []


async def test_a_file_that_somebody_analyzed_is_told_again_at_the_next_start(database: str) -> None:
    await Workspace.create(slug="a", name="a")
    told = await _column("SELECT stat FROM sqlite_stat1 ORDER BY idx")
    await Workspace._meta.db.execute_script("ANALYZE")
    analyzed = await _column("SELECT stat FROM sqlite_stat1 ORDER BY idx")

    await migrate()

    assert await _column("SELECT stat FROM sqlite_stat1 ORDER BY idx") == told != analyzed


async def test_a_start_that_has_nothing_to_tell_writes_nothing(database: str) -> None:
    before = await _column("SELECT total_changes()")

    await migrate()

    assert await _column("SELECT total_changes()") == before


async def test_a_click_is_found_by_its_id_and_not_among_all_of_its_workspace(database: str) -> None:
    found = Click.filter(id="x", workspace_id=1).sql()

    plan = await Workspace._meta.db.execute_query_dict(f"EXPLAIN QUERY PLAN {found}", ["x", 1])

    assert [row["detail"] for row in plan] == ["SEARCH click USING INDEX sqlite_autoindex_click_1 (id=?)"]


async def _column(statement: str) -> list[object]:
    return [next(iter(row.values())) for row in await Workspace._meta.db.execute_query_dict(statement)]
