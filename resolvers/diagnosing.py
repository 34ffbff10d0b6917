"""Diagnosing: what an id names, and what stands on the way from there to the credit: a dozen short statements, however large the ledger.

Whatever the id looks like, it is looked for as every kind of thing: sites choose their own customer ids.
"""

from typing import Any

from ingest.models.evidence import StripeEvent
from ingest.models.facts import Fact, PaymentKey, Subject
from ingest.models.ledger import Sale
from ingest.models.people import Lead
from ingest.models.workspace import Account
from resolvers import loading, lookups
from resolvers.context import Context
from resolvers.diagnosis import CLICK as CLICK_ID
from resolvers.diagnosis import Diagnosis, Kind, Seen, decided
from resolvers.entities import CLICK, CUSTOMER, LINK, SALE, STRIPE_EVENT, WORKSPACE, Row
from resolvers.errors import BadInput
from resolvers.filters import storable

LONGEST, LONGEST_EVENT = 320, 255
_FIELDS = ("session", "invoice", "intent", "charge", "refund", "dispute", "invoice_payment", "subscription_create", "statement")


async def diagnosis(context: Context, said: str) -> Diagnosis:
    """What this names, and what is missing.

    Raises:
        BadInput: nothing, or more than any id has.
    """
    asked = said.strip()
    if not 0 < len(asked) <= LONGEST:
        raise BadInput("id", f"must have 1 to {LONGEST} characters")
    found = (
        await _event(context, asked) or await _payment(context, asked) or await _click(context, asked) or await _customer(context, asked)
    )
    return decided(asked, found or Seen())


def _tenant(context: Context) -> dict[str, Any]:
    return {"workspace_id": context.access.workspace_id, "livemode": context.access.livemode}


async def _accounts(context: Context) -> list[int]:
    found: list[Any] = await Account.filter(workspace_id=context.access.workspace_id).values_list("id", flat=True)
    return found


async def _event(context: Context, asked: str) -> Seen | None:
    """One of Stripe's events, with what came of it."""
    if not asked.startswith("evt_") or len(storable(asked)) > LONGEST_EVENT:
        return None
    named = StripeEvent.filter(account_id__in=await _accounts(context), event_id=storable(asked), **_tenant(context))
    event = await named.order_by("-id").only("id").first()
    if event is None:
        return None
    row = await loading.one(context, STRIPE_EVENT, event.id)
    fact = await Fact.filter(event_id=event.id, **_tenant(context)).order_by("id").only("id", "payment_id").first()
    seen = Seen() if fact is None else await _of_payment(context, fact.payment_id)
    seen.kind, seen.event = Kind.EVENT, row
    return seen


async def _payment(context: Context, asked: str) -> Seen | None:
    """A sale under any of its names, or a payment that is none."""
    key = SALE.key(asked)
    sale = await lookups.sale(context, asked) or (None if key is None else await loading.one(context, SALE, key))
    if sale is not None:
        return await _of_sale(context, sale)
    keys = [f"{field}:{storable(asked)}"[:300] for field in _FIELDS]
    named = PaymentKey.filter(account_id__in=await _accounts(context), key__in=keys, **_tenant(context))
    known = await named.order_by("id").only("id", "payment_id").first()
    return None if known is None else await _of_payment(context, known.payment_id)


async def _of_payment(context: Context, payment_id: str) -> Seen:
    sale = await Sale.filter(payment_id=payment_id, **_tenant(context)).only("id").first()
    row = None if sale is None else await loading.one(context, SALE, sale.id)
    if row is not None:
        return await _of_sale(context, row)
    subject = await Subject.filter(id=payment_id, **_tenant(context)).first()
    return Seen(kind=Kind.PAYMENT, payment=True, fault=subject is not None and subject.error is not None)


async def _of_sale(context: Context, sale: Row) -> Seen:
    customer = await loading.one(context, CUSTOMER, sale["customer_id"])
    click = None if sale["click_id"] is None else await loading.one(context, CLICK, sale["click_id"])
    return Seen(kind=Kind.PAYMENT, payment=True, sale=sale, customer=customer, click=click)


async def _click(context: Context, asked: str) -> Seen | None:
    said = CLICK_ID.fullmatch(asked)
    click = None if said is None else await loading.one(context, CLICK, said[1])
    if click is None:
        return None
    link, workspace = (
        await loading.one(context, LINK, click["link_id"]),
        await loading.one(context, WORKSPACE, context.access.workspace_id),
    )
    sends = (
        link is None or link["track_conversion"] or (link["track_conversion"] is None and bool(workspace and workspace["track_conversion"]))
    )
    named = {"click_id": click["id"], **_tenant(context)}
    sale = await Sale.filter(**named).order_by("-paid_at").only("id").first()
    lead = await Lead.filter(**named).order_by("-at").only("id", "customer_id").first()
    row = None if sale is None else await loading.one(context, SALE, sale.id)
    buyer = row["customer_id"] if row is not None else None if lead is None else lead.customer_id
    customer = None if buyer is None else await loading.one(context, CUSTOMER, buyer)
    return Seen(kind=Kind.CLICK, click=click, sale=row, customer=customer, sends_id=bool(sends), led=row is not None or lead is not None)


async def _customer(context: Context, asked: str) -> Seen | None:
    """A customer by any of their ids, with the latest sale."""
    key = CUSTOMER.key(asked)
    customer = (
        (None if key is None else await loading.one(context, CUSTOMER, key))
        or await lookups.customer_by_stripe_id(context, asked)
        or await lookups.customer_by_external_id(context, asked)
        or await lookups.customer_by_email(context, asked)
    )
    if customer is None:
        return None
    named = {"customer_id": customer["id"], **_tenant(context)}
    sale = await Sale.filter(**named).order_by("-paid_at", "-id").only("id").first()
    lead = await Lead.filter(click_id__isnull=False, **named).order_by("-at").only("id", "click_id").first()
    row = None if sale is None else await loading.one(context, SALE, sale.id)
    brought = row["click_id"] if row is not None else None if lead is None else lead.click_id
    click = None if brought is None else await loading.one(context, CLICK, brought)
    return Seen(kind=Kind.CUSTOMER, customer=customer, sale=row, click=click, led=lead is not None)
