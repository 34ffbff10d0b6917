"""Rollups: what each transaction adds is in it, compacting changes no sum, and what was there before them is counted once."""

import asyncio
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tortoise.transactions import in_transaction

from ingest import clicks, ids
from ingest.clicks import Recorder
from ingest.models.rollups import SETS, RollupCountry, RollupDelta, RollupLink, RollupTotal
from ingest.rollups import compacting
from ingest.spool import Spool
from tests import capturing, counting, proof, story
from tests import stripe_events as stripe
from tests.ledger import Ledger

HOUR = datetime(2026, 3, 1, 23, tzinfo=UTC)


async def told() -> story.Story:
    """A click, its lead and its sale, of which a part is given back."""
    tale = await story.begin()
    click = await tale.click()
    await tale.lead("user_1", click)
    await tale.hear(
        stripe.session_completed("cs_1", intent="pi_1", metadata={"pimmsClickId": click}),
        stripe.refund_created("re_1", intent="pi_1", amount=1_200),
    )
    await tale.settled()
    return tale


async def test_a_flush_of_clicks_is_one_delta_for_each_combination_and_bots_are_none(database: str) -> None:
    link = await capturing.link()
    same = {"clicked_at": HOUR, "country": "DE"}

    new = await clicks.insert(
        [
            *(capturing.seen(link, **same) for _ in range(3)),
            capturing.seen(link, clicked_at=HOUR + timedelta(minutes=59, seconds=59, microseconds=999_999), country="DE"),
            capturing.seen(link, clicked_at=HOUR + timedelta(hours=1), country="DE"),
            capturing.seen(link, **same, bot=True),
        ]
    )

    found = [(row.hour * 3600, row.country, row.clicks) for row in await RollupDelta.all().order_by("hour")]
    assert len(new) == 6
    assert found == [(HOUR.timestamp(), "DE", 4), (HOUR.timestamp() + 3600, "DE", 1)]


async def test_a_click_that_is_there_already_is_not_counted_again(database: str, tmp_path: Path) -> None:
    link = await capturing.link()
    spool = Spool(tmp_path / "spool")
    seen = [capturing.seen(link, id=ids.click_id()) for _ in range(3)]
    spool.append([{name: getattr(each, name) for name in clicks.COLUMNS} for each in seen])
    spool.close()

    await clicks.insert(seen[:2])
    await Recorder(spool).drain()

    assert await counting.strayed(link.workspace_id) == []
    assert sum([row.clicks for row in await RollupDelta.all()]) == 3


async def test_a_sale_that_changes_takes_its_old_figures_away(database: str) -> None:
    tale = await told()

    await tale.hear(stripe.refund_created("re_2", intent="pi_1", amount=800))
    await tale.settled()

    nets = [row.net_minor for row in await RollupDelta.filter(mode=2).order_by("id") if row.net_minor]
    assert nets[-1] == -800
    assert sum(nets) == 3_000
    assert await counting.strayed(tale.workspace.id) == []


async def test_compacting_changes_no_sum_and_leaves_no_delta(database: str) -> None:
    tale = await told()

    while await compacting.compact(tale.workspace.id, 1):
        assert await counting.strayed(tale.workspace.id) == []

    assert not await RollupDelta.exists()
    assert {table.__name__ for table in SETS if not await table.exists()} == set()


async def test_a_compactor_that_dies_in_between_leaves_everything_as_it_was(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    tale = await told()
    put, died = compacting._put, 0

    async def dies(*given: object) -> None:
        nonlocal died
        await put(*given)  # type: ignore[arg-type]  # as it was called
        died += 1
        if died == 3:
            raise asyncio.CancelledError

    monkeypatch.setattr(compacting, "_put", dies)
    before = await RollupDelta.all().count()
    with pytest.raises(asyncio.CancelledError):
        await compacting.compact(tale.workspace.id)

    assert await RollupDelta.all().count() == before > 0
    assert not await RollupTotal.exists()
    assert await counting.strayed(tale.workspace.id) == []


@pytest.mark.parametrize("engine", ["postgres"], indirect=True)
async def test_two_compactors_do_not_count_one_delta_twice(database: str) -> None:
    tale = await told()

    async with in_transaction():
        assert await compacting.compact(tale.workspace.id, 1) == 1
        other = await asyncio.create_task(_outside(tale.workspace.id))

    assert other == 0, "the lease is taken"
    await compacting.compact_everything()
    assert await counting.strayed(tale.workspace.id) == []


async def _outside(workspace_id: int) -> int:
    from contextvars import Context  # a task that is in nobody's transaction

    return await asyncio.get_running_loop().create_task(compacting.compact(workspace_id), context=Context())


@pytest.mark.unproved
@pytest.mark.parametrize("compacted", [False, True])
async def test_verify_names_a_bucket_that_was_tampered_with(database: str, sqlite_template: Path, tmp_path: Path, compacted: bool) -> None:
    tale = await told()
    if compacted:
        await compacting.compact_everything()
    row: dict[str, Any] = dict.fromkeys(("clicks", "leads", "gross_minor", "refunded_minor", "disputed_minor", "net_minor"), 0)
    where: dict[str, Any] = {"workspace_id": tale.workspace.id, "mode": 1, "currency": "USD", "hour": 490_000}
    await RollupCountry.create(id="roll_made_up", span=1, country="DE", sales=1, **row, **where)
    await RollupLink.filter(clicks=1, span=24).update(clicks=2)

    found = {(each.table, each.column, each.here, each.rebuilt) for each in await proof.differences(sqlite_template, tmp_path)}

    tampered = {("RollupLink", "clicks", 2, 1)} if compacted else set()
    assert found == {("RollupCountry", "sales", 1, 0), *tampered}


async def test_a_database_from_before_is_counted_by_its_migration(database: str) -> None:
    ledger = await Ledger.of()
    click = await ledger.click(clicked_at=HOUR + timedelta(microseconds=999_999), country=None, utm_campaign="spring")
    await ledger.click(bot=True)
    await ledger.sale(click=click, gross_minor=700)
    await ledger.sale(currency="XYZ", **dict.fromkeys(Ledger.CONVERTED))
    await (await Ledger.of(livemode=False)).lead(click=click)
    step = import_module("ingest.migrations.0004_rollups").Migration.operations[-1]

    async with in_transaction() as connection:
        await step.code(None, SimpleNamespace(client=connection))

    assert await RollupDelta.all().count() == 4
    assert await counting.strayed(ledger.workspace.id) == []
    await compacting.compact_everything()
    assert await counting.strayed(ledger.workspace.id) == []


async def test_live_and_test_sales_are_kept_apart(database: str) -> None:
    tale = await told()
    await tale.hear(stripe.payment_intent_succeeded("pi_9", livemode=True))
    await tale.settled()

    assert {(row.mode, row.sales) for row in await RollupDelta.filter(sales__not=0)} == {(1, 1), (2, 1)}
