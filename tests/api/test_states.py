"""The models that Tortoise knows of while it migrates: fewer are made, and the database is the same."""

import pytest
from tortoise.migrations.executor import MigrationExecutor, MigrationTarget
from tortoise.transactions import in_transaction

from api import database as databases
from api import states
from api.database import connected
from ingest.models.workspace import Workspace

ON_SQLITE = "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE name <> 'sqlite_stat1'"
ON_POSTGRES = """
    SELECT table_name, column_name, data_type, is_nullable, column_default FROM information_schema.columns WHERE table_schema = 'public'
    UNION ALL SELECT tablename, indexname, indexdef, '', '' FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), '', '' FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace"""
"""All that a migration may make, as the database tells it."""


async def made() -> list[str]:
    connection = Workspace._meta.db
    rows = await connection.execute_query_dict(ON_SQLITE if connection.capabilities.dialect == "sqlite" else ON_POSTGRES)
    return sorted(str(dict(row)) for row in rows)


async def by_tortoise(last: str | None = None) -> None:
    async with in_transaction() as connection:
        executor = MigrationExecutor(connection, databases.apps(connection.connection_name))
        await executor.recorder.ensure_schema(executor._schema_editor(atomic=False))
        await executor.migrate(None if last is None else [MigrationTarget("models", last)])


@pytest.mark.parametrize("begun", [0, 4])
async def test_an_empty_and_an_older_database_become_the_one_that_tortoise_makes_by_itself(
    empty_url: str, another_url: str, begun: int
) -> None:
    async with connected(another_url):
        await by_tortoise()
        wanted = await made()
    async with connected(empty_url):
        if begun:
            await by_tortoise(databases.released()[begun - 1])

        applied = await databases.migrate()

        assert applied == list(databases.released()[begun:])
        assert await made() == wanted
    assert len(wanted) > 100


def test_a_copy_of_a_state_makes_its_models_when_it_is_asked_for_them() -> None:
    state = states.Sparing(models={}, apps=states.Described())

    before = state.clone()

    assert "apps" not in vars(before)
    assert before.apps is before.apps
    assert before.apps is not state.apps
    assert not hasattr(before, "others")
