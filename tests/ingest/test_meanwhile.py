"""What happens in the middle of something else: bodies are cut and runs die while the past is read again; a person acts while settling."""

import asyncio
import itertools
from datetime import UTC, datetime, timedelta

import pytest
from tortoise.transactions import in_transaction

from ingest import facts, reparse, retention, settler, statements
from ingest.models.evidence import Statement, StripeEvent
from ingest.settle import batch
from ingest.settle.scope import Scope
from tests import story
from tests import stripe_events as stripe
from tests.story import PAID_AT, Story

LATER = datetime.now(UTC) + timedelta(days=1)


class Died(Exception):
    """The process, at this point."""


async def told() -> Story:
    """Payments of one customer, a subscription's among them, with what a cut takes away."""
    tale = await story.begin()
    click = await tale.click()
    await tale.hear(
        stripe.customer_updated("cus_1", metadata={"pimmsClickId": click, "note": "12 Mill Lane"}),
        *(stripe.session_completed(f"cs_{number}", customer="cus_1", metadata={"note": "12 Mill Lane"}) for number in range(4)),
        stripe.invoice_paid("in_1", subscription="sub_1", customer="cus_1", metadata={"note": "12 Mill Lane"}),
    )
    return tale


async def test_bodies_that_are_cut_while_the_past_is_read_again_change_nothing(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    tale = await told()
    before = await tale.settled()
    monkeypatch.setattr(facts, "PARSER_VERSION", facts.PARSER_VERSION + 1)
    monkeypatch.setattr(reparse, "AT_ONCE", 2)
    cut: list[int] = []

    async def settle() -> None:
        cut.append(await retention.reduce(LATER))
        await settler.settle_everything()

    cut += [await retention.reduce(LATER) async for _ in reparse.reparse(settle)]

    assert (sum(cut), cut[0]) == (6, 4), "some before they were read again, and some after"
    assert all(b"Mill Lane" not in row.body for row in await StripeEvent.all())
    assert await reparse.behind() == 0
    assert await tale.settled() == before


@pytest.mark.parametrize("lived", range(6))
async def test_a_run_that_dies_anywhere_in_a_bundle_is_gone_on_with(database: str, monkeypatch: pytest.MonkeyPatch, lived: int) -> None:
    tale = await told()
    before = await tale.settled()
    monkeypatch.setattr(facts, "PARSER_VERSION", facts.PARSER_VERSION + 1)
    monkeypatch.setattr(reparse, "AT_ONCE", 2)
    passes = itertools.count()

    async def settle() -> None:
        """One small batch, so that a bundle is read in pieces."""
        if next(passes) == lived:
            raise Died
        await batch.settle(Scope(tale.workspace.id, livemode=False), 1)

    with pytest.raises(Died):
        async for _ in reparse.reparse(settle):
            pass
    async for _ in reparse.reparse(settler.settle_everything):
        pass

    assert await reparse.behind() == 0
    assert await tale.settled() == before


ACTS = ("attach", "detach", "attach")


async def _act(tale: Story, number: int, click: str, kind: str) -> None:
    record = statements.record_attach if kind == "attach" else statements.record_detach
    said = {"payment": "session:cs_1", "clickId": click}
    row = await record(tale.workspace.id, False, said, at=PAID_AT + timedelta(hours=number))
    await Statement.filter(id=row.id).update(uid=f"stm_{number}")


async def test_acts_of_a_person_give_one_ledger_in_every_order_and_between_any_events(database: str) -> None:
    tale = await story.begin()
    click = await tale.click()
    happenings = [*enumerate(ACTS), (3, "event")]
    found = []
    for order in itertools.permutations(happenings):
        await tale.forget()
        for number, kind in order:
            if kind == "event":
                await tale.hear(stripe.session_completed("cs_1"), stripe.refund_created("re_1", charge="ch_1", intent="pi_1"))
            else:
                await _act(tale, number, click, kind)
            books = await tale.settled()
        found.append(books)

    assert all(books == found[0] for books in found)
    assert found[0].sale["click_id"] == click


@pytest.mark.parametrize("engine", ["postgres"], indirect=True)
@pytest.mark.parametrize("acts", [ACTS[:1], ACTS[:2], ACTS])
async def test_an_act_of_a_person_while_its_payment_is_settled_is_settled_too(database: str, acts: tuple[str, ...]) -> None:
    tale = await story.begin()
    click, looked = await tale.click(), asyncio.Event()
    await tale.hear(stripe.session_completed("cs_1"))

    async def person() -> None:
        await looked.wait()
        for number, kind in enumerate(acts):
            await _act(tale, number, click, kind)

    acting = asyncio.create_task(person())
    async with in_transaction():
        await batch.settle(Scope(tale.workspace.id, livemode=False))
        looked.set()
        await asyncio.wait_for(asyncio.shield(acting), 5)

    assert (await tale.settled()).sale["click_id"] == (click if acts[-1] == "attach" else None)
