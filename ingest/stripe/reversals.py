"""Refunds and disputes: money that went back, or may."""

from ingest.facts import DisputeFact, Parsed, RefundFact
from ingest.stripe.edges import joined
from ingest.stripe.shape import Seen, as_integer


def refund(seen: Seen) -> Parsed:
    fact = RefundFact(
        id=seen.need_id(),
        status=_status(seen),
        currency=seen.need_currency("currency"),
        amount_minor=seen.need_minor("amount"),
        created_at=seen.need_moment("created"),
        seen_at=seen.at,
        reason=seen.name("reason"),
        charge_id=seen.id("charge"),
        intent_id=seen.id("payment_intent"),
    )
    return Parsed(facts=(joined(fact, charge=fact.charge_id, intent=fact.intent_id),))


def _status(seen: Seen) -> str:
    """As stated. Refunds had no status while none could fail; a refund.failed event says that it failed whatever the body says."""
    stated = seen.text("status") or "succeeded"
    return "failed" if seen.type == "refund.failed" and stated != "canceled" else stated


def dispute(seen: Seen) -> Parsed:
    moved = _moved(seen)
    fact = DisputeFact(
        id=seen.need_id(),
        status=seen.text("status") or "",
        currency=seen.need_currency("currency"),
        amount_minor=seen.need_minor("amount"),
        created_at=seen.need_moment("created"),
        seen_at=seen.at,
        withdrawn=seen.type == "charge.dispute.funds_withdrawn" or any(amount < 0 for amount in moved),
        reinstated=seen.type == "charge.dispute.funds_reinstated" or any(amount > 0 for amount in moved),
        reason=seen.name("reason"),
        charge_id=seen.id("charge"),
        intent_id=seen.id("payment_intent"),
    )
    return Parsed(facts=(joined(fact, charge=fact.charge_id, intent=fact.intent_id),))


def _moved(seen: Seen) -> list[int]:
    """What a dispute did to the balance, by sign: one below zero withdrew funds, one above brought them back.

    Source: https://docs.stripe.com/api/disputes/object#dispute_object-balance_transactions
    """
    rows = seen.value("balance_transactions")
    amounts = [as_integer(row.get("amount")) for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    return [amount for amount in amounts if amount]
