"""Statements of plans: how many each question takes, and that none of them reads a table from its start."""

from typing import Any

import pytest

from ingest.models.ledger import Sale
from schema.build import compiled
from tests import statistics
from tests.ledger import Ledger
from tests.resolvers.plan import growing
from tests.schema.conftest import answer, heard
from tests.schema.test_query import THE_QUESTION
from tests.schema.walking import nested
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
    "sales": ['paidAt: {gte: "2026-01-01T00:00:00Z"}', 'customer: {eq: "CUSTOMER"}', 'link: {eq: "LINK"}'],
    "clicks": ['at: {gte: "2026-01-01T00:00:00Z"}', 'link: {eq: "LINK"}'],
    "customers": ['externalId: {eq: "x1"}', 'email: {eq: "e"}'],
    "refunds": ['sale: {eq: "SALE"}'],
    "leads": ['customer: {eq: "CUSTOMER"}'],
    "disputes": ["status: {eq: OPEN}"],
    "links": ['utmCampaign: {eq: "spring"}'],
    "stripeEvents": [],
    "unattributed": ['paidAt: {gte: "2026-01-01T00:00:00Z"}'],
}
"""Lists, and the conditions on them that an index finds."""


@pytest.fixture
async def ledger(database: str) -> Ledger:
    ledger = await Ledger.of()
    for _ in range(3):
        await growing.chain(ledger)
    await growing.count()
    return ledger


@pytest.mark.parametrize("query", COUNTED)
@pytest.mark.unproved
async def test_a_question_takes_a_statement_for_each_of_its_levels(ledger: Ledger, query: str) -> None:
    variables: dict[str, Any] = {"id": (await Sale.all().first()).id} if "$id" in query else {}  # type: ignore[union-attr]  # six are there

    with heard(compiled=True) as statements:
        found = await answer(ledger, query, **variables)

    assert "errors" not in found
    assert len(statements) == COUNTED[query], "\n".join(statements)


@pytest.mark.unproved
async def test_every_documented_query_is_answered_by_a_plan(ledger: Ledger) -> None:
    for name, document in DOCUMENTS.items():
        if document.startswith("query"):
            before = compiled.operations.counts.compiled
            await answer(ledger, document)
            assert compiled.operations.counts.compiled > before, name


@pytest.mark.unproved
async def test_no_page_is_reached_by_skipping_or_costs_more_the_longer_its_list_is(ledger: Ledger, engine: str) -> None:
    """Forwards, backwards and past a cursor, with each condition that docs/graphql.md says an index finds."""
    few, many = [await _looked_at(ledger, letter, rows) for letter, rows in (("s", 2_500), ("x", 12_000))]

    assert few.keys() == many.keys()
    assert {asked: (few[asked], most) for asked, most in many.items() if most > growing.SLACK * few[asked] + growing.FEW[engine]} == {}


async def _looked_at(ledger: Ledger, letter: str, rows: int) -> dict[str, int]:
    """The most that one statement looks at of each page, beside so many more rows of every table."""
    sale = await Sale.filter(click_id__isnull=False).order_by("id").first()
    assert sale is not None
    await growing.fill(letter, rows, rows)
    found = {}
    for name, filters in LISTS.items():
        for condition in ["", *filters]:
            asked = condition.replace("CUSTOMER", str(sale.customer_id)).replace("LINK", str(sale.link_id)).replace("SALE", sale.id)
            asked = f"filter: {{{asked}}}" if asked else ""
            with heard(compiled=True) as statements:
                first = await answer(ledger, f"{{ {name}(first: 3, {asked}) {{ pageInfo {{ endCursor }} }} }}")
                cursor = first["data"][name]["pageInfo"]["endCursor"]
                await answer(ledger, f"{{ {name}(last: 3, {asked}) {{ nodes {{ id }} }} }}")
                if cursor:
                    await answer(ledger, f'{{ {name}(last: 3, before: "{cursor}", {asked}) {{ nodes {{ id }} }} }}')
                    await answer(ledger, f'{{ {name}(first: 3, after: "{cursor}", {asked}) {{ nodes {{ id }} }} }}')
                await _far(ledger, name, asked)
            assert not [said for said in statements if "OFFSET" in said]
            found[f"{name} {condition}"] = max([await statistics.looked_at_by_readers(said.text, said.values) for said in statements])
    return found


@pytest.mark.unproved
async def test_a_page_looks_up_what_stands_beside_its_rows_in_a_small_shop_too(ledger: Ledger, engine: str) -> None:
    """Where PostgreSQL, by the costs of a turning disk, would read all customers to find those of one page."""
    await growing.fill("s", 5_000, 5_000)
    with heard(compiled=True) as statements:
        await answer(ledger, "{ sales(first: 50) { nodes { customer { email } click { country link { url } } } } }")

    (said,) = statements
    assert await statistics.looked_at_by_readers(said.text, said.values) < {"sqlite": 20_000, "postgres": 500}[engine]


@pytest.mark.unproved
async def test_no_page_beneath_a_row_costs_more_the_longer_its_list_is(ledger: Ledger, engine: str) -> None:
    """Of one link, click, customer and sale that have a great many of everything."""
    sale = await Sale.filter(click_id__isnull=False).order_by("id").first()
    assert sale is not None
    ids = [sale.id, sale.customer_id, str(sale.link_id), f"click_{sale.click_id}", f"ws_{ledger.workspace.id}"]

    few, many = [await _beneath(ledger, ids, letter, rows) for letter, rows in (("s", 2_000), ("x", 20_000))]

    assert few.keys() == many.keys()
    assert {asked: (few[asked], most) for asked, most in many.items() if most > growing.SLACK * few[asked] + growing.FEW[engine]} == {}


async def _beneath(ledger: Ledger, ids: list[str], letter: str, rows: int) -> dict[str, int]:
    """The most that one statement looks at of each list beneath these rows, beside so many more rows of every table."""
    await growing.fill(letter, rows, rows)
    found = {}
    for kind, name, _ in nested():
        with heard(compiled=True) as statements:
            for page in ("first: 3", "last: 3"):
                first = await _listed(ledger, ids, kind.name, f"{name}({page}) {{ pageInfo {{ endCursor startCursor }} nodes {{ id }} }}")
                after = ", after:" if "first" in page else ", before:"
                for cursor in {each[name]["pageInfo"]["endCursor"] for each in first if each.get(name)} - {None}:
                    await _listed(ledger, ids, kind.name, f'{name}({page}{after} "{cursor}") {{ nodes {{ id }} }}')
        found[f"{kind.name}.{name}"] = max([await statistics.looked_at_by_readers(said.text, said.values) for said in statements])
    return found


async def _listed(ledger: Ledger, ids: list[str], kind: str, asked: str) -> list[dict[str, Any]]:
    found = await answer(ledger, f"query($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on {kind} {{ {asked} }} }} }}", ids=ids)
    assert "errors" not in found, found
    return [each for each in found["data"]["nodes"] if each is not None]


async def _far(ledger: Ledger, name: str, asked: str) -> None:
    """A page from the middle of the list, either way: past a cursor with which a condition of time lies on one side."""
    middle = await answer(ledger, f"{{ {name}(first: 100, {asked}) {{ pageInfo {{ endCursor }} }} }}")
    cursor = middle["data"][name]["pageInfo"]["endCursor"]
    for page in ("first: 3, after", "last: 3, before") if cursor else ():
        await answer(ledger, f'{{ {name}({page}: "{cursor}", {asked}) {{ nodes {{ id }} }} }}')
