"""The rows of one settled payment, as the ledger should hold them: pure. Amounts converted so that parts sum to their whole."""

from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import orjson
from tortoise.models import Model

from ingest import money
from ingest.fold.figures import Figures
from ingest.fold.payment import RANK
from ingest.fold.returns import Disputed, Returned
from ingest.models.ledger import Consideration, Credit, Dispute, Refund, Sale, SaleReference
from ingest.settle.scope import Scope
from ingest.settle.settled import Settled


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Everything that one payment has in the ledger; `sale` is None while no money came in."""

    sale: Sale | None
    children: tuple[Model, ...]
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Converted:
    """Amounts in the workspace's currency; all None while there is no rate."""

    gross: int | None
    tax: int | None
    shipping: int | None
    discount: int | None
    refunded: int | None
    disputed: int | None
    net: int | None


def sale_id(scope: Scope, account: int, kind: str, name: str) -> str:
    """The id that this Stripe id gives a sale."""
    return scope.id("sale", account, kind, name)


def rows(scope: Scope, each: Settled, customer_id: str) -> Rows:
    """The rows of a payment. Equal folds give equal rows and an equal digest."""
    amounts = _converted(each)
    name = each.payment.name
    sale = _sale(scope, each, customer_id, amounts, sale_id(scope, each.account, *name)) if each.payment.paid and name else None
    children: list[Model] = [*_returns(scope, each, amounts, sale.id if sale else None)]
    if sale is not None:
        children += _references(scope, each, sale.id) + _credits(scope, each, amounts, sale.id) + _considerations(scope, each, sale.id)
    made_digest = digest([*([sale] if sale else []), *children])
    if sale is not None:
        sale.digest = made_digest
    return Rows(sale=sale, children=tuple(children), digest=made_digest)


def _converted(each: Settled) -> Converted:
    """Each amount at the sale's rate. What went back is converted as one running sum, so that gross = net + refunded + disputed exactly."""
    paid = each.payment.paid
    if paid is None or each.quote is None:
        return Converted(gross=None, tax=None, shipping=None, discount=None, refunded=None, disputed=None, net=None)
    gross = _convert(each, paid.gross_minor)
    refunded = _convert(each, each.payment.refunded_minor)
    returned = _convert(each, each.payment.refunded_minor + each.payment.disputed_minor)
    return Converted(
        gross=gross,
        tax=_convert(each, paid.tax_minor),
        shipping=_convert(each, paid.shipping_minor),
        discount=_convert(each, paid.discount_minor),
        refunded=refunded,
        disputed=returned - refunded,
        net=gross - returned,
    )


def _convert(each: Settled, minor: int) -> int:
    if each.payment.paid is None or each.quote is None:
        raise ValueError("nothing to convert")
    return money.convert(minor, source=each.payment.paid.currency, target=each.currency, rate=each.quote.rate)


def _sale(scope: Scope, each: Settled, customer_id: str, amounts: Converted, its_id: str) -> Sale:
    payment, decision = each.payment, each.attributed.decision
    paid = payment.paid
    if paid is None:
        raise ValueError("no sale without money")
    return Sale(
        id=its_id,
        account_id=each.account,
        payment_id=each.id,
        kind=payment.kind,
        status=payment.status,
        **_figures(paid),
        refunded_minor=payment.refunded_minor,
        disputed_minor=payment.disputed_minor,
        net_minor=payment.net_minor,
        event_name=payment.tracked.event_name if payment.tracked else None,
        processor=payment.tracked.processor if payment.tracked and set(payment.ids) <= {"statement", "invoice"} else "stripe",
        metadata=dict(payment.tracked.metadata) if payment.tracked else {},
        converted_currency=each.currency,
        **{f"converted_{name}_minor": getattr(amounts, name) for name in Converted.__dataclass_fields__},
        rate=str(each.quote.rate.normalize()) if each.quote else None,
        rate_source=each.quote.source or None if each.quote else None,
        rate_published_at=each.quote.published_at if each.quote and each.quote.source else None,
        customer_id=customer_id,
        click_id=decision.touch.click_id if decision.touch else None,
        link_id=decision.touch.link_id if decision.touch else None,
        reason=decision.reason,
        identity_conflict=each.attributed.conflict,
        ruleset=each.attributed.ruleset,
        **{f"{kind}_id": payment.ids.get(kind) for kind in RANK if kind != "statement"},
        subscription_id=payment.subscription,
        stripe_customer_id=payment.stripe_customer,
        **scope.filter,
    )


def _figures(paid: Figures) -> dict[str, Any]:
    return {name: getattr(paid, name) for name in Figures.__dataclass_fields__}


def _returns(scope: Scope, each: Settled, amounts: Converted, its_sale: str | None) -> list[Model]:
    refunds = _shares(each, [row.counted_minor for row in each.payment.refunds], amounts.refunded)
    disputes = _shares(each, [row.counted_minor for row in each.payment.disputes], amounts.disputed)
    made: list[Model] = [_refund(scope, each, row, its_sale, share) for row, share in zip(each.payment.refunds, refunds, strict=True)]
    made += [_dispute(scope, each, row, its_sale, share) for row, share in zip(each.payment.disputes, disputes, strict=True)]
    return made


def _shares(each: Settled, counted: list[int], whole: int | None) -> list[int | None]:
    """The converted whole, split over what counts of each part."""
    if whole is None or each.quote is None:
        return [None] * len(counted)
    return list(money.split(whole, counted)) if sum(counted) else [0] * len(counted)


def _part(scope: Scope, each: Settled, prefix: str, row: Returned | Disputed, share: int | None) -> dict[str, Any]:
    known = each.payment.paid is not None and each.quote is not None and row.currency == each.payment.paid.currency
    return {
        "id": scope.id(prefix, each.account, row.key),
        "payment_id": each.id,
        "stripe_id": row.stripe_id,
        "status": row.status,
        "reason": row.reason,
        "currency": row.currency,
        "amount_minor": row.amount_minor,
        "counted_minor": row.counted_minor,
        "converted_currency": each.currency,
        "converted_minor": (share if row.counted_minor == row.amount_minor else _convert(each, row.amount_minor)) if known else None,
        "at": row.at,
        **scope.filter,
    }


def _refund(scope: Scope, each: Settled, row: Returned, its_sale: str | None, share: int | None) -> Refund:
    return Refund(sale_id=its_sale, **_part(scope, each, "rfnd", row, share))


def _dispute(scope: Scope, each: Settled, row: Disputed, its_sale: str | None, share: int | None) -> Dispute:
    return Dispute(sale_id=its_sale, **_part(scope, each, "disp", row, share))


def _references(scope: Scope, each: Settled, its_sale: str) -> list[Model]:
    """Every Stripe id of the payment, and every id that the sale may have had while less was known."""
    names = {name for _, name in each.payment.references} | {
        sale_id(scope, each.account, *reference) for reference in each.payment.references
    }
    return [SaleReference(name=name, sale_id=its_sale, **scope.filter) for name in sorted(names)]


def _credits(scope: Scope, each: Settled, amounts: Converted, its_sale: str) -> list[Model]:
    touch, paid = each.attributed.decision.touch, each.payment.paid
    if touch is None or paid is None:
        return []
    return [
        Credit(
            id=scope.id("cred", its_sale, 0),
            sale_id=its_sale,
            position=0,
            click_id=touch.click_id,
            link_id=touch.link_id,
            weight="1",
            currency=paid.currency,
            amount_minor=each.payment.net_minor,
            converted_currency=each.currency,
            converted_minor=amounts.net,
            **scope.filter,
        )
    ]


def _considerations(scope: Scope, each: Settled, its_sale: str) -> list[Model]:
    return [
        Consideration(
            id=scope.id("cons", its_sale, position),
            sale_id=its_sale,
            position=position,
            rule=found.rule,
            verdict=found.verdict,
            reason=found.reason,
            stated=found.stated,
            click_id=found.click_id,
            source=found.source,
            field=found.field,
            stated_at=found.stated_at,
            **scope.filter,
        )
        for position, found in enumerate(each.attributed.decision.considered)
    ]


_INTERNAL = ("payment_id", "digest")
"""Columns of the books, not of the ledger: a rebuild may number them otherwise."""


def digest(made: list[Model]) -> str:
    content = [[type(row).__name__, *(getattr(row, name) for name in sorted(row._meta.db_fields) if name not in _INTERNAL)] for row in made]
    return blake2b(orjson.dumps(content, default=str), digest_size=12).hexdigest()
