"""Figures of a report that are no sums: who is one visitor, which sales a median is of, and that they are of the moment of the sums."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from tortoise.transactions import in_transaction

from ingest.keys import Access
from ingest.models.workspace import Workspace
from ingest.rollups import filling
from resolvers.reports import asking, texts
from tests.counting import EXTRAS
from tests.ledger import EPOCH, Ledger
from tests.schema.conftest import Ask, answered, ask, ledger  # noqa: F401  # fixtures

ASKED = {"firstDay": "2026-01-01", "lastDay": "2026-01-31", "groupBy": ["COUNTRY"], "interval": "MONTH", "extras": [*EXTRAS]}
_EACH = "clicks sales pendingSales visitors medianNet { minor } medianSecondsToSale"
DOCUMENT = f"""query Extras($input: ReportInput!) {{ report(input: $input) {{
  groups totals {{ {_EACH} periods {{ {_EACH} }} }} rows {{ {_EACH} periods {{ {_EACH} }} }}
}} }}"""


def _all(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The whole, its one period, each group, and its one period."""
    return [each for whole in (report["totals"], *report["rows"]) for each in (whole, *whole["periods"])]


async def _summed() -> None:
    """As the product writes sums beside what it writes."""
    async with in_transaction() as connection:
        await filling.fill(connection)


@pytest.mark.parametrize("by_plan", [True, False])
async def test_what_is_written_between_the_statements_is_in_none_of_them(
    ledger: Ledger,  # noqa: F811  # the fixture
    monkeypatch: pytest.MonkeyPatch,
    *,
    by_plan: bool,
) -> None:
    link = await ledger.link()
    await ledger.counted(await ledger.click(link))
    read, written = asking.Reading.read, []

    async def read_and_write(self: asking.Reading, statement: texts.Statement, values: Mapping[str, Any]) -> list[Any]:
        found = await read(self, statement, values)
        written.append(await ledger.counted(await ledger.click(link)))
        return found

    monkeypatch.setattr(asking.Reading, "read", read_and_write)
    access = Access(ledger.workspace.id, ledger.livemode, frozenset({"read"}), "key_test")

    first = (await answered(access, DOCUMENT, {"input": ASKED}, by_plan=by_plan))["data"]["report"]
    clicks = 1 + len(written)
    await asyncio.sleep(0)  # readers of SQLite leave the state of a turn of the loop after it
    second = (await answered(access, DOCUMENT, {"input": ASKED}, by_plan=by_plan))["data"]["report"]

    assert clicks == 3
    assert [(each["clicks"], each["visitors"]) for each in _all(first)] == [(1, 1)] * 4
    assert [(each["clicks"], each["visitors"]) for each in _all(second)] == [(clicks, clicks)] * 4, "the connection stands still no longer"


async def test_a_visitor_is_who_keeps_an_id_else_who_has_the_days_hash_else_the_click_itself(ledger: Ledger, ask: Ask) -> None:  # noqa: F811
    seen = [("anon_a", "hash_1"), ("anon_a", "hash_2"), (None, "hash_1"), (None, "hash_1"), (None, "hash_2"), (None, None), (None, None)]
    for anonymous_id, visitor in seen:
        await ledger.counted(await ledger.click(anonymous_id=anonymous_id, visitor=visitor))
    await ledger.counted(await ledger.click(anonymous_id="anon_bot", bot=True))

    found = (await ask(DOCUMENT, input=ASKED))["report"]

    assert [(each["clicks"], each["visitors"]) for each in _all(found)] == [(7, 5)] * 4


NETS: list[tuple[list[tuple[str, int, int | None]], int, str | None]] = [
    ([("USD", 900, 900), ("EUR", 50, 70), ("JPY", 100, None)], 1, "70"),
    ([("USD", 900, 900), ("EUR", 50, 70), ("JPY", 100, None), ("USD", 80, 80)], 1, "80"),
    ([("USD", 80, None), ("EUR", 50, 70), ("USD", 20, None)], 0, "70"),
    ([("JPY", 100, None)], 1, None),
]
"""The sales, each with its net and what that was converted to; how many are pending; the median."""


@pytest.mark.parametrize(("sales", "pending", "median"), NETS)
async def test_a_median_is_of_what_is_in_the_workspaces_currency_and_pending_sales_are_in_none(
    ledger: Ledger,  # noqa: F811  # as above
    ask: Ask,  # noqa: F811  # as above
    sales: list[tuple[str, int, int | None]],
    pending: int,
    median: str | None,
) -> None:
    await Workspace.filter(id=ledger.workspace.id).update(currency="USD")
    for currency, net, converted in sales:
        amounts = dict.fromkeys(Ledger.CONVERTED, converted)
        await ledger.sale(click=await ledger.click(), gross_minor=net, currency=currency, **amounts)
    await _summed()

    found = (await ask(DOCUMENT, input=ASKED))["report"]

    held = None if median is None else {"minor": median}
    assert [(each["sales"], each["pendingSales"], each["medianNet"]) for each in _all(found)] == [(len(sales), pending, held)] * 4


async def test_where_nothing_happened_nobody_came_and_no_median_is(ledger: Ledger, ask: Ask) -> None:  # noqa: F811
    nothing = {"clicks": 0, "sales": 0, "pendingSales": 0, "visitors": 0, "medianNet": None, "medianSecondsToSale": None}

    found = (await ask(DOCUMENT, input=ASKED))["report"]

    assert found == {"groups": 0, "totals": {**nothing, "periods": [nothing]}, "rows": []}


async def test_what_is_not_asked_for_is_null_though_there_is_some(ledger: Ledger, ask: Ask) -> None:  # noqa: F811
    await ledger.sale(click=await ledger.click(), paid_at=EPOCH.replace(hour=1))
    await _summed()
    for extra, name in EXTRAS.items():
        found = (await ask(DOCUMENT, input={**ASKED, "extras": [extra]}))["report"]

        for each in _all(found):
            assert [other for other in EXTRAS.values() if each[other] is not None] == [name]
