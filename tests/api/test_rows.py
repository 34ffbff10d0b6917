"""Rows that go together on PostgreSQL: the same rows as one by one, whatever is there already."""

from typing import Any

import pytest
from tortoise.transactions import in_transaction

from api import rows
from ingest import workspaces
from ingest.models.facts import Subject, SubjectKind

pytestmark = pytest.mark.parametrize("engine", ["postgres"], indirect=True)


@pytest.fixture
def together(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether each INSERT of several rows went together."""
    found, insert_many = list[bool](), rows.insert_many

    async def noted(connection: Any, query: str, values: list[list[Any]]) -> bool:
        found.append(await insert_many(connection, query, values))
        return found[-1]

    monkeypatch.setattr(rows, "insert_many", noted)
    return found


def subject(workspace_id: int, number: int, **changes: Any) -> Subject:
    values = {"id": f"who_{number}", "kind": SubjectKind.CUSTOMER, "key": f'ext:"{number}', "dirty": True, **changes}
    return Subject(workspace_id=workspace_id, livemode=True, **values)


async def test_rows_of_one_insert_go_in_one_statement_and_those_that_are_there_are_updated(database: str, together: list[bool]) -> None:
    owner = (await workspaces.ensure_default()).id
    together.clear()
    async with in_transaction():
        await Subject.bulk_create([subject(owner, number, key=None if number % 2 else f"x'y{number}") for number in range(5)])
        await Subject.bulk_create(
            [subject(owner, number, dirty=False) for number in range(3, 8)], on_conflict=["id"], update_fields=["dirty"]
        )

    kept = {row.id: (row.key, row.dirty) for row in await Subject.all()}
    assert together == [True, True]
    assert kept == {
        **{f"who_{number}": (None if number % 2 else f"x'y{number}", number < 3) for number in range(5)},
        **{f"who_{number}": (f'ext:"{number}', False) for number in range(5, 8)},
    }


async def test_two_rows_of_one_key_go_one_after_the_other_and_the_last_stays(database: str, together: list[bool]) -> None:
    owner = (await workspaces.ensure_default()).id
    together.clear()
    twice = [subject(owner, 1), subject(owner, 2), subject(owner, 1, dirty=False)]
    async with in_transaction():
        await Subject.bulk_create(twice, on_conflict=["id"], update_fields=["dirty"])

    assert together == [False]
    assert {row.id: row.dirty for row in await Subject.all()} == {"who_1": False, "who_2": True}
