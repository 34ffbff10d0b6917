"""The fixtures themselves: each test meets an empty, migrated database of its own, on both engines."""

from ingest.models.workspace import Workspace


async def test_a_row_can_be_written(database: str) -> None:
    await Workspace.create(slug="a", name="b")

    assert await Workspace.all().count() == 1


async def test_another_test_does_not_see_it(database: str) -> None:
    assert await Workspace.all().count() == 0
