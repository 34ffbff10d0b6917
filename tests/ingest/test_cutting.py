"""Old changes go, oldest first, and no reader skips one in silence; what remains still proves which sales there are."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from ingest import changes, cutting
from ingest.errors import Cut
from ingest.models.ledger import Change, Sale
from ingest.models.stream import ChangeCut
from ingest.settle.scope import Scope
from ingest.verify import announcing
from tests import proof, story
from tests import stripe_events as stripe

LATER = datetime.now(UTC) + timedelta(days=1)


async def told() -> story.Story:
    """Four sales: two of one payment that turn out to be one under a new name, one that is refunded, one of the site's."""
    tale = await story.begin()
    await tale.hear(stripe.charge_succeeded("ch_1", intent="pi_1"), stripe.payment_intent_succeeded("pi_2"))
    await tale.settled()
    await tale.hear(
        stripe.session_completed("cs_1", intent="pi_1", invoice="in_1"), stripe.refund_created("re_1", charge="ch_1", amount=100)
    )
    await tale.settled()
    await tale.sale("user_1", amount=900, invoiceId="own_1")
    await tale.hear(stripe.invoice_paid("in_1", era="acacia", charge="ch_1"))
    await tale.settled()
    return tale


async def numbers() -> list[int]:
    return [row.seq for row in await Change.all().order_by("seq")]


async def at_odds() -> list[tuple[str, bool]]:
    return [found async for found in announcing.unannounced(Change._meta.db)]


@pytest.mark.parametrize("bundle", [1, 2, 500])
async def test_what_is_old_goes_and_the_latest_change_stays_to_be_numbered_from(
    database: str, monkeypatch: pytest.MonkeyPatch, bundle: int
) -> None:
    monkeypatch.setattr(cutting, "AT_ONCE", bundle)
    tale = await told()
    before = await numbers()

    gone = await cutting.cut(LATER)

    assert (gone, await numbers()) == (len(before) - 1, before[-1:])
    assert gone >= 3
    assert await cutting.cut(LATER) == 0
    assert await at_odds() == []
    await tale.sale("user_2", amount=100, invoiceId="own_2")
    await tale.settled()
    assert await numbers() == [before[-1], before[-1] + 1]


async def test_a_cut_that_dies_in_between_leaves_the_stream_whole(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    await told()
    before, held = await numbers(), ChangeCut.filter

    def dies(*given: Any, **named: Any) -> Any:
        if "id" in named:  # what is old is deleted, and where the stream begins now is not written yet
            raise ZeroDivisionError
        return held(*given, **named)

    with monkeypatch.context() as broken:
        broken.setattr(ChangeCut, "filter", dies)
        with pytest.raises(ZeroDivisionError):
            await cutting.cut(LATER)
    assert await numbers() == before

    assert await cutting.cut(LATER) == len(before) - 1


async def test_what_is_young_stays_with_all_that_follows_it(database: str) -> None:
    await told()
    third = (await Change.all().order_by("seq"))[2]
    await Change.filter(seq__in=[1, 2, 4]).update(at=third.at - timedelta(days=100))

    assert await cutting.cut(third.at - timedelta(days=90)) == 2
    assert (await numbers())[0] == 3


async def test_who_would_go_on_from_before_the_cut_is_told_and_nobody_else(database: str) -> None:
    scope = Scope((await told()).workspace.id, False)
    last = (await numbers())[-1]
    await cutting.cut(LATER)

    with pytest.raises(Cut):
        await changes.read(scope, last - 2)
    assert [row.seq for row in await changes.read(scope, last - 1)] == [last]
    assert await changes.read(scope, last) == []


async def test_a_reader_who_is_overtaken_by_the_cut_is_told(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    scope = Scope((await told()).workspace.id, False)
    monkeypatch.setattr(changes.read, "__kwdefaults__", {"limit": 2})
    following = changes.Changes().follow(scope.workspace_id, scope.livemode, 0)
    page = await anext(following)
    await cutting.cut(LATER)

    assert [row.seq for row in page] == [1, 2]
    with pytest.raises(Cut):
        await anext(following)


async def test_a_cut_stream_is_still_proved(database: str, sqlite_template: Path, tmp_path: Path) -> None:
    await told()
    await cutting.cut(LATER)

    assert await proof.differences(sqlite_template, tmp_path) == []


@pytest.mark.unproved
@pytest.mark.parametrize("fault", ["a sale that nobody announced", "a sale that is gone", "a sum that is not the sum"])
async def test_a_cut_stream_that_ends_elsewhere_is_told(database: str, fault: str) -> None:
    await told()
    await cutting.cut(LATER)
    spoken = {row.sale_id for row in await Change.all()}
    old = await Sale.exclude(id__in=spoken).order_by("id").first()
    assert old is not None
    if fault == "a sale that is gone":
        await Sale.filter(id=old.id).delete()
    elif fault == "a sale that nobody announced":
        copy = {name: getattr(old, name) for name in Sale._meta.db_fields}
        await Sale.create(**{**copy, "id": "sale_of_nobody"})
    else:
        await ChangeCut.all().update(digest="0" * 32)

    assert await at_odds() == [("(what its changes add up to)", True)]


async def test_changes_of_before_are_brought_up_to_what_a_cut_reads(database: str) -> None:
    await told()
    said = [row.data for row in await Change.all().order_by("seq")]
    bare: dict[str, Any] = {}
    for row in await Change.filter(kind="sale_merged"):
        bare[str(row.id)] = row.data
        await Change.filter(id=row.id).update(data={name: value for name, value in row.data.items() if name != "new"})

    await _migrated()

    assert [row.data for row in await Change.all().order_by("seq")] == said
    assert any(orjson.dumps(data).find(b"new") >= 0 for data in bare.values())


async def _migrated() -> None:
    """Run the step of the migration again."""
    migration: Any = __import__("ingest.migrations.0005_change_cut", fromlist=["Migration"])

    class Editor:
        client = Change._meta.db

    await migration.say_which_merges_made_a_sale(None, Editor)
