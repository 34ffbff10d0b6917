"""A new parser's word replaces the old one's, in the middle of everything; the fixture proves that nothing of the old is left."""

from collections.abc import Iterator

import pytest

from ingest import facts, reparse, settler
from ingest.models.evidence import EventState, StripeEvent
from ingest.models.facts import Claim, Fact
from ingest.settle import claims
from ingest.stripe import said
from tests import story
from tests import stripe_events as stripe


@pytest.fixture
def older(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """A parser of the past, that knew another name of a click id; undone, it is the one of today."""
    with monkeypatch.context() as past:
        past.setattr(said, "CLICK_NAMES", ("ref",))
        yield past


async def run() -> list[reparse.Progress]:
    return [progress async for progress in reparse.reparse(settler.settle_everything)]


async def test_the_past_is_read_again_and_what_nobody_says_any_more_is_gone(
    database: str, older: pytest.MonkeyPatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    tale = await story.begin()
    wrong, right = await tale.click(days_before=2), await tale.click()
    await tale.hear(
        stripe.customer_updated("cus_1", metadata={"ref": wrong, "pimmsClickId": right, "pimmsCustomerId": "user_1"}),
        stripe.session_completed("cs_1", customer="cus_1"),
    )
    before = await tale.settled()
    older.undo()
    monkeypatch.setattr(facts, "PARSER_VERSION", facts.PARSER_VERSION + 1)

    progress = await run()

    assert before.sale["click_id"] == wrong
    after = await tale.settled()
    assert after.sale["click_id"] == right
    assert after.sale["id"] == before.sale["id"]
    assert progress == [reparse.Progress(2, 2)]
    assert not await Claim.exists(click_id=wrong)
    assert await Fact.all().count() == 1
    assert await reparse.behind() == 0


async def test_a_run_that_dies_while_it_forgets_takes_nothing_away(
    database: str, older: pytest.MonkeyPatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    tale = await story.begin()
    wrong, right = await tale.click(days_before=2), await tale.click()
    await tale.hear(
        stripe.customer_updated("cus_1", metadata={"ref": wrong, "pimmsClickId": right}), stripe.session_completed("cs_1", customer="cus_1")
    )
    await tale.settled()
    older.undo()
    monkeypatch.setattr(facts, "PARSER_VERSION", facts.PARSER_VERSION + 1)

    async def died(*_: object) -> None:
        raise RuntimeError("died")

    with monkeypatch.context() as broken:
        broken.setattr(claims, "wake", died)  # what nobody says any more is deleted by then, and not committed
        with pytest.raises(RuntimeError, match="died"):
            await run()
    assert await Claim.exists(click_id=wrong)
    await run()

    assert not await Claim.exists(click_id=wrong)
    assert (await tale.settled()).sale["click_id"] == right


async def test_a_run_that_died_is_gone_on_with_by_the_next(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    tale = await story.begin()
    await tale.hear(*(stripe.session_completed(f"cs_{number}", customer="cus_1") for number in range(5)))
    before = await tale.settled()
    monkeypatch.setattr(facts, "PARSER_VERSION", facts.PARSER_VERSION + 1)
    monkeypatch.setattr(reparse, "AT_ONCE", 2)
    async for progress in reparse.reparse(settler.settle_everything):
        assert progress == reparse.Progress(2, 5)
        break
    await tale.hear(stripe.session_completed("cs_9", customer="cus_1"))

    assert await run() == [reparse.Progress(2, 3), reparse.Progress(3, 3)]

    assert await reparse.behind() == 0
    assert not await Claim.exists(parser_version__lt=facts.PARSER_VERSION)
    assert len((await tale.settled()).sales) == len(before.sales) + 1


async def test_an_event_that_the_old_parser_could_not_read_is_tried_by_the_new(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    tale = await story.begin()
    with monkeypatch.context() as past:
        past.setitem(__import__("ingest.stripe.parser", fromlist=["READERS"]).READERS, "session", lambda _: 1 // 0)
        await tale.hear(stripe.session_completed("cs_1"))
        await tale.settled()
    monkeypatch.setattr(facts, "PARSER_VERSION", facts.PARSER_VERSION + 1)

    await run()

    assert [row.state for row in await StripeEvent.all()] == [EventState.SETTLED]
