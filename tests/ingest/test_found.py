"""What `test_lives` found: each bug stays as a test of its own."""

import asyncio

from tests import story
from tests import stripe_events as stripe


async def test_a_lead_with_a_click_of_another_workspace_settles_once_and_rests(database: str) -> None:
    tale, other = await story.begin(), await story.begin("other")
    click = await other.click()
    await tale.lead("user_1", click)

    async with asyncio.timeout(20):
        books = await tale.settled()

    assert [lead["click_id"] for lead in books.leads] == [None]


async def test_a_payment_with_the_click_of_a_bot_settles_once_and_rests(database: str) -> None:
    tale = await story.begin()
    click = await tale.click(bot=True)
    await tale.hear(stripe.session_completed("cs_1", metadata={"pimmsClickId": click}))

    async with asyncio.timeout(20):
        books = await tale.settled()

    assert (books.sale["reason"], books.sale["click_id"]) == ("click_unknown", None)
