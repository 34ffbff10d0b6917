"""`Sale.amountIn`: any currency at the rate of the moment of payment, exact, null where no rate is known, in a handful of statements."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from ingest import fx, quotes
from ingest.fx import Published
from ingest.models.workspace import Workspace
from tests.ledger import EPOCH, Ledger
from tests.schema.conftest import Ask, answer, heard

AMOUNTS = "gross { amount minor currency } refunded { minor } disputed { minor } net { minor amount }"
QUESTION = f"query($c: String!) {{ sales(first: 9) {{ nodes {{ amountIn(currency: $c) {{ rate source publishedAt {AMOUNTS} }} }} }} }}"
NOON = EPOCH + timedelta(days=3)


async def learned(*rates: tuple[str, float, str], to: float) -> None:
    """What the Bank published: (currency, days from the epoch, units for a euro), known complete to so many days from it."""
    found = [Published(currency, EPOCH + timedelta(days=day), rate) for currency, day, rate in rates]
    await fx.learn(quotes.ECB, found, lambda known, moments: EPOCH + timedelta(days=to))


async def asked(ask: Ask, currency: str) -> list[dict[str, Any] | None]:
    return [each["amountIn"] for each in (await ask(QUESTION, c=currency))["sales"]["nodes"]]


async def test_it_is_the_rate_that_was_in_force_when_the_sale_was_paid(ledger: Ledger, ask: Ask) -> None:
    await learned(("USD", 1, "1.1"), ("GBP", 2, "0.8"), ("USD", 2, "1.2"), ("USD", 4, "2"), to=9)
    await ledger.sale(gross_minor=1_001, paid_at=NOON, refunded_minor=333, disputed_minor=1, net_minor=667)

    (found,) = await asked(ask, "GBP")

    assert found == {
        "rate": "0.666666666666667",
        "source": "ECB",
        "publishedAt": "2026-01-03T00:00:00Z",
        "gross": {"amount": "6.67", "minor": "667", "currency": "GBP"},
        "refunded": {"minor": "222"},
        "disputed": {"minor": "1"},
        "net": {"amount": "4.44", "minor": "444"},
    }
    assert Decimal(found["rate"]) == (await fx.quote("ECB", "USD", "GBP", NOON)).rate  # type: ignore[union-attr]  # as the ledger has it


async def test_where_no_rate_is_known_it_is_null_and_never_a_guess(ledger: Ledger, ask: Ask) -> None:
    await learned(("USD", 1, "1.1"), ("GBP", 1, "0.8"), to=2)
    await ledger.sale(paid_at=NOON)  # later than the source is known
    await ledger.sale(paid_at=EPOCH)  # before anything was published
    await ledger.sale(paid_at=EPOCH + timedelta(days=1), currency="XYZ")  # nobody knows its decimals

    assert await asked(ask, "GBP") == [None, None, None]
    await learned(to=30)
    assert [found is None for found in await asked(ask, "GBP")] == [False, True, True]
    assert await asked(ask, "KWD") == [None, None, None]
    await ledger.sale(paid_at=EPOCH + timedelta(days=20))  # the last rate is too old to serve
    assert (await asked(ask, "GBP"))[0] is None


async def test_in_its_own_currency_and_in_the_workspaces_no_rate_is_looked_up(ledger: Ledger, ask: Ask) -> None:
    mine: dict[str, Any] = {
        "currency": "EUR",
        "converted_currency": "USD",
        "rate": "1.25",
        "rate_source": "FILE",
        "rate_published_at": EPOCH,
    }
    await ledger.sale(paid_at=NOON, **mine)

    (own,), (converted,) = await asked(ask, "eur"), await asked(ask, "USD")

    assert own is not None
    assert converted is not None
    assert (own["rate"], own["source"], own["publishedAt"], own["net"]["minor"]) == ("1", None, None, "1000")
    assert (converted["rate"], converted["source"], converted["net"]["minor"]) == ("1.25", "FILE", "1250")


async def test_the_rate_is_that_of_the_workspaces_source(ledger: Ledger, ask: Ask) -> None:
    await learned(("USD", 1, "1.1"), ("GBP", 1, "0.8"), to=9)
    await fx.learn(quotes.FILE, [Published("GBP", EPOCH, "0.5")], lambda known, moments: EPOCH + timedelta(days=9))
    await ledger.sale(paid_at=NOON)
    await Workspace.filter(id=ledger.workspace.id).update(fx_source="FILE")

    (found,) = await asked(ask, "GBP")

    assert found is not None
    assert (found["rate"], found["source"], found["net"]["minor"]) == ("0.5", "FILE", "500")


@pytest.mark.parametrize("currency", ["", "XX", "dollars", "XYZ", "\x00"])
async def test_what_is_no_currency_is_refused(ledger: Ledger, currency: str) -> None:
    await ledger.sale()

    found = await answer(ledger, QUESTION, c=currency)

    assert found["errors"][0]["extensions"] == {"code": "BAD_USER_INPUT"}


@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize("sales", [1, 9, 60])
async def test_a_page_takes_a_handful_of_statements_whatever_its_size(ledger: Ledger, compiled: bool, sales: int) -> None:
    await learned(("USD", 1, "1.1"), ("GBP", 1, "0.8"), to=9)
    for number in range(sales):
        await ledger.sale(paid_at=NOON + timedelta(minutes=number))

    with heard(compiled=compiled) as statements:
        found = await answer(ledger, '{ sales(first: 100) { nodes { amountIn(currency: "GBP") { net { minor } } } } }')

    assert [each["amountIn"]["net"]["minor"] for each in found["data"]["sales"]["nodes"]] == ["727"] * sales
    assert len(statements) == (5 if sales > 50 else 4), "\n".join(statements)
