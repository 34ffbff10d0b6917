"""Sales without a converted amount are listed with what they wait for."""

from datetime import UTC, datetime

from ingest import fx, quotes
from ingest.rates import waiting
from ingest.rates.waiting import Lack
from tests.ledger import Ledger

AT = datetime(2026, 11, 20, 15, tzinfo=UTC)


async def test_what_waits_is_counted_by_currency_with_its_reason(database: str) -> None:
    ledger = await Ledger.of()
    await fx.learn(quotes.ECB, [fx.Published("USD", AT, "1.1")], lambda _known, _later: AT)
    for currency in ("KWD", "EUR", "KWD"):
        await ledger.sale(currency=currency, converted_net_minor=None)
    await ledger.sale()

    listed = await waiting.listed()

    assert [(line.workspace, line.currency, line.sales, line.lack) for line in listed] == [
        ("default", "EUR", 1, Lack.TIME),
        ("default", "KWD", 2, Lack.CURRENCY),
    ]
    assert all(isinstance(line.first_paid_at, datetime) and line.first_paid_at.tzinfo is not None for line in listed)
