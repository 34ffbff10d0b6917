"""Reports at the front door: a click and a lead are in the next answer, and a running server sums them while nobody waits."""

import asyncio
from typing import Any

import httpx2
import pytest

from ingest.models.rollups import RollupDelta, RollupTotal
from ingest.rollups import compacting
from tests import capturing, counting
from tests.capturing import BROWSER, GOOGLEBOT

YEARS = {"firstDay": "2020-01-01", "lastDay": "2029-12-31", "groupBy": ["LINK"]}
QUERY = "query($input: ReportInput!) { report(input: $input) { totals { clicks leads } rows { link { key } clicks leads } } }"


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """The compactor comes by often."""
    monkeypatch.setattr(compacting, "EVERY_S", 0.05)


async def test_what_happened_is_in_the_next_answer_and_is_summed_in_the_background(client: httpx2.AsyncClient, live_key: str) -> None:
    link = await capturing.link("spring")
    other = await capturing.link("autumn")

    for key, headers in (("spring", BROWSER), ("spring", {"user-agent": GOOGLEBOT}), ("autumn", BROWSER)):
        await client.get(f"/{key}", headers={**headers, "cookie": ""})
    found = await asked(client, live_key)
    await _compacted()

    rows = [{"link": {"key": each.key}, "clicks": 1, "leads": 0} for each in sorted([link, other], key=lambda each: each.id)]
    assert found == {"totals": {"clicks": 2, "leads": 0}, "rows": rows}
    assert await asked(client, live_key) == found
    assert await RollupTotal.exists()
    assert await counting.strayed(link.workspace_id) == []


async def asked(client: httpx2.AsyncClient, key: str) -> Any:
    answer = await client.post("/graphql", json={"query": QUERY, "variables": {"input": YEARS}}, headers={"authorization": f"Bearer {key}"})
    return answer.json()["data"]["report"]


async def _compacted() -> None:
    async with asyncio.timeout(10):
        while await RollupDelta.exists():  # noqa: ASYNC110  # the server's own loop
            await asyncio.sleep(0.05)
