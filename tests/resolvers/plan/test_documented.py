"""Every query that docs/graphql.md, the README and the explorer's tabs show: how many statements it takes, and that none of them grows.

The data have one link with 1,000,000 clicks, and 20,000 rows of every other table that grows: as many as a test may make each time. `make
bench-growth` measures the same shape with ten million clicks.
"""

import re
from pathlib import Path

import pytest

from ingest.models.evidence import Click
from ingest.models.ledger import Sale
from ingest.models.people import Customer, Lead
from schema.build import compiled
from tests import statistics
from tests.ledger import Ledger
from tests.resolvers.plan import growing
from tests.schema.conftest import answer, heard
from tests.test_documents import DOCUMENTS

ROOT = Path(__file__).parents[3]
README = re.findall(r"```graphql\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
PERFORMANCE = (ROOT / "docs/performance.md").read_text()
TABS = {path.stem: path.read_text() for path in sorted((ROOT / "api/graphiql/tabs").glob("*.graphql"))}
SHOWN = {
    name: text
    for name, text in [*DOCUMENTS.items(), *((f"README {number}", text) for number, text in enumerate(README, 1)), *TABS.items()]
    if not re.search(r"^\s*(mutation|subscription)\b", text, re.MULTILINE)
}
COUNTED = {
    "SalesWithTheirClicks": 2,
    "LatestSales": 2,
    "CampaignLinks": 5,
    "WhyThisSale": 3,
    "SalesWithoutClick": 13,
    "CustomersAndTheirWorth": 2,
    "JourneyOfASale": 10,
    "LatestClicks": 2,
    "LatestLeads": 1,
    "MoneyBack": 2,
    "InboxHealth": 2,
    "CampaignsByDay": 2,
    "CountriesOfALink": 2,
    "VisitorsOfCampaigns": 3,
    "NextPage": 1,
    "Filtered": 1,
    "WhatIsMissing": 8,
    "README 1": 2,
    "README 2": 3,
    "1-sales": 2,
    "2-explanation": 3,
    "3-unattributed": 14,
    "4-inbox": 1,
    "7-report": 2,
}
"""Statements to each: those that a plan sends, and those of functions that it asks."""
SMALL, LARGE = (40_000, 3_000), (1_000_000, 20_000)
"""Clicks of one link, and of every other table that grows the rows: where pages are full already, and where a walk would show."""
WALKS = {
    "LatestSales": (1, "a total"),
    "LatestClicks": (1, "a total"),
    "SalesWithoutClick": (1, "a total"),
    "3-unattributed": (1, "a total"),
    "JourneyOfASale": (1, "the number of a sale among its customer's"),
    "CustomersAndTheirWorth": (1, "a sum over the customers' sales"),
    "CountriesOfALink": (1, "dimensions that are no named set are counted from the rows of their span"),
    "VisitorsOfCampaigns": (1, "distinct visitors are counted from the clicks of their span"),
    "CampaignLinks": (3, "three totals"),
}
"""Queries of which so many statements cost what a list is long, and why. docs/performance.md names them."""
ON_POSTGRES = {"InboxHealth": (1, "a total, of events that failed: a plan for any state cannot use the index of those")}


@pytest.fixture
async def ledger(database: str) -> Ledger:
    """A chain of everything that is asked for, of which copies are made."""
    ledger = await Ledger.of()
    await growing.chain(ledger)
    await growing.count()
    return ledger


@pytest.mark.unproved
async def test_each_shown_query_takes_the_statements_that_are_written_here_however_much_there_is(database: str) -> None:
    ledger = await Ledger.of()
    for more in (3, 9):
        for _ in range(more):
            await growing.chain(ledger)
        counted = {}
        for name, text in SHOWN.items():
            before = compiled.operations.counts.compiled
            with heard(compiled=True) as statements:
                found = await answer(ledger, text)
            counted[name] = len(statements)

            assert "errors" not in found, (name, found)
            assert compiled.operations.counts.compiled == before + 1, f"{name} is answered by a plan"
        assert counted == COUNTED


@pytest.mark.unproved
async def test_no_shown_query_reads_more_the_more_there_is(ledger: Ledger, engine: str) -> None:
    few, many = [await _looked_at(ledger, letter, sizes) for letter, sizes in (("s", SMALL), ("x", LARGE))]

    walking = {}
    for name, rows in many.items():
        pairs = zip(few[name], rows, strict=True)
        walking[name] = len([most for least, most in pairs if most > growing.SLACK * least + growing.FEW[engine]])

    assert {name for name in WALKS | ON_POSTGRES if f"`{name}`" not in PERFORMANCE} == set()
    known = WALKS | (ON_POSTGRES if engine == "postgres" else {})
    assert {name: count for name, count in walking.items() if count} == {name: count for name, (count, _) in known.items()}


async def _looked_at(ledger: Ledger, letter: str, sizes: tuple[int, int]) -> dict[str, list[int]]:
    """What the statements of each shown query look at, beside so many more rows of every table."""
    await growing.fill(letter, *sizes)
    found = {}
    for name, text in SHOWN.items():
        with heard(compiled=True) as statements:
            answered = await answer(ledger, text)
        assert "errors" not in answered, (name, answered)
        assert not [said for said in statements if "OFFSET" in said]
        found[name] = [await statistics.looked_at_by_readers(said.text, said.values) for said in statements]
    return found


@pytest.mark.unproved
async def test_suggestions_read_no_more_whatever_one_buyer_has(ledger: Ledger, engine: str) -> None:
    """A great many sales without a click, namesakes who have more of them, and clicks of one browser, many of robots."""
    click, buyer = await ledger.click(anonymous_id="anon_2", country="SE"), await ledger.customer(email="a@example.com", country="NO")
    await ledger.lead(buyer, click)
    sale = await ledger.sale(buyer)
    namesake = "CASE WHEN n % 40 = 0 THEN t.email_key ELSE '{0}' || n END"
    silent, theirs = f"id = '{sale.id}'", "'cust_{0}' || (40 * (1 + n % 12))"
    looked_at = []
    for letter, count in (("y", 8_000), ("z", 40_000)):  # limits are reached beside the first
        for table, changed, like in (
            (Customer, {"id": "'cust_{0}' || n", "external_id": "'{0}' || n", "email_key": namesake}, f"id = '{buyer.id}'"),
            (Sale, {"id": "'sale_{0}' || n", "customer_id": f"'{buyer.id}'"}, silent),
            (Sale, {"id": "'sale_more{0}' || n", "customer_id": theirs}, silent),
            (Lead, {"id": "'lead_{0}' || n", "click_id": "NULL"}, f"customer_id = '{buyer.id}'"),
            (Click, {"id": "'{0}' || (100000000000000 + n)", "clicked_at": "{1}"}, f"id = '{click.id}'"),
            (Click, {"id": "'{0}' || (200000000000000 + n)", "clicked_at": "{1}", "bot": "true"}, f"id = '{click.id}'"),
        ):
            await Click._meta.db.execute_query(growing.copies(table, changed, letter, count, like))
        await ledger.lead(buyer, click)
        await statistics.take()
        with heard(compiled=True) as statements:
            found = await answer(
                ledger, f'{{ customer(id: "{buyer.id}") {{ sales(first: 1) {{ nodes {{ suggestions {{ click {{ id }} }} }} }} }} }}'
            )
        assert found["data"]["customer"]["sales"]["nodes"][0]["suggestions"]
        looked_at.append(max([await statistics.looked_at(said.text, said.values) for said in statements]))

    namesakes = 40_000 // 40  # PostgreSQL may read the places of all of them in an index before it takes as many as it wants
    assert looked_at[1] <= growing.SLACK * looked_at[0] + growing.FEW[engine] + namesakes
