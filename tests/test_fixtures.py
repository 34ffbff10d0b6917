"""The fixtures themselves: each test meets an empty, migrated database of its own, on both engines."""

import asyncpg
import pytest

from api.database import connected
from ingest.models.evidence import StripeEvent
from ingest.models.workspace import Workspace
from tests import postgres, story
from tests import stripe_events as stripe


async def test_a_row_can_be_written(database: str) -> None:
    await Workspace.create(slug="a", name="b")

    assert await Workspace.all().count() == 1


async def test_another_test_does_not_see_it(database: str) -> None:
    assert await Workspace.all().count() == 0


async def test_a_database_that_is_given_back_is_as_good_as_new(postgres_databases: postgres.Databases) -> None:
    name = await postgres_databases.taken()
    url = postgres.address(postgres_databases.server, name)
    async with connected(url, everywhere=True):
        tale = await story.begin()
        await tale.hear(stripe.customer_created("cus_1"))
        assert (await StripeEvent.get()).id == 1
        held = await asyncpg.connect(url)

        await postgres_databases.give_back(name)

    assert held.is_closed()
    again = await postgres_databases.taken()
    async with connected(postgres.address(postgres_databases.server, again), everywhere=True):
        left = [await table.all().count() for table in story.FORGOTTEN]
        made = await Workspace.create(slug="a", name="b")
    await postgres_databases.give_back(again)
    assert (again, made.id, set(left)) == (name, 1, {0})


@pytest.mark.parametrize(
    "changed", ["CREATE TABLE more (id int)", "ANALYZE", "ALTER TABLE sale ADD COLUMN more int", "DROP INDEX sale_time"]
)
async def test_a_database_that_is_no_more_as_it_was_made_is_not_used_again(postgres_databases: postgres.Databases, changed: str) -> None:
    name = await postgres_databases.taken()
    connection = await asyncpg.connect(postgres.address(postgres_databases.server, name))
    await connection.execute(changed)
    await connection.close()

    await postgres_databases.give_back(name)

    assert await postgres_databases.taken() != name
