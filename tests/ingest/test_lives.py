"""Any lives give one ledger: whatever the order of their happenings, however often Stripe sends them, wherever settling is cut.

An example of hypothesis is a town of lives, told to one database at once: that costs a tenth of telling them one by one, and no life may
show in another's books. `CLICKLEDGER_LIVES=20000` asks for so many lives on each database; `make prove` does.
"""

import os
from collections.abc import Iterable, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from ingest.models.evidence import Click
from ingest.models.ledger import Change
from ingest.verify.rebuilding import Order
from tests import lives, proof, story, town
from tests.crash import table
from tests.lives import Life
from tests.story import Books
from tests.town import Town

PEOPLE = 25
"""Lives of a town: as many as hypothesis draws at once."""
pytestmark = pytest.mark.careless
LIVES = int(os.environ.get("CLICKLEDGER_LIVES", "0"))
ON_SQLITE, ON_POSTGRESQL = 1_000, 300
"""Lives that are told where nobody asks for a number."""
EXAMPLES = settings(deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)
BLOCK = 100
"""Pieces of evidence between which a rebuild settles: a town has a few hundred."""


@pytest.fixture
async def place(database: str) -> Town:
    return await town.found()


def whole(books: Books) -> None:
    """What holds for every ledger, whatever happened."""
    for sale in books.sales:
        for kind in ("", "converted_"):
            gross, net, refunded, disputed = (sale[f"{kind}{part}_minor"] for part in ("gross", "net", "refunded", "disputed"))
            if kind and sale["rate"] is None:
                assert (gross, net, refunded, disputed) == (None,) * 4
                continue
            assert gross == net + refunded + disputed, sale
            assert 0 <= refunded + disputed <= gross, sale
            assert min(refunded, disputed) >= 0, sale
    _summed(books)
    _named(books)


def _summed(books: Books) -> None:
    """Credits sum to net, and what went back to its total: in the sale's currency and in the workspace's."""
    credited, refunds, disputes = (_by_sale(books.tables[name]) for name in ("Credit", "Refund", "Dispute"))
    for sale in books.sales:
        shares = credited.get(sale["id"], [])
        assert bool(shares) == (sale["click_id"] is not None)
        if shares:
            assert sum(credit["amount_minor"] for credit in shares) == sale["net_minor"]
            assert sale["rate"] is None or sum(credit["converted_minor"] for credit in shares) == sale["converted_net_minor"]
        for returned, total in ((refunds, "refunded_minor"), (disputes, "disputed_minor")):
            assert sum(row["counted_minor"] for row in returned.get(sale["id"], [])) == sale[total]


def _by_sale(rows: Iterable[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["sale_id"], []).append(row)
    return found


def _named(books: Books) -> None:
    """Each name of Stripe's is one sale's, and resolves to it."""
    sales = {sale["id"]: sale for sale in books.sales}
    for kind in ("session_id", "invoice_id", "intent_id", "charge_id"):
        named = [(sale["livemode"], sale["account_id"], sale[kind]) for sale in books.sales if sale[kind]]
        assert len(named) == len(set(named)), f"two sales of one payment: {named}"
    names = [(row["livemode"], sales[row["sale_id"]]["account_id"], row["name"]) for row in books.tables["SaleReference"]]
    assert len(names) == len(set(names)), "a name resolves to two sales"
    assert {sale["id"] for sale in books.sales} <= {name for _, _, name in names}


def paid(books: Books, people: Sequence[Life]) -> None:
    """One sale to a payment, never two in one, for what was paid and given back: by what the teller knows, and no code of ours."""
    found = {sale["id"]: sale for sale in books.sales}
    named = {row["name"]: row["sale_id"] for row in books.tables["SaleReference"]}
    owner: dict[str, object] = {}
    for payment in (payment for life in people for payment in life.payments):
        sales = {named[name] for name in payment.names if name in named}
        assert all(owner.setdefault(sale, payment) is payment for sale in sales), f"one sale of two payments: {payment}"
        if payment.gross_minor is not None:
            assert [found[sale]["gross_minor"] for sale in sales] == ([payment.gross_minor] if payment.gross_minor else []), payment
        if payment.gross_minor and payment.refunded_minor is not None:
            assert [found[sale]["refunded_minor"] for sale in sales] == [min(payment.refunded_minor, payment.gross_minor)], payment
    assert set(owner) == set(found), "a sale of no payment"


async def resolving(workspace_id: int, books: Books) -> None:
    """The stream ends in the ledger's state, and every id that it ever announced resolves, or its sale is gone."""
    assert await story.announced(workspace_id) == {sale["id"] for sale in books.sales}
    names = {row["name"] for row in books.tables["SaleReference"]}
    for change in await Change.filter(workspace_id=workspace_id, kind="sale_merged", sale_id__in=list(names)):
        assert set(story.swallowed(change.data)) <= names


async def one_ledger(place: Town, people: Sequence[Life], seed: int, empty: proof.Empty) -> None:
    """The natural order, settled at its end; another, with repeats, in pieces; and a rebuild from what that stored."""
    tidy = await place.books(town.told_tidily(people))
    whole(tidy)
    paid(tidy, people)
    event(f"{len(tidy.sales) // 10 * 10} sales and more")

    books = await place.books(town.told_untidily(people, seed), seed)

    assert books == tidy
    await resolving(place.tale.workspace.id, books)
    async with empty() as here:
        assert await proof.found(here, Order(seed=seed), block=BLOCK) == []
    told = sum(bool(life.happenings) for life in people)
    table.note("whole lives, out of order", Click._meta.db.capabilities.dialect, examples=told, orders=3 * told)


def _towns(people: int) -> int:
    """How many to draw for so many lives that have anything in them.

    Of a town a few are empty, one in twenty at most; and hypothesis begins with the simplest of all and a tenth, fifty at most, of
    towns that are hardly more: those cost little and count for nothing.
    """
    whole = -(-people * 20 // (19 * PEOPLE))
    return whole + 1 + min(whole // 9, 50)


def test_so_many_lives_are_told_as_are_asked_for() -> None:
    told = []

    @settings(EXAMPLES, max_examples=_towns(500), database=None, derandomize=True)  # one draw in some fifty comes a town short
    @given(people=lives.towns(PEOPLE))
    def draw(people: Sequence[Life]) -> None:
        told.append(sum(bool(life.happenings) for life in people))

    draw()

    assert sum(told) >= 500


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
@settings(EXAMPLES, max_examples=_towns(LIVES or ON_SQLITE))
@given(people=lives.towns(PEOPLE), seed=st.integers(0, 2**32))
async def test_any_lives_give_one_ledger_in_any_order(place: Town, empty: proof.Empty, people: Sequence[Life], seed: int) -> None:
    await one_ledger(place, people, seed, empty)


@pytest.mark.parametrize("engine", ["postgres"], indirect=True)
@settings(EXAMPLES, max_examples=_towns(LIVES or ON_POSTGRESQL))
@given(people=lives.towns(PEOPLE), seed=st.integers(0, 2**32))
async def test_any_lives_give_that_ledger_on_postgresql_too(place: Town, empty: proof.Empty, people: Sequence[Life], seed: int) -> None:
    await one_ledger(place, people, seed, empty)
