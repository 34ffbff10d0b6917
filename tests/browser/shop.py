"""A shop for the browser's tests, stocked through the front doors: a link, its click, and the Stripe payment that came of it."""

import asyncio
import time
from typing import Any

import httpx2

from tests import stripe_events
from tests.conftest import WEBHOOK_SECRET

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"

MAKE_LINK = """mutation ($key: String!) { linkCreate(input: {
  key: $key, url: "https://example.com/pricing", trackConversion: true, utm: {source: "newsletter", campaign: "spring"}
}) { link { id } userErrors { field message } } }"""


class Shop:
    def __init__(self, caller: httpx2.AsyncClient, key: str) -> None:
        self._caller, self._key = caller, key

    async def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        headers = {"authorization": f"Bearer {self._key}"}
        answer = await self._caller.post("/graphql", json={"query": query, "variables": variables}, headers=headers)
        body: dict[str, Any] = answer.json()
        assert "errors" not in body, body
        data: dict[str, Any] = body["data"]
        return data

    async def make_link(self, key: str) -> None:
        made = await self.ask(MAKE_LINK, key=key)
        assert made["linkCreate"]["userErrors"] == []

    async def click(self, key: str) -> str:
        """Follows the short link as a browser does; the click id that the destination is given."""
        answer = await self._caller.get(f"/{key}", headers={"user-agent": BROWSER, "referer": "https://news.example/issue/12"})
        return httpx2.URL(answer.headers["location"]).params["pimms_id"]

    async def pay(self, number: int, *, click_id: str | None, **fields: Any) -> None:
        metadata = {"pimmsCustomerId": f"user_{number}"} | ({"pimmsClickId": click_id} if click_id else {})
        now = int(time.time())
        event = stripe_events.session_completed(f"cs_{number}", intent=f"pi_{number}", metadata=metadata, at=now, created=now, **fields)
        body = stripe_events.raw(event)
        headers = {"stripe-signature": stripe_events.sign(body, WEBHOOK_SECRET)}
        answer = await self._caller.post("/webhooks/stripe", content=body, headers=headers)
        assert answer.status_code == 200, answer.text

    async def wait_for_sales(self, count: int) -> None:
        for _ in range(400):
            if (await self.ask("{ sales(first: 1) { totalCount } }"))["sales"]["totalCount"] >= count:
                return
            await asyncio.sleep(0.05)
        raise AssertionError(f"{count} sales did not come")
