"""Statements: a question takes as many as it has levels, however many rows there are."""

from tests.ledger import Ledger
from tests.schema.conftest import Ask, heard
from tests.schema.test_query import THE_QUESTION

COUNTED = {
    THE_QUESTION: 5,
    "{ sales(first: 9) { nodes { id } } }": 1,
    "{ sales(first: 9) { nodes { id } totalCount } }": 2,
    "{ sales(first: 9) { pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }": 1,
    "{ links(first: 9) { nodes { clicks(first: 5) { nodes { id } } } } }": 2,
    "{ links(first: 9) { nodes { clicks(first: 5) { nodes { link { clicks(last: 2) { nodes { sales(first: 1) { nodes { id } } } } } } } }"
    " } }": 5,
    "{ sales(first: 9) { nodes { attribution { reason credits { click { id } } explanation { click { link { id } } } } } } }": 5,
    "{ sales(first: 9) { nodes { journey { firstTouch { at } daysToConversion } } } }": 4,
    "{ sales(first: 9) { nodes { journey { orderIndex touches(first: 3) { nodes { link { id } } totalCount } } } } }": 7,
    "{ sales(first: 9) { nodes { evidence(first: 3) { nodes { id } } } } }": 2,
    "{ customers(first: 9) { nodes { totals { net { amount } } leads(first: 2) { totalCount } } } }": 4,
}


async def test_a_question_takes_as_many_statements_as_it_has_levels(ledger: Ledger, ask: Ask) -> None:
    for _ in range(6):
        click, customer = await ledger.click(anonymous_id="anon_1"), await ledger.customer()
        await ledger.lead(customer, click)
        sale = await ledger.sale(customer, click, reason="credited")
        await ledger.refund(sale)
        await ledger.credit(sale, click)
        await ledger.consideration(sale, click)
        await ledger.event(sale)
    for query, count in COUNTED.items():
        with heard() as statements:
            await ask(query)

        assert len(statements) == count, "\n".join([query, *statements])


async def test_no_statement_skips_rows_to_reach_a_page(ledger: Ledger, ask: Ask) -> None:
    for _ in range(4):
        await ledger.sale()
    cursor = (await ask("{ sales(first: 2) { pageInfo { endCursor } } }"))["sales"]["pageInfo"]["endCursor"]

    with heard() as statements:
        await ask("query($c: String) { sales(first: 1, after: $c) { nodes { id } pageInfo { hasPreviousPage } } }", c=cursor)
        await ask("{ sales(last: 1) { totalCount } }")

    assert not any(word in text for text in statements for word in ("OFFSET", "ROW_NUMBER"))


async def test_every_statement_names_the_workspace(ledger: Ledger, ask: Ask) -> None:
    await ledger.sale(click=await ledger.click())

    with heard() as statements:
        for query in COUNTED:
            await ask(query)

    assert statements
    assert all('"workspace_id"=' in text for text in statements)
