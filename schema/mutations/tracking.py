"""What a site says of its customers: leads, sales, details. It is kept first and settled then; the answer waits a moment for that."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from enum import Enum
from typing import Any

import strawberry
from strawberry.types.info import Info

from ingest import statements
from ingest.models.evidence import Statement
from resolvers import lookups, waiting
from resolvers.context import Context
from schema.customers import Customer
from schema.enums import described
from schema.leads import Lead
from schema.mutations.outcomes import UserError, attempted, given, mutation, optional, required, user_errors
from schema.sales import Sale
from schema.scalars import BigInt, Json

LATER = "Null while the settler has not come to it; ask again."


class LeadMode(Enum):
    """How a lead is taken."""

    ASYNC = "async"
    WAIT = "wait"
    DEFERRED = "deferred"


described(
    LeadMode,
    "LeadMode",
    "How a lead is taken.",
    {
        LeadMode.ASYNC: "Answered as soon as it is kept.",
        LeadMode.WAIT: "Answered when it is in the ledger, or a moment later.",
        LeadMode.DEFERRED: "Only ties the customer to the click; a later lead of the same name is the one that counts.",
    },
)


@strawberry.input(description="A step of a customer before paying.")
class LeadTrackInput:
    external_id: str = required("The site's own id of the customer.")
    event_name: str = required("What the step is called, such as Sign up.")
    click_id: str | None = optional("The click id that the visitor brought: 16 letters and digits.")
    customer_name: str | None = optional("The customer's name.")
    customer_email: str | None = optional("The customer's e-mail address.")
    customer_avatar: str | None = optional("The address of a picture of the customer.")
    event_quantity: int | None = optional("How many such events it stands for; 1 unless said.")
    metadata: Json | None = optional("An object of anything worth keeping beside it.")
    mode: LeadMode | None = optional("How it is taken; WAIT unless said.")


@strawberry.input(description="A sale that the site itself saw.")
class SaleTrackInput:
    external_id: str = required("The site's own id of the customer.")
    amount_minor: BigInt = required("What was paid, in minor units: 1230 for 12.30 USD.")
    currency: str | None = optional("The currency: ISO 4217. USD unless said.")
    click_id: str | None = optional("The click id that the visitor brought: 16 letters and digits.")
    payment_processor: str | None = optional("What processed the payment; custom unless said.")
    event_name: str | None = optional("What the sale is called; Purchase unless said.")
    invoice_id: str | None = optional("Makes it said once: the same again is the first sale. A Stripe invoice's id joins that payment.")
    lead_event_name: str | None = optional("The lead that it followed.")
    metadata: Json | None = optional("An object of anything worth keeping beside it.")


@strawberry.input(description="Details of a customer. What is left out stays.")
class CustomerUpsertInput:
    external_id: str = required("The site's own id of the customer.")
    name: str | None = optional("The name.")
    email: str | None = optional("The e-mail address.")
    avatar: str | None = optional("The address of a picture.")
    country: str | None = optional("The country: two letters.")
    click_id: str | None = optional("The click id that brought the customer: 16 letters and digits.")


@strawberry.type(description="What was said, as it was kept.")
class Receipt:
    id: strawberry.ID = strawberry.field(description="The statement's id: `stm_…`. Explanations name it as their source.")
    said_at: datetime = strawberry.field(description="When it was said.")


@strawberry.type(description="The lead, or what was wrong.")
class LeadTrackPayload:
    receipt: Receipt | None = strawberry.field(description="That it was kept.", default=None)
    lead: Lead | None = strawberry.field(description=f"The lead. {LATER}", default=None)
    customer: Customer | None = strawberry.field(description=f"The customer. {LATER}", default=None)
    user_errors: list[UserError] = user_errors()


@strawberry.type(description="The sale, or what was wrong.")
class SaleTrackPayload:
    receipt: Receipt | None = strawberry.field(description="That it was kept.", default=None)
    sale: Sale | None = strawberry.field(description=f"The sale. {LATER}", default=None)
    customer: Customer | None = strawberry.field(description=f"The customer. {LATER}", default=None)
    user_errors: list[UserError] = user_errors()


@strawberry.type(description="The customer, or what was wrong.")
class CustomerUpsertPayload:
    receipt: Receipt | None = strawberry.field(description="That it was kept.", default=None)
    customer: Customer | None = strawberry.field(description=f"The customer. {LATER}", default=None)
    user_errors: list[UserError] = user_errors()


Record = Callable[[int, bool, Mapping[str, Any]], Awaitable[Statement]]


async def _kept(context: Context, record: Record, said: Mapping[str, Any], *, wait: bool = True) -> Statement:
    row = await record(context.access.workspace_id, context.access.livemode, said)
    context.wake()
    if wait:
        await waiting.until_settled(context.access, waiting.Said(row.id, row.external_id))
    context.loaders.clear()
    return row


def _receipt(row: Statement) -> Receipt:
    return Receipt(id=strawberry.ID(row.uid), said_at=row.said_at)


@strawberry.type
class TrackingMutations:
    @mutation("Track a lead. Needs the scope lead.write.")
    async def lead_track(self, info: Info, input: LeadTrackInput) -> LeadTrackPayload:  # noqa: A002  # as the argument is called
        context, mode = info.context, input.mode or LeadMode.WAIT
        names = {
            "externalId": "external_id",
            "eventName": "event_name",
            "clickId": "click_id",
            "customerName": "customer_name",
            "customerEmail": "customer_email",
            "customerAvatar": "customer_avatar",
            "eventQuantity": "event_quantity",
            "metadata": "metadata",
        }

        async def work() -> Mapping[str, Any]:
            said = _said(input, names) | {"mode": mode.value}
            row = await _kept(context, statements.record_lead, said, wait=mode is LeadMode.WAIT)
            customer = await lookups.customer_by_stored_id(context, row.external_id)
            lead = None if customer is None else await lookups.lead(context, customer, str(row.body["eventName"]))
            return {"receipt": _receipt(row), "customer": customer, "lead": lead}

        return await attempted(context, "lead.write", LeadTrackPayload, work)

    @mutation("Track a sale. Needs the scope sale.write.")
    async def sale_track(self, info: Info, input: SaleTrackInput) -> SaleTrackPayload:  # noqa: A002  # as the argument is called
        context = info.context
        names = {
            "externalId": "external_id",
            "amount": "amount_minor",
            "currency": "currency",
            "clickId": "click_id",
            "paymentProcessor": "payment_processor",
            "eventName": "event_name",
            "invoiceId": "invoice_id",
            "leadEventName": "lead_event_name",
            "metadata": "metadata",
        }

        async def work() -> Mapping[str, Any]:
            row = await _kept(context, statements.record_sale, _said(input, names))
            customer = await lookups.customer_by_stored_id(context, row.external_id)
            return {"receipt": _receipt(row), "customer": customer, "sale": await lookups.sale(context, row.uid)}

        return await attempted(context, "sale.write", SaleTrackPayload, work, names={"amount": "amountMinor"})

    @mutation("Tell details of a customer, who is made if not known. Needs the scope lead.write.")
    async def customer_upsert(self, info: Info, input: CustomerUpsertInput) -> CustomerUpsertPayload:  # noqa: A002  # as it is called
        context = info.context
        names = {name: name for name in ("name", "email", "avatar", "country")} | {"externalId": "external_id", "clickId": "click_id"}

        async def work() -> Mapping[str, Any]:
            row = await _kept(context, statements.record_profile, _said(input, names))
            return {"receipt": _receipt(row), "customer": await lookups.customer_by_stored_id(context, row.external_id)}

        return await attempted(context, "lead.write", CustomerUpsertPayload, work)


def _said(input_: Any, names: Mapping[str, str]) -> dict[str, Any]:
    """What was given, by the names of the wire."""
    values = given(input_, *names.values())
    return {wire: values[ours] for wire, ours in names.items() if ours in values}
