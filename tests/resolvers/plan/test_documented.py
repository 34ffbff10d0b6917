"""Every query that docs/graphql.md, the README and the explorer's tabs show: how many statements it takes, and that none of them grows.

The data have one link with 100,000 clicks, and 20,000 sales, leads and events: as many as a test may make each time. `make bench-growth`
measures the same shape with ten million clicks.
"""

import json
import re
import sqlite3
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from ingest.models.evidence import Click, StripeEvent
from ingest.models.ledger import Customer, Lead, Sale
from schema.build import compiled
from tests import statistics
from tests.ledger import Ledger
from tests.schema.conftest import answer, heard
from tests.test_documents import DOCUMENTS

ROOT = Path(__file__).parents[3]
README = re.findall(r"```graphql\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
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
    "SalesWithoutClick": 11,
    "CustomersAndTheirWorth": 2,
    "JourneyOfASale": 6,
    "LatestClicks": 2,
    "LatestLeads": 1,
    "MoneyBack": 2,
    "InboxHealth": 2,
    "CampaignsByDay": 2,
    "CountriesOfALink": 2,
    "VisitorsOfCampaigns": 3,
    "NextPage": 1,
    "Filtered": 1,
    "WhatIsMissing": 6,
    "README 1": 2,
    "README 2": 3,
    "1-sales": 2,
    "2-explanation": 3,
    "3-unattributed": 12,
    "4-inbox": 1,
    "7-report": 2,
}
"""Statements to each: those that a plan sends, and those of functions that it asks."""
CLICKS, OTHERS = 100_000, 20_000
FEW = 3_000
"""Rows that one statement may look at, of any table: a page of 50 with all that stands beside it, with room; far from any of those."""
STEPS = 200_000
"""Steps of SQLite's machine that read about as many: a row of an index takes some ten."""


GROWING = {model._meta.db_table: model for model in (Click, Sale, Lead, Customer, StripeEvent)}


@pytest.fixture
async def ledger(database: str) -> Ledger:
    """A chain, and a great many more rows like its own."""
    ledger = await Ledger.of()
    link = await ledger.link(utm_campaign="spring")
    click, customer = await ledger.click(link), await ledger.customer()
    sale = await ledger.sale(customer, click)
    await ledger.sale(customer)
    await ledger.credit(sale, click)
    await ledger.consideration(sale, click)
    await ledger.refund(sale)
    await ledger.dispute(sale)
    await ledger.lead(customer, click)
    await ledger.event(sale)
    return ledger


async def test_each_shown_query_takes_the_statements_that_are_written_here(ledger: Ledger) -> None:
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
    explained = 0
    await _grown()
    for name, text in SHOWN.items():
        with heard(compiled=True) as statements:
            found = await answer(ledger, text)
        assert "errors" not in found, (name, found)
        for said in statements:
            assert "OFFSET" not in said
            if not _adds_up(said):
                await (_explained_by_sqlite if engine == "sqlite" else _explained_by_postgres)(said.text, said.values)
                explained += 1
    assert explained > len(SHOWN)


def _adds_up(statement: str) -> bool:
    """Whether a statement counts a whole list, or adds one up: that costs what the list is long, and only who asks."""
    return "COUNT(*)" in statement or "SUM(" in statement


async def _grown() -> None:
    """One link with a great many clicks, and as many sales, leads and events as a test may have."""
    numbers = (
        'WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {}) INSERT INTO "{}" ({}) SELECT {} FROM "{}" t, n{}'
    )
    database = Click._meta.db
    for table, rows, changed in (
        ("click", CLICKS, {"id": "'x' || (100000000000000 + n)"}),
        ("sale", OTHERS, {"id": "'sale_x' || n"}),
        ("lead", OTHERS, {"id": "'lead_x' || n"}),
        ("customer", OTHERS, {"id": "'cust_x' || n", "external_id": "'x' || n", "email_key": "'x' || n"}),
        ("stripe_event", OTHERS, {"id": "1000 + n", "event_id": "'evt_x' || n"}),
    ):
        columns = GROWING[table]._meta.fields_db_projection.values()
        named = ", ".join(f'"{column}"' for column in columns)
        values = ", ".join(changed.get(column, f't."{column}"') for column in columns)
        credited = " WHERE click_id IS NOT NULL" if table == "sale" else ""
        one = f' WHERE t.id = (SELECT min(id) FROM "{table}"{credited})'
        await database.execute_query(numbers.format(rows, table, named, values, table, one))
    await statistics.take()


async def _explained_by_sqlite(statement: str, values: Sequence[Any]) -> None:
    client: Any = Click._meta.db
    steps, connection = 0, sqlite3.connect(client.filename)

    def stepped() -> None:
        nonlocal steps
        steps += 1_000

    plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}", values)]
    connection.set_progress_handler(stepped, 1_000)
    connection.execute(statement, values).fetchall()
    connection.close()

    scanned = [line for line in plan if re.fullmatch(rf"SCAN ({'|'.join(GROWING)})( USING.*)?", line)]
    assert not scanned, (statement, plan)
    assert steps < STEPS, (steps, statement, plan)


async def _explained_by_postgres(statement: str, values: Sequence[Any]) -> None:
    """As a reader runs it: planned once, for any values."""
    given = ", ".join(map(_literal, values))
    client: Any = Click._meta.db
    async with client.readers.acquire() as connection:
        await connection.execute(f"PREPARE shown AS {statement}")
        try:
            (plan,) = json.loads(await connection.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE shown{f'({given})' if given else ''}"))
        finally:
            await connection.execute("DEALLOCATE shown")

    for node in _nodes(plan["Plan"]):
        looked_at = (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
        if node.get("Relation Name") in GROWING:
            assert node["Node Type"] != "Seq Scan", (statement, node)
            assert looked_at < FEW, (looked_at, statement, node)


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for each in plan.get("Plans", ()):
        yield from _nodes(each)


def _literal(value: Any) -> str:
    if isinstance(value, list):
        return f"ARRAY[{', '.join(map(_literal, value))}]"
    if isinstance(value, (bool, int)):
        return str(value)
    text = value.isoformat() if isinstance(value, datetime) else str(value)
    return "'" + text.replace("'", "''") + "'"


_EARLIER = {
    "sqlite": "strftime('%Y-%m-%d %H:%M:%f+00:00', t.clicked_at, '-' || (n / 1e3) || ' seconds')",
    "postgres": "t.clicked_at - n * interval '1 ms'",
}
"""As many milliseconds before a click: no browser has two at once."""


@pytest.mark.unproved
async def test_suggestions_read_no_more_whatever_one_buyer_has(ledger: Ledger, engine: str) -> None:
    """A great many sales without a click, namesakes who have more of them, and clicks of one browser, many of robots."""
    click, buyer = await ledger.click(anonymous_id="anon_1", country="SE"), await ledger.customer(email="a@example.com", country="NO")
    await ledger.lead(buyer, click)
    namesake = "CASE WHEN n % 40 = 0 THEN t.email_key ELSE 'y' || n END"
    for text in (
        _many("customer", {"id": "'cust_y' || n", "external_id": "'y' || n", "email_key": namesake}, f"id = '{buyer.id}'"),
        _many("sale", {"id": "'sale_y' || n", "customer_id": f"'{buyer.id}'"}, "click_id IS NULL"),
        _many("sale", {"id": "'sale_z' || n", "customer_id": "'cust_y' || (40 * (1 + n % 500))"}, "click_id IS NULL"),
        _many("lead", {"id": "'lead_y' || n", "click_id": "NULL"}, f"customer_id = '{buyer.id}'"),
        _many("click", {"id": "'y' || (100000000000000 + n)", "clicked_at": _EARLIER[engine]}, f"id = '{click.id}'"),
        _many("click", {"id": "'z' || (100000000000000 + n)", "clicked_at": _EARLIER[engine], "bot": "true"}, f"id = '{click.id}'"),
    ):
        await Click._meta.db.execute_query(text)
    await ledger.lead(buyer, click)
    await statistics.take()

    with heard(compiled=True) as statements:
        found = await answer(
            ledger, f'{{ customer(id: "{buyer.id}") {{ sales(first: 1) {{ nodes {{ suggestions {{ click {{ id }} }} }} }} }} }}'
        )

    assert found["data"]["customer"]["sales"]["nodes"][0]["suggestions"]
    for said in statements:
        await (_explained_by_sqlite if engine == "sqlite" else _explained_by_postgres)(said.text, said.values)


def _many(table: str, changed: dict[str, str], like: str) -> str:
    """A statement that makes a great many rows like one."""
    columns = GROWING[table]._meta.fields_db_projection.values()
    named = ", ".join(f'"{column}"' for column in columns)
    values = ", ".join(changed.get(column, f't."{column}"') for column in columns)
    numbers = f"WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {OTHERS})"
    one = f'(SELECT * FROM "{table}" WHERE {like} ORDER BY id LIMIT 1)'
    return f'{numbers} INSERT INTO "{table}" ({named}) SELECT {values} FROM {one} t, n'
