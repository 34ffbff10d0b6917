"""A cursor of changes that are no longer kept is refused by a code of its own, on both transports; one that is kept goes on."""

import asyncio
from datetime import UTC, datetime, timedelta

import httpx2
import pytest

from ingest import changes, cutting
from tests import talking
from tests.talking import CHANGE, PATIENCE, talk

LATER = datetime.now(UTC) + timedelta(days=1)


async def cursors(served: str, key: str) -> list[str]:
    """Those of three changes, of which the last is kept."""
    async with talk(served, key) as talking_:
        await talking_.subscribe(CHANGE)
        heard = []
        for amount in (200, 300, 400):
            await talking.sale(served, key, amount)
            heard.append((await talking_.event())["cursor"])
    assert await cutting.cut(LATER) == 2
    return heard


async def test_over_a_socket_an_old_cursor_is_refused_and_a_kept_one_goes_on(served: str, test_key: str) -> None:
    first, second, _ = await cursors(served, test_key)
    async with talk(served, test_key) as talking_:
        await talking_.send(type="subscribe", id="1", payload={"query": CHANGE, "variables": {"after": first}})
        refused = await talking_.hear()
        await talking_.send(type="subscribe", id="2", payload={"query": CHANGE, "variables": {"after": second}})

        assert refused["type"] in {"error", "next"}
        assert "CURSOR_EXPIRED" in str(refused)
        assert "read the sales afresh" in str(refused)
        while (message := await talking_.hear())["id"] != "2":
            assert message["type"] == "complete"
        assert message["payload"]["data"]["saleChanged"]["sale"]["net"]["original"]["minor"] == "400"


async def test_over_events_an_old_cursor_is_refused(served: str, test_key: str) -> None:
    first, *_ = await cursors(served, test_key)
    headers = {"accept": "text/event-stream", "authorization": f"Bearer {test_key}"}
    async with httpx2.AsyncClient(base_url=served, timeout=PATIENCE) as caller:
        answer = await caller.post("/graphql", json={"query": CHANGE, "variables": {"after": first}}, headers=headers)

    assert '"code":"CURSOR_EXPIRED"' in answer.text
    assert answer.text.endswith("event: complete\ndata:\n\n")


async def test_a_reader_whom_the_cut_overtakes_is_told_and_skips_nothing(
    served: str, test_key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes.read, "__kwdefaults__", {"limit": 1})
    headers = {"accept": "text/event-stream", "authorization": f"Bearer {test_key}"}
    async with talk(served, test_key) as talking_:
        await talking_.subscribe(CHANGE)
        await talking.sale(served, test_key, 100)
        first = (await talking_.event())["cursor"]
        for amount in (200, 300, 400):  # one settled after the other, or their changes come in any order
            await talking.sale(served, test_key, amount)
            await talking_.event()
    reading = changes.Changes.follow

    async def overtaken(self: changes.Changes, workspace_id: int, livemode: bool, after: int):  # type: ignore[no-untyped-def]
        async for page in reading(self, workspace_id, livemode, after):
            yield page
            await cutting.cut(LATER)

    monkeypatch.setattr(changes.Changes, "follow", overtaken)
    async with httpx2.AsyncClient(base_url=served, timeout=PATIENCE) as caller, asyncio.timeout(PATIENCE):
        answer = await caller.post("/graphql", json={"query": CHANGE, "variables": {"after": first}}, headers=headers)

    told = [line for line in answer.text.splitlines() if line.startswith("data: ")]
    assert ['"minor":"200"' in told[0], "CURSOR_EXPIRED" in told[1], len(told)] == [True, True, 2]
