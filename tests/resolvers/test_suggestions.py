"""For a sale that no click is credited with, the rows of its own workspace say which one it may have been; for a page as for one."""

from datetime import timedelta
from typing import Any

import pytest

from ingest.credit.suggest import Why
from ingest.keys import Access
from ingest.models.ledger import Sale
from resolvers.context import Context
from resolvers.entities import SALE, Row
from resolvers.suggestions import suggestions
from tests.ledger import EPOCH, Ledger
from tests.schema.conftest import answer, heard

PAID_AT = EPOCH + timedelta(days=10)


@pytest.fixture
async def ledger(database: str) -> Ledger:
    return await Ledger.of()


async def suggested(ledger: Ledger, sale: Sale) -> dict[str, set[Why]]:
    access = Access(workspace_id=ledger.workspace.id, livemode=ledger.livemode, scopes=frozenset({"read"}), key_id="key_1")
    values: dict[str, Any] = (await Sale.filter(id=sale.id).values())[0]
    found = await suggestions(Context(access=access, request_id="1", origin=""), Row(SALE, values))
    return {each.click_id: {hint.why for hint in each.hints} for each in found}


async def test_a_customers_past_browser_and_namesake_speak_for_clicks(ledger: Ledger) -> None:
    led = await ledger.click(anonymous_id="anon_1", clicked_at=PAID_AT - timedelta(days=5))
    same = await ledger.click(anonymous_id="anon_1", clicked_at=PAID_AT - timedelta(days=1))
    other = await ledger.click(clicked_at=PAID_AT - timedelta(days=2))
    buyer, namesake = await ledger.customer(email="a@example.com"), await ledger.customer(email="a@example.com")
    await ledger.lead(buyer, led)
    await ledger.lead(namesake, other)
    sale = await ledger.sale(buyer, paid_at=PAID_AT)

    found = await suggested(ledger, sale)

    assert found == {led.id: {Why.SAME_CUSTOMER, Why.SAME_BROWSER}, same.id: {Why.SAME_BROWSER}, other.id: {Why.SAME_EMAIL}}
    assert list(found) == [led.id, same.id, other.id]


async def test_a_click_of_the_buyers_country_shortly_before_is_a_guess(ledger: Ledger) -> None:
    near = await ledger.click(country="SE", clicked_at=PAID_AT - timedelta(minutes=5))
    await ledger.click(country="SE", clicked_at=PAID_AT - timedelta(days=1))
    await ledger.click(country="NO", clicked_at=PAID_AT - timedelta(minutes=5))
    await ledger.click(country="SE", clicked_at=PAID_AT - timedelta(minutes=5), bot=True)
    sale = await ledger.sale(await ledger.customer(country="SE"), paid_at=PAID_AT)

    assert await suggested(ledger, sale) == {near.id: {Why.SHORTLY_BEFORE}}


async def test_what_a_person_took_off_and_what_others_own_is_never_suggested(ledger: Ledger) -> None:
    other, buyer = await Ledger.of("other"), await ledger.customer(email="a@example.com", country="FR")
    await other.lead(await other.customer(email="a@example.com"), await other.click(clicked_at=PAID_AT - timedelta(minutes=5)))
    taken_off = await ledger.click(clicked_at=PAID_AT - timedelta(minutes=5))
    sale = await ledger.sale(buyer, paid_at=PAID_AT)
    await ledger.consideration(sale, taken_off, reason="detached", verdict="refused")

    assert await suggested(ledger, sale) == {}


async def test_a_sale_that_is_credited_needs_no_suggestion(ledger: Ledger) -> None:
    click = await ledger.click(clicked_at=PAID_AT - timedelta(minutes=5), country="FR")
    sale = await ledger.sale(await ledger.customer(country="FR"), click, paid_at=PAID_AT)

    assert await suggested(ledger, sale) == {}


PAGE = "{ unattributed(first: 50) { nodes { id suggestions { click { id } hints { why source } } } } }"


@pytest.mark.parametrize("compiled", [True, False])
async def test_a_page_of_fifty_sales_takes_as_many_statements_as_one(ledger: Ledger, compiled: bool) -> None:
    led, counts = {}, []
    for number in range(50):
        click = await ledger.click(anonymous_id=f"anon_{number}", clicked_at=PAID_AT - timedelta(days=2), country=None)
        buyer = await ledger.customer(email=f"{number % 40}@example.com", country="SE")
        await ledger.lead(buyer, click)
        led[(await ledger.sale(buyer, paid_at=PAID_AT)).id] = click.id
        if number in (0, 49):
            with heard(compiled=compiled) as statements:
                found = await answer(ledger, PAGE)
            counts.append(len(statements))

    nodes = found["data"]["unattributed"]["nodes"]

    assert counts[0] == counts[1], "\n".join(statements)
    assert {node["id"]: node["suggestions"][0]["click"]["id"].removeprefix("click_") for node in nodes} == led
    assert {hint["why"] for node in nodes for hint in node["suggestions"][0]["hints"]} == {"SAME_CUSTOMER", "SAME_BROWSER"}
