"""Every scenario file: told as it stands, then in every order of all that happened, on both databases."""

import pytest

from ingest.scenario import reading
from tests.scenarios import telling


@pytest.mark.careless
@pytest.mark.parametrize("name", telling.FILES)
async def test_the_ledger_says_what_the_file_expects_in_every_order(name: str, database: str) -> None:
    scenario = reading.read(telling.FILES[name])

    world = await telling.as_told(scenario)

    await telling.in_every_order(world, scenario)
