"""Statements of plans: how many each question takes, and that none of them reads a table from its start."""

import re
from typing import Any

import pytest
from tortoise.models import Model

from ingest.models.evidence import Click
from ingest.models.ledger import Sale
from schema.build import compiled
from tests import statistics
from tests.ledger import Ledger
from tests.schema.conftest import Said, answer, heard
from tests.schema.test_query import THE_QUESTION
from tests.test_documents import DOCUMENTS

COUNTED = {
    THE_QUESTION: 2,
    "query($id: ID!) { sale(id: $id) { id customer { email } click { link { url } } refunds(first: 5) { nodes { id } } } }": 2,
    "{ sales(first: 9) { nodes { id } totalCount pageInfo { hasNextPage hasPreviousPage } } }": 2,
    "{ links(first: 9) { nodes { clicks(first: 5) { nodes { id sales(first: 1) { nodes { customer { id } } } } totalCount } } } }": 4,
    "{ sales(first: 9) { nodes { attribution { credits { click { id link { id } } } explanation { click { link { id } } } } } } }": 3,
    "{ sales(first: 9) { nodes { evidence(first: 3) { nodes { id } } } } }": 2,
    "{ refunds(last: 9) { nodes { sale { customer { id } click { link { id } } } } } }": 1,
}
LISTS = {
    "sales": ['paidAt: {gte: "2026-01-01T00:00:00Z"}', 'customer: {eq: "cust_1"}', 'link: {eq: "link_1"}'],
    "clicks": ['at: {lt: "2026-01-01T00:00:00Z"}', 'link: {eq: "link_1"}'],
    "customers": ['externalId: {eq: "u"}', 'email: {eq: "e"}'],
    "refunds": ['sale: {eq: "sale_1"}'],
    "leads": ['customer: {eq: "cust_1"}'],
}


@pytest.fixture
async def ledger(database: str) -> Ledger:
    ledger = await Ledger.of()
    for _ in range(6):
        click, customer = await ledger.click(), await ledger.customer()
        sale = await ledger.sale(customer, click)
        await ledger.refund(sale)
        await ledger.credit(sale, click)
        await ledger.consideration(sale, click)
        await ledger.event(sale)
    return ledger


@pytest.mark.parametrize("query", COUNTED)
async def test_a_question_takes_a_statement_for_each_of_its_levels(ledger: Ledger, query: str) -> None:
    variables: dict[str, Any] = {"id": (await Sale.all().first()).id} if "$id" in query else {}  # type: ignore[union-attr]  # six are there

    with heard(compiled=True) as statements:
        found = await answer(ledger, query, **variables)

    assert "errors" not in found
    assert len(statements) == COUNTED[query], "\n".join(statements)


async def test_every_documented_query_is_answered_by_a_plan(ledger: Ledger) -> None:
    for name, document in DOCUMENTS.items():
        if document.startswith("query"):
            before = compiled.operations.counts.compiled
            await answer(ledger, document)
            assert compiled.operations.counts.compiled > before, name


async def test_no_page_is_reached_by_skipping_or_by_reading_a_whole_table(ledger: Ledger, engine: str) -> None:
    await _many(ledger, 3_000)
    for name, filters in LISTS.items():
        for asked in ["", *(f"filter: {{{each}}}" for each in filters)]:
            with heard(compiled=True) as statements:
                found = await answer(ledger, f"{{ {name}(first: 3, {asked}) {{ pageInfo {{ endCursor }} }} }}")
                cursor = found["data"][name]["pageInfo"]["endCursor"]
                if cursor:
                    await answer(ledger, f'{{ {name}(last: 3, before: "{cursor}", {asked}) {{ nodes {{ id }} }} }}')
            assert statements
            for statement in statements:
                plan = await explained(Sale, statement, engine)
                assert "OFFSET" not in statement
                assert not _scans(plan), f"{statement}\n{plan}"


async def _many(ledger: Ledger, rows: int) -> None:
    """Enough rows that a planner weighs what it does."""
    click = await Click.all().first()
    assert click is not None
    same = {name: getattr(click, name) for name in ("workspace_id", "link_id", "clicked_at", "url")}
    await Click.bulk_create([Click(id=f"x{number:015}", **same) for number in range(rows)])
    sale = await Sale.all().first()
    assert sale is not None
    row: dict[str, Any] = {name: getattr(sale, name) for name in Sale._meta.fields_db_projection if name != "id"}
    await Sale.bulk_create([Sale(id=f"sale_x{number:015}", **row) for number in range(rows)])
    await statistics.take()


async def explained(model: type[Model], said: Said, engine: str) -> str:
    explain = "EXPLAIN QUERY PLAN " if engine == "sqlite" else "EXPLAIN "
    _, rows = await model._meta.db.execute_query(explain + said.text, list(said.values))
    return "\n".join(" ".join(map(str, tuple(row))) for row in rows)


def _scans(plan: str) -> bool:
    """Whether a table that grows is read from its start."""
    return bool(re.search(r"Seq Scan on (sale|click)|SCAN (sale|click)(?! USING)", plan))
