"""Invoices of one subscription that are read newest first, as Stripe lists them: each earlier one moves when the subscription was won."""

from collections.abc import Sequence
from typing import Any

import pytest

from ingest.fold import payment as folding
from tests import story
from tests import stripe_events as stripe
from tests.stripe_objects import NOON, Json

DAY = 86_400
MANY, PAGE = 60, 5


@pytest.fixture
def folds(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Each payment that is folded, as often as it is; folded by the true fold."""
    counted: list[object] = []
    true = folding.fold

    def counting(*given: Any) -> Any:
        counted.append(given)
        return true(*given)

    monkeypatch.setattr(folding, "fold", counting)
    return counted


def invoices(count: int, *, days: int = 1, **said: Any) -> list[Json]:
    """Of one subscription whose start nobody told, newest first, the oldest at NOON."""
    return [
        stripe.invoice_paid(
            f"in_{number}", event_id=f"evt_{number}", subscription="sub_1", customer="cus_1", at=at, paid_at=at, created=at, **said
        )
        for number in range(count - 1, -1, -1)
        for at in [NOON + number * days * DAY]
    ]


async def told_by_pages(tale: story.Story, events: Sequence[Json]) -> story.Books:
    for start in range(0, len(events), PAGE):
        await tale.hear(*events[start : start + PAGE])
        books = await tale.settled()
    return books


async def test_an_earlier_invoice_settles_no_later_one_again_where_nothing_depends_on_it(database: str, folds: list[object]) -> None:
    tale = await story.begin()

    books = await told_by_pages(tale, invoices(MANY))

    assert len(books.sales) == len(folds) == MANY


async def test_an_earlier_invoice_settles_again_those_alone_whose_credit_it_changes(database: str, folds: list[object]) -> None:
    """A click a month after the first invoice counts for what may have been won later, until that invoice is read."""
    tale = await story.begin()
    click = await tale.click(days_before=-30.5)
    lead = stripe.customer_updated("cus_1", metadata={"pimmsClickId": click}, at=NOON + 31 * DAY)
    events = invoices(MANY)

    await tale.hear(lead)
    some = await told_by_pages(tale, events[: MANY // 3])
    newest = await told_by_pages(tale, events[MANY // 3 :])

    again = len(folds) - MANY
    await tale.forget()
    await tale.hear(lead)
    oldest = await told_by_pages(tale, events[::-1])
    assert newest == oldest
    assert {sale["reason"] for sale in some.sales} == {"credited"}
    assert {sale["reason"] for sale in newest.sales} == {"click_after_payment"}
    assert MANY // 3 <= again <= MANY // 2 + PAGE


@pytest.mark.parametrize("days_before", [80, 100, -5])
async def test_every_order_gives_one_ledger_where_the_first_invoice_decides(database: str, days_before: int) -> None:
    """A click in the window of the first invoice, before it, or after it: over half a year of invoices."""
    tale = await story.begin()
    click = await tale.click(days_before=days_before)
    events = [
        *invoices(20, days=10),
        stripe.customer_updated("cus_1", metadata={"pimmsClickId": click}, at=NOON - DAY),
    ]
    oldest = await told_by_pages(tale, events[::-1])

    await tale.forget()
    newest = await told_by_pages(tale, events[-1:] + events[:-1])

    assert newest == oldest
    assert len({sale["reason"] for sale in oldest.sales}) == 1
