"""Reports through GraphQL: what is refused, what it costs, and that what it reads does not grow with what there is."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from tortoise.transactions import in_transaction

from ingest.models.evidence import Click
from ingest.models.ledger import Sale
from ingest.models.people import Lead
from ingest.models.rollups import RollupDelta
from ingest.models.workspace import Workspace
from ingest.rollups import compacting, filling
from resolvers.reports.question import CELLS
from tests import statistics
from tests.counting import DOCUMENT, EXTRAS, Book, shown
from tests.ledger import EPOCH, Ledger
from tests.schema.conftest import Ask, answer, ask, heard, ledger  # noqa: F401  # fixtures

JANUARY = {"firstDay": "2026-01-01", "lastDay": "2026-01-31"}
REFUSED: list[tuple[Mapping[str, Any], str]] = [
    ({}, "input.from"),
    ({**JANUARY, "from": "2026-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z"}, "input.from"),
    ({"from": "2026-01-01T00:00:00Z"}, "input.to"),
    ({"to": "2026-01-01T00:00:00Z"}, "input.from"),
    ({"firstDay": "2026-01-01"}, "input.lastDay"),
    ({"from": "2026-01-01T00:00:00Z", "to": "2026-01-01T01:00:00+01:00"}, "input.to"),
    ({"firstDay": "2026-01-02", "lastDay": "2026-01-01"}, "input.lastDay"),
    ({"firstDay": "1999-12-31", "lastDay": "2026-01-01"}, "input.firstDay"),
    ({"firstDay": "2026-01-01", "lastDay": "9999-12-31"}, "input.lastDay"),
    ({"from": "2001-01-01T00:00:00Z", "to": "2026-01-01T00:00:00Z"}, "input.to"),
    ({"firstDay": "2024-01-01", "lastDay": "2026-01-01", "groupBy": ["COUNTRY", "LINK"]}, "input.groupBy"),
    ({"firstDay": "2024-01-01", "lastDay": "2026-01-01", "extras": ["VISITORS"]}, "input.extras"),
    ({**JANUARY, "groupBy": ["LINK", "LINK"]}, "input.groupBy"),
    ({**JANUARY, "groupBy": ["LINK", "OS", "COUNTRY", "DEVICE", "REFERER", "BROWSER"]}, "input.groupBy"),
    ({"firstDay": "2026-01-01", "lastDay": "2026-12-31", "interval": "HOUR"}, "input.interval"),
    ({**JANUARY, "groupBy": ["LINK"], "limit": 0}, "input.limit"),
    ({**JANUARY, "groupBy": ["LINK"], "limit": 101}, "input.limit"),
    ({**JANUARY, "groupBy": ["LINK"], "limit": 14, "interval": "HOUR"}, "input.limit"),
]


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
async def test_what_cannot_be_taken_is_refused_by_its_name(ledger: Ledger) -> None:  # noqa: F811  # the fixture
    assert CELLS < 14 * 31 * 24
    for asked, name in REFUSED:
        found = await answer(ledger, "query($input: ReportInput!) { report(input: $input) { groups } }", input=asked)

        (error,) = found["errors"]
        assert (error["message"].partition(":")[0], error["extensions"]["code"]) == (name, "BAD_USER_INPUT"), asked


@pytest.mark.parametrize("day", ["2026-13-01", "2026-1-1", "today", 20260101, "2026-01-01T00:00:00Z"])
@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
async def test_a_day_is_written_as_a_day(ledger: Ledger, day: Any) -> None:  # noqa: F811  # as above
    asked = {"firstDay": day, "lastDay": "2026-01-02"}

    found = await answer(ledger, "query($input: ReportInput!) { report(input: $input) { groups } }", input=asked)

    assert found["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    assert "a Date is a day such as 2026-01-31" in found["errors"][0]["message"]


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "Asia/Kolkata", "America/St_Johns"])
async def test_days_of_any_zone_are_those_of_its_clock_over_a_change_of_clocks(ledger: Ledger, ask: Ask, zone: str) -> None:  # noqa: F811
    await Workspace.filter(id=ledger.workspace.id).update(timezone=zone)
    start = EPOCH.replace(month=3, day=27)
    link = await ledger.link()
    for quarter in range(4 * 24 * 5):
        await ledger.click(link, clicked_at=start + timedelta(minutes=15 * quarter))
    async with in_transaction() as connection:
        await filling.fill(connection)
    await compacting.compact(ledger.workspace.id, 50)
    asked = {"firstDay": "2026-03-28", "lastDay": "2026-03-30", "interval": "DAY", "groupBy": ["LINK"]}

    found = (await ask(DOCUMENT, input=asked))["report"]

    assert found == shown((await Book.read(ledger.workspace.id, livemode=True)).report(asked))
    clocks = {"Europe/Berlin": [96, 92, 96], "UTC": [96, 96, 96]}
    assert [each["clicks"] for each in found["totals"]["periods"]][:3] == clocks.get(zone, [96, 96, 96])


async def test_what_is_not_compacted_yet_is_counted_and_compacting_changes_no_answer(ledger: Ledger, ask: Ask) -> None:  # noqa: F811
    for number in range(5):
        click = await ledger.click(country=("DE", "FR", None)[number % 3])
        await ledger.sale(click=click, gross_minor=100 * number)
    async with in_transaction() as connection:
        await filling.fill(connection)
    asked = {**JANUARY, "groupBy": ["COUNTRY"], "interval": "WEEK"}
    answers = [(await ask(DOCUMENT, input=asked))["report"]]

    while await compacting.compact(ledger.workspace.id, 1):
        answers.append((await ask(DOCUMENT, input=asked))["report"])

    assert len(answers) > 5
    assert all(each == answers[0] for each in answers)
    assert answers[0]["rows"][0]["country"] == "FR"
    assert [row["country"] for row in answers[0]["rows"]] == ["FR", "DE", None]


async def test_visitors_are_distinct_and_medians_are_some_sales_own(ledger: Ledger, ask: Ask) -> None:  # noqa: F811
    at = EPOCH.replace(month=1, day=10)
    seen = [("DE", "anon_a", 0), ("DE", "anon_a", 24), ("FR", "anon_a", 24), ("FR", "anon_b", 24), ("FR", None, 25), ("FR", None, 26)]
    clicks = [
        await ledger.click(country=country, anonymous_id=browser, clicked_at=at + timedelta(hours=hours))
        for country, browser, hours in seen
    ]
    await ledger.click(country="DE", anonymous_id="anon_bot", clicked_at=at, bot=True)
    paid = [(0, 300, 90.4), (1, 100, -5), (2, 200, 30), (3, 400, 60)]
    for place, amount, seconds in paid:
        await ledger.sale(click=clicks[place], gross_minor=amount, paid_at=clicks[place].clicked_at + timedelta(seconds=seconds))
    await ledger.sale(gross_minor=500, paid_at=at)
    async with in_transaction() as connection:
        await filling.fill(connection)
    asked = {**JANUARY, "groupBy": ["COUNTRY"], "interval": "DAY", "extras": [*EXTRAS]}

    found = (await ask(DOCUMENT, input=asked))["report"]

    assert found == shown((await Book.read(ledger.workspace.id, livemode=True)).report(asked))
    whole = {
        row["country"]: [row["visitors"], row["medianNet"], row["medianSecondsToSale"]]
        for row in [*found["rows"], {**found["totals"], "country": "all"}]
    }
    assert whole == {
        "all": [4, {"minor": "300"}, 30],
        "DE": [1, {"minor": "100"}, 0],
        "FR": [4, {"minor": "200"}, 30],
        None: [0, {"minor": "500"}, None],
    }
    days = [(each["visitors"], each["medianNet"]) for each in found["totals"]["periods"]]
    assert days[9:11] == [(1, {"minor": "300"}), (4, {"minor": "200"})]
    assert days[11] == (0, None)


@pytest.mark.parametrize(
    ("clicked", "paid", "seconds"), [(0, 2_000_000, 2), (1, 2_000_000, 1), (999_900, 1_000_000, 0), (999_900, 3_999_899, 2)]
)
async def test_seconds_to_sale_are_whole_ones_of_the_time_between_to_the_microsecond(
    ledger: Ledger,  # noqa: F811  # as above
    ask: Ask,  # noqa: F811  # as above
    clicked: int,
    paid: int,
    seconds: int,
) -> None:
    at = EPOCH.replace(month=1, day=10)
    click = await ledger.click(clicked_at=at + timedelta(microseconds=clicked))
    await ledger.sale(click=click, paid_at=at + timedelta(microseconds=paid))

    found = await ask(
        "query($i: ReportInput!) { report(input: $i) { totals { medianSecondsToSale } } }", i={**JANUARY, "extras": [*EXTRAS]}
    )

    assert found["report"]["totals"] == {"medianSecondsToSale": seconds}


PRICED: list[tuple[str, Mapping[str, Any], int]] = [
    ("report(input: $i) { groups totals { clicks } }", JANUARY, 1 + 1),
    ("report(input: $i) { totals { net { amount } } }", JANUARY, 1 + 1 + 1),
    ("report(input: $i) { rows { link { id } net { amount } } }", {**JANUARY, "groupBy": ["LINK"], "limit": 7}, 1 + 7 * 3),
    ("report(input: $i) { rows { clicks } }", {**JANUARY, "groupBy": ["LINK"]}, 1 + 20),
    ("report(input: $i) { rows { clicks } }", JANUARY, 1),
    ("report(input: $i) { totals { periods { net { amount } } } }", {**JANUARY, "interval": "DAY"}, 1 + 1 + 2 * 34),
    ("report(input: $i) { groups }", {**JANUARY, "groupBy": ["COUNTRY", "LINK"], "limit": 1}, 1_001),
    ("report(input: $i) { groups }", {**JANUARY, "extras": ["VISITORS", "VISITORS"]}, 1_001),
    ("report(input: $i) { groups }", {**JANUARY, "extras": []}, 1),
    ("report(input: $i) { groups }", {**JANUARY, "filter": {"link": {"eq": "x"}}, "groupBy": ["COUNTRY"], "limit": 1}, 1_001),
    ("report(input: $i) { groups }", {**JANUARY, "filter": {"utmSource": {"eq": "x"}, "link": None}, "groupBy": ["UTM_MEDIUM"]}, 1),
]


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
async def test_a_report_costs_its_groups_and_periods_and_more_where_rows_are_counted(ledger: Ledger) -> None:  # noqa: F811  # as above
    for fields, asked, cost in PRICED:
        found = await answer(ledger, f"query($i: ReportInput!) {{ {fields} }}", i=asked)

        assert "errors" not in found, found
        assert found["extensions"]["cost"]["requested"] == cost, (fields, asked)


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
async def test_a_price_is_that_of_the_variables_that_are_given(ledger: Ledger) -> None:  # noqa: F811  # as above
    query = """query($last: Date!, $limit: Int = 3) { report(input: {firstDay: "2026-01-01", lastDay: $last, interval: DAY, limit: $limit,
      groupBy: [LINK]}) { rows { periods { clicks } } } }"""

    prices = [
        (await answer(ledger, query, **given))["extensions"]["cost"]["requested"]
        for given in ({"last": "2026-01-02"}, {"last": "2026-01-20"}, {"last": "2026-01-20", "limit": 9})
    ]

    assert prices == [1 + 3 * (1 + 4), 1 + 3 * (1 + 22), 1 + 9 * (1 + 22)]


DOCUMENTED = (
    {**JANUARY, "groupBy": ["COUNTRY"]},
    {**JANUARY, "groupBy": ["UTM_SOURCE", "UTM_CAMPAIGN"], "interval": "DAY"},
    {**JANUARY, "groupBy": ["LINK"], "filter": {"link": {"eq": "link_1"}}, "interval": "HOUR", "limit": 3},
    {"from": "2026-01-01T00:10:00Z", "to": "2026-01-20T10:00:01Z"},
    {**JANUARY, "groupBy": ["COUNTRY", "DEVICE"]},
    {**JANUARY, "extras": [*EXTRAS]},
    {**JANUARY, "groupBy": ["LINK"], "extras": [*EXTRAS], "interval": "DAY"},
)


async def test_a_report_takes_two_statements_one_for_extras_and_one_for_its_links_and_none_reads_a_table_from_its_start(
    ledger: Ledger,  # noqa: F811  # as above
    engine: str,
) -> None:
    link_id = await _many(ledger, 4_000)
    for each in DOCUMENTED:
        asked = {**each, "filter": {"link": {"eq": link_id}}} if "filter" in each else each
        linked = "link { id }" if asked.get("groupBy") == ["LINK"] else "clicks"
        with heard(compiled=True) as statements:
            found = await answer(ledger, f"query($i: ReportInput!) {{ report(input: $i) {{ rows {{ {linked} }} }} }}", i=asked)

        assert "errors" not in found
        assert len(statements) == 2 + ("extras" in each) + ("link" in linked), "\n".join(statements)
        for statement in statements:
            plan = await statistics.explained(statement.text, statement.values)
            assert "OFFSET" not in statement
            assert not scans(plan), f"{statement}\n{plan}"


async def _many(ledger: Ledger, rows: int) -> str:  # noqa: F811  # as above
    """Enough rows that a planner weighs what it does, over a year, and in buckets; the link that all are of."""
    click = await ledger.click()
    sale = await ledger.sale(click=click)
    same = {name: getattr(click, name) for name in ("workspace_id", "link_id", "url", "country", "device")}
    await Click.bulk_create([Click(id=f"x{number:015}", clicked_at=EPOCH + timedelta(hours=number * 2), **same) for number in range(rows)])
    row: dict[str, Any] = {name: getattr(sale, name) for name in Sale._meta.fields_db_projection if name not in ("id", "paid_at")}
    await Sale.bulk_create([Sale(id=f"sale_x{number:015}", paid_at=EPOCH + timedelta(hours=number * 2), **row) for number in range(rows)])
    lead = await ledger.lead(click=click)
    named: dict[str, Any] = {name: getattr(lead, name) for name in Lead._meta.fields_db_projection if name not in ("id", "at")}
    await Lead.bulk_create([Lead(id=f"lead_x{number:015}", at=EPOCH + timedelta(hours=number * 2), **named) for number in range(rows)])
    async with in_transaction() as connection:
        await filling.fill(connection)
    await compacting.compact_everything()
    assert not await RollupDelta.exists()
    await statistics.take()
    return click.link_id


def scans(plan: str) -> bool:
    """Whether a table that grows is read from its start. What waits for the compactor is not much."""
    return bool(re.search(r"Seq Scan on (sale|click|lead|rollup_(?!delta))|SCAN (r|c)\b", plan))
