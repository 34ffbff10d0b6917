"""The loaders of one request: what one reader gives up, the others still get."""

import asyncio

import pytest

from ingest.keys import Access
from resolvers.context import Context
from tests.ledger import Ledger
from tests.schema.conftest import answered

ACCESS = Access(1, True, frozenset({"read"}), "key_1")


async def test_a_reader_who_is_cancelled_takes_nothing_from_another() -> None:
    context, begun = Context(ACCESS, "req_1", ""), asyncio.Event()

    async def load(keys: list[int]) -> list[int]:
        begun.set()
        await asyncio.sleep(0.05)
        return keys

    async def read() -> int:
        found: int = await context.loader("numbers", load).load(7)
        return found

    first, second = asyncio.create_task(read()), asyncio.create_task(read())
    await begun.wait()
    first.cancel()

    assert await second == 7
    with pytest.raises(asyncio.CancelledError):
        await first


async def test_a_field_that_fails_leaves_its_siblings_an_answer(database: str) -> None:
    """It once cancelled the whole request, whose caller was never answered."""
    ledger, other = await Ledger.of(), await Ledger.of(livemode=False)
    click = await ledger.click()
    sale = await ledger.sale(await other.customer(), click)  # a customer that is not to be seen, where one must be
    lead = await ledger.lead(click=click)
    access = Access(ledger.workspace.id, True, frozenset({"read"}), "key_1")
    question = (
        "query($sale: ID!, $lead: ID!) { sale(id: $sale) { customer { id } click { id link { id } } refunds(first: 1) { totalCount }"
        ' amountIn(currency: "EUR") { rate } journey { orderIndex } } node(id: $lead) { ... on Lead { click { id link { id } } } }'
        " link: node(id: $sale) { ... on Sale { journey { orderIndex touches(first: 1) { totalCount } } click { link { id } } } } }"
    )

    for by_plan in (True, False):
        found = await answered(access, question, {"sale": sale.id, "lead": lead.id}, by_plan=by_plan)
        assert [error["extensions"]["code"] for error in found["errors"]] == ["INTERNAL"]
        assert found["data"]["sale"] is None
        assert found["data"]["node"]["click"]["id"] == f"click_{click.id}"
