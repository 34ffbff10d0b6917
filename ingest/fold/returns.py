"""What went back: refunds and disputes of one payment, each once, never more than the payment had. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction

from ingest import facts
from ingest.fold.figures import Figures, Objects
from ingest.fold.seen import Seen, by_id, of
from ingest.models.ledger import DisputeStatus, RefundStatus

_REFUND = {
    "succeeded": RefundStatus.SUCCEEDED,
    "failed": RefundStatus.FAILED,
    "canceled": RefundStatus.CANCELED,
}
_FINALITY = {"pending": 0, "requires_action": 0, "succeeded": 1, "canceled": 2, "failed": 3}
"""Two states in the same second: the later of a refund's life counts. A refund that succeeded can still fail; a failed one is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """A refund, or the part of a charge's running total that no refund explains (`stripe_id` None, named by its charge)."""

    key: str
    stripe_id: str | None
    status: RefundStatus
    reason: str | None
    currency: str
    amount_minor: int
    counted_minor: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Disputed:
    """A dispute; `counted_minor` is what of it is off the sale now."""

    key: str
    stripe_id: str
    status: DisputeStatus
    reason: str | None
    currency: str
    amount_minor: int
    counted_minor: int
    at: datetime


def refunds(seen: Sequence[Seen], objects: Objects, paid: Figures | None) -> tuple[Returned, ...]:
    """Every refund by its latest state, oldest first; together they never count more than was paid."""
    histories = [_by_time(found) for _, found in sorted(by_id(of(facts.RefundFact, seen)).items())]
    rows = [_refund(history, paid) for history in histories]
    rows += [row for charge in objects.charges if (row := _unexplained(charge, histories, paid)) is not None]
    return _within(sorted(rows, key=lambda row: (row.at, row.key)), paid)


def disputes(seen: Sequence[Seen], paid: Figures | None, refunded_minor: int) -> tuple[Disputed, ...]:
    """Every dispute; what the refunds left of the payment is the most that they can take."""
    left = paid.gross_minor - refunded_minor if paid else 0
    rows = []
    for row in sorted(
        (_dispute(found, paid) for _, found in by_id(of(facts.DisputeFact, seen)).items()), key=lambda row: (row.at, row.key)
    ):
        counted = min(row.counted_minor, left)
        left -= counted
        rows.append(replace(row, counted_minor=counted))
    return tuple(rows)


def _by_time(found: Iterable[facts.RefundFact]) -> list[facts.RefundFact]:
    return sorted(found, key=lambda fact: (fact.seen_at, _FINALITY.get(fact.status, 0), fact.amount_minor))


def _refund(history: list[facts.RefundFact], paid: Figures | None) -> Returned:
    latest = history[-1]
    status = _REFUND.get(latest.status, RefundStatus.PENDING)
    currency, amount_minor = in_sale_currency(latest.currency, latest.amount_minor, paid)
    return Returned(
        key=latest.id,
        stripe_id=latest.id,
        status=status,
        reason=next((fact.reason for fact in reversed(history) if fact.reason), None),
        currency=currency,
        amount_minor=amount_minor,
        counted_minor=amount_minor if status is RefundStatus.SUCCEEDED and _comparable(currency, paid) else 0,
        at=latest.created_at,
    )


def _unexplained(charge: facts.ChargeFact, histories: list[list[facts.RefundFact]], paid: Figures | None) -> Returned | None:
    """What the charge's running total holds that no refund object explains.

    A refund explains its amount if it was made by the time of that total and had not failed before. One that failed in the very second of
    the total explains it: its own events are here, while a total that never held it explains nothing twice.
    """
    explained = 0
    for history in histories:
        latest = history[-1]
        belongs = latest.charge_id in (charge.id, None) and (latest.charge_id or latest.intent_id == charge.intent_id)
        over = next((fact.seen_at for fact in history if fact.status in ("failed", "canceled")), None)
        if belongs and latest.created_at <= charge.seen_at and (over is None or over >= charge.seen_at):
            explained += latest.amount_minor
    if charge.refunded_minor <= explained:
        return None
    currency, amount_minor = in_sale_currency(charge.currency, charge.refunded_minor - explained, paid)
    return Returned(
        key=f"rest:{charge.id}",
        stripe_id=None,
        status=RefundStatus.SUCCEEDED,
        reason=None,
        currency=currency,
        amount_minor=amount_minor,
        counted_minor=amount_minor if _comparable(currency, paid) else 0,
        at=charge.seen_at,
    )


def _within(rows: list[Returned], paid: Figures | None) -> tuple[Returned, ...]:
    left = paid.gross_minor if paid else 0
    bounded = []
    for row in rows:
        counted = min(row.counted_minor, left)
        left -= counted
        bounded.append(replace(row, counted_minor=counted))
    return tuple(bounded)


def _dispute(found: list[facts.DisputeFact], paid: Figures | None) -> Disputed:
    history = sorted(found, key=lambda fact: (fact.seen_at, fact.status in ("won", "lost"), fact.reinstated, fact.amount_minor))
    latest = history[-1]
    won = any(fact.status == "won" for fact in history)
    lost = any(fact.status == "lost" for fact in history)
    withdrawn = lost or any(fact.withdrawn for fact in history)
    back = won or any(fact.reinstated for fact in history)
    currency, amount_minor = in_sale_currency(latest.currency, latest.amount_minor, paid)
    return Disputed(
        key=latest.id,
        stripe_id=latest.id,
        status=DisputeStatus.WON if won else DisputeStatus.LOST if lost else DisputeStatus.OPEN,
        reason=next((fact.reason for fact in reversed(history) if fact.reason), None),
        currency=currency,
        amount_minor=amount_minor,
        counted_minor=amount_minor if withdrawn and not back and _comparable(currency, paid) else 0,
        at=min(fact.created_at for fact in history),
    )


def in_sale_currency(currency: str, minor: int, paid: Figures | None) -> tuple[str, int]:
    """An amount in the sale's currency: one in the buyer's own becomes the same share of the sale as it was of what the buyer paid.

    Rounded half to even. An amount in a third currency stays as it is; it cannot be compared.
    """
    if paid is None or currency == paid.currency or currency != paid.presentment_currency or not paid.presentment_minor:
        return currency, minor
    return paid.currency, round(Fraction(minor * paid.gross_minor, paid.presentment_minor))


def _comparable(currency: str, paid: Figures | None) -> bool:
    return paid is None or currency == paid.currency
