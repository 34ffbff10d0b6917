"""What the fake Stripe holds, as events and as objects, and the sales that must come of either."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ingest.backfill import reading
from ingest.backfill.bookmark import Bookmark
from ingest.backfill.lists import Span
from ingest.models.ledger import Sale
from tests import stripe_events, stripe_money, stripe_objects

NOW = datetime(2026, 1, 10, tzinfo=UTC)
TEN_DAYS = Span(NOW - timedelta(days=10), NOW)
LONG_AFTER = datetime(2026, 11, 1, tzinfo=UTC)
EXPECTED = [(900, 0, "cs_2", "in_1"), (5_000, 1_200, "cs_1", None)]


def place(span: Span = TEN_DAYS, *, now: datetime = NOW, path: Path | None = None) -> Bookmark:
    return Bookmark(account="acct_fake1", livemode=False, span=span, started_at=now, path=path)


def silent(_: reading.Step) -> None:
    """Nobody looks."""


def week() -> list[dict[str, Any]]:
    """The events of a purchase, a subscription and a partial refund."""
    clicked = {"pimmsClickId": "Abcdefghij012345"}
    return [
        stripe_events.session_completed("cs_1", intent="pi_1", amount=5_000, metadata=clicked),
        stripe_events.charge_succeeded("ch_1", intent="pi_1", amount=5_000),
        stripe_events.refund_created("re_1", charge="ch_1", intent="pi_1", amount=1_200),
        stripe_events.invoice_paid("in_1", paid=900, billing_reason="subscription_create", subscription="sub_1"),
        stripe_events.session_completed("cs_2", mode="subscription", subscription="sub_1", amount=900, customer="cus_1"),
    ]


async def sales() -> list[tuple[int, int, str | None, str | None]]:
    rows = await Sale.all().order_by("gross_minor")
    return [(row.gross_minor, row.refunded_minor, row.session_id, row.invoice_id) for row in rows]


def objects() -> list[dict[str, Any]]:
    """The same as `week`, as lists show it."""
    return [
        stripe_objects.session(
            "cs_1", intent="pi_1", amount=5_000, metadata={"pimmsClickId": "Abcdefghij012345"}, created=stripe_objects.NOON
        ),
        stripe_money.charge_object("ch_1", intent="pi_1", amount=5_000, refunded=1_200, receipt_url="https://pay.example/1"),
        stripe_money.charge_object("ch_2", paid=False),
        stripe_money.refund("re_1", charge="ch_1", intent="pi_1", amount=1_200),
        stripe_objects.invoice("in_1", paid=900, billing_reason="subscription_create", subscription="sub_1"),
        stripe_objects.session("cs_2", mode="subscription", subscription="sub_1", amount=900, customer="cus_1"),
        stripe_money.customer("cus_1"),
    ]
