"""Any life gives one ledger: whatever the order of its happenings, however often Stripe sends them, wherever settling is cut.

`CLICKLEDGER_LIVES=5000` asks for so many examples; `make prove` does.
"""

import os
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from api.elsewhere import UNSAFE
from ingest import statements
from ingest.models.evidence import Click, Rate, RateSource, Statement
from ingest.models.facts import Subject
from ingest.models.ledger import Change
from ingest.models.rollups import RollupDelta
from ingest.models.workspace import Account, Link
from ingest.settle import batch
from ingest.settler import waiting
from ingest.verify.rebuilding import Order
from tests import lives, proof, story
from tests.crash import table
from tests.story import PAID_AT, Books, Story
from tests.teller import Clicked, Happening, Heard, Told

LIVES = int(os.environ.get("CLICKLEDGER_LIVES", "0"))
ROUNDS = 500
"""Far more passes than a life has pieces of evidence."""
EXAMPLES = settings(deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)


@pytest.fixture
def database_url(database_url: str) -> str:
    """Nothing here need survive a crash of the machine."""
    return f"{database_url}?{UNSAFE}" if database_url.startswith("sqlite") else database_url


class World:
    """One workspace with two accounts and two links, beside another workspace, and rates of two currencies."""

    def __init__(self, tale: Story, links: Sequence[Link], accounts: Sequence[int]) -> None:
        self.tale, self.links, self.accounts = tale, links, accounts

    async def happen(self, happening: Happening) -> None:
        if isinstance(happening, Clicked):
            await self.tale.click_with(happening.click_id, at=happening.at, link=self.links[happening.link], bot=happening.bot)
        elif isinstance(happening, Heard):
            await self.tale.hear(happening.event, account_id=self.accounts[happening.account])
        else:
            await self._told(happening)

    async def _told(self, told: Told) -> None:
        """A statement's own id is random where it is not derived: the same life keeps the same one."""
        record = {
            "lead": statements.record_lead,
            "sale": statements.record_sale,
            "profile": statements.record_profile,
            "attach": statements.record_attach,
            "detach": statements.record_detach,
        }[told.kind]
        row = await record(self.tale.workspace.id, told.livemode, told.said, at=told.at)
        if "invoiceId" not in told.said:
            await Statement.filter(id=row.id).update(uid=told.uid)

    async def books(self, happenings: Sequence[Happening], cuts: set[int], *, limit: int = batch.BATCH) -> Books:
        """The books after these, settled where they are cut and at the end, at most `limit` pieces at a time."""
        await self.tale.forget()
        await Click.all().delete()
        await RollupDelta.all().delete()
        for number, happening in enumerate(happenings):
            await self.happen(happening)
            if number in cuts:
                await settle(limit)
        await settle(limit)
        assert await story.failures() == []
        assert await Subject.filter(error__isnull=False).values_list("error", flat=True) == []
        return await story.books(self.tale.workspace.id)


async def settle(limit: int) -> None:
    """Until nothing waits; a settler that never comes to rest is a fault of its own."""
    for _ in range(ROUNDS):
        scopes = await waiting()
        if not scopes:
            return
        for scope in scopes:
            assert await batch.settle(scope, limit)
    raise AssertionError(f"still not at rest: {scopes}")


@pytest.fixture
def empty(sqlite_template: Path, tmp_path: Path) -> proof.Empty:
    return partial(proof.empty, sqlite_template, tmp_path)


@pytest.fixture
async def world(database: str) -> World:
    tale, other = await story.begin(), await story.begin("other")
    link = await Link.create(id="link_two", workspace_id=tale.workspace.id, domain="*", key="two", url="https://shop.example/two")
    second = await Account.create(workspace_id=tale.workspace.id, stripe_account="acct_2")
    primary = await Account.get(workspace_id=tale.workspace.id, is_primary=True)
    await RateSource.create(source="ECB", base="EUR", complete_to=datetime(2030, 1, 1, tzinfo=UTC))
    rates = [("USD", day, f"1.1{day % 7}") for day in range(-3, 400, 5)] + [("JPY", day, f"16{day % 9}.37") for day in range(-3, 400, 5)]
    await Rate.bulk_create(
        [Rate(source="ECB", currency=code, published_at=PAID_AT + timedelta(days=day), per_base=rate) for code, day, rate in rates]
    )
    return World(tale, [tale.link, link, other.link], [primary.id, second.id])


def untidy(life: Sequence[Happening], seed: int) -> tuple[list[Happening], set[int], int]:
    """The life in another order, some of Stripe's events again and again, with places to settle at and the size of a batch."""
    rng = random.Random(seed)
    again = [happening for happening in life if isinstance(happening, Heard) and rng.random() < 0.2]
    shuffled = [*life, *again]
    rng.shuffle(shuffled)
    return shuffled, {number for number in range(len(shuffled)) if rng.random() < 0.3}, rng.choice((1, 2, 100))


def whole(books: Books) -> None:
    """What holds for every ledger, whatever happened."""
    sales = {sale["id"]: sale for sale in books.sales}
    for sale in books.sales:
        for kind in ("", "converted_"):
            gross, net, refunded, disputed = (sale[f"{kind}{part}_minor"] for part in ("gross", "net", "refunded", "disputed"))
            if kind and sale["rate"] is None:
                assert (gross, net, refunded, disputed) == (None,) * 4
                continue
            assert gross == net + refunded + disputed, sale
            assert 0 <= refunded + disputed <= gross, sale
            assert min(refunded, disputed) >= 0, sale
        shares = [credit for credit in books.tables["Credit"] if credit["sale_id"] == sale["id"]]
        assert bool(shares) == (sale["click_id"] is not None)
        if shares:
            assert sum(credit["amount_minor"] for credit in shares) == sale["net_minor"]
            assert sale["rate"] is None or sum(credit["converted_minor"] for credit in shares) == sale["converted_net_minor"]
        for returned, total in (("Refund", "refunded_minor"), ("Dispute", "disputed_minor")):
            assert sum(row["counted_minor"] for row in books.tables[returned] if row["sale_id"] == sale["id"]) == sale[total]
    for kind in ("session_id", "invoice_id", "intent_id", "charge_id"):
        named = [(sale["livemode"], sale["account_id"], sale[kind]) for sale in books.sales if sale[kind]]
        assert len(named) == len(set(named)), f"two sales of one payment: {named}"
    names = [(row["livemode"], sales[row["sale_id"]]["account_id"], row["name"]) for row in books.tables["SaleReference"]]
    assert len(names) == len(set(names)), "a name resolves to two sales"
    assert {sale["id"] for sale in books.sales} <= {name for _, _, name in names}


async def resolving(workspace_id: int, books: Books) -> None:
    """The stream ends in the ledger's state, and every id that it ever announced resolves, or its sale is gone."""
    assert await story.announced(workspace_id) == {sale["id"] for sale in books.sales}
    names = {row["name"] for row in books.tables["SaleReference"]}
    for change in await Change.filter(workspace_id=workspace_id, kind="sale_merged", sale_id__in=list(names)):
        assert set(story.swallowed(change.data)) <= names


async def one_ledger(world: World, life: list[Happening], seed: int, empty: proof.Empty) -> None:
    """The natural order, settled at its end; another, with repeats, in batches; and a rebuild from what that stored."""
    natural = await world.books(life, set())
    whole(natural)
    shuffled, cuts, limit = untidy(life, seed)
    event(f"{len(natural.sales)} sales")

    books = await world.books(shuffled, cuts, limit=limit)

    assert books == natural
    await resolving(world.tale.workspace.id, books)
    async with empty() as here:
        assert await proof.found(here, Order(seed=seed), block=5) == []
    table.note("whole lives, out of order", Click._meta.db.capabilities.dialect, examples=1, orders=3)


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
@settings(EXAMPLES, max_examples=LIVES or 60)
@given(life=lives.lives(), seed=st.integers(0, 2**32))
async def test_any_life_gives_one_ledger_in_any_order(world: World, empty: proof.Empty, life: list[Happening], seed: int) -> None:
    await one_ledger(world, life, seed, empty)


@pytest.mark.parametrize("engine", ["postgres"], indirect=True)
@settings(EXAMPLES, max_examples=LIVES or 10)
@given(life=lives.lives(), seed=st.integers(0, 2**32))
async def test_any_life_gives_that_ledger_on_postgresql_too(world: World, empty: proof.Empty, life: list[Happening], seed: int) -> None:
    await one_ledger(world, life, seed, empty)
