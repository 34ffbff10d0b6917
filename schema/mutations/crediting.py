"""Acts of people on credit and evidence: attach and detach a click, weigh a sale again, have an event read again."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import strawberry
from strawberry.types.info import Info

from ingest import inbox, reattribution, statements
from ingest.errors import Invalid, NotFound
from ingest.models.evidence import Statement
from resolvers import loading, lookups, waiting
from resolvers.context import Context
from resolvers.entities import CLICK, SALE, STRIPE_EVENT, Row
from schema.events import StripeEvent
from schema.mutations.outcomes import UserError, attempted, given, mutation, optional, required, user_errors
from schema.sales import Sale


@strawberry.input(description="A click and the sale that it led to, or did not.")
class ClickAttachInput:
    sale: strawberry.ID = required("The sale.")
    click: strawberry.ID = required("The click.")
    note: str | None = optional("Why: kept, and shown nowhere but in the evidence.")


@strawberry.input(description="A sale to weigh again.")
class ReattributeInput:
    sale: strawberry.ID = required("The sale.")


@strawberry.input(description="An event to read again.")
class StripeEventReplayInput:
    id: strawberry.ID = required("The event: `inbox_…`.")


@strawberry.type(description="The sale, or what was wrong.")
class SalePayload:
    sale: Sale | None = strawberry.field(description="The sale as it is now.", default=None)
    user_errors: list[UserError] = user_errors()


@strawberry.type(description="The event, or what was wrong.")
class StripeEventPayload:
    stripe_event: StripeEvent | None = strawberry.field(description="The event as it is now.", default=None)
    user_errors: list[UserError] = user_errors()


Record = Callable[[int, bool, Mapping[str, Any]], Awaitable[Statement]]


async def _sale(context: Context, global_id: str) -> Row:
    key = SALE.key(global_id)
    row = None if key is None else await loading.one(context, SALE, key)
    if row is None:
        raise NotFound("sale", global_id)
    return row


async def _act(context: Context, record: Record, input_: ClickAttachInput) -> Mapping[str, Any]:
    sale = await _sale(context, input_.sale)
    key = CLICK.key(input_.click)
    if key is None or await loading.one(context, CLICK, key) is None:
        raise Invalid("click", "NOT_FOUND", "no such click here")
    said = {"payment": await lookups.payment_key(context, sale), "clickId": key} | given(input_, "note")
    row = await record(context.access.workspace_id, context.access.livemode, said)
    context.wake()
    await waiting.until_settled(context.access, waiting.Said(row.id, None))
    context.loaders.clear()
    return {"sale": await loading.one(context, SALE, sale["id"])}


@strawberry.type
class CreditingMutations:
    @mutation("Say that a click led to a sale: it outranks all other evidence. Needs the scope write.")
    async def click_attach(self, info: Info, input: ClickAttachInput) -> SalePayload:  # noqa: A002  # as the argument is called
        async def work() -> Mapping[str, Any]:
            return await _act(info.context, statements.record_attach, input)

        return await attempted(info.context, "write", SalePayload, work, named="sale")

    @mutation("Say that a click did not lead to a sale: it is refused from then on. Needs the scope write.")
    async def click_detach(self, info: Info, input: ClickAttachInput) -> SalePayload:  # noqa: A002  # as the argument is called
        async def work() -> Mapping[str, Any]:
            return await _act(info.context, statements.record_detach, input)

        return await attempted(info.context, "write", SalePayload, work, named="sale")

    @mutation("Weigh a sale again from the evidence that is here. Needs the scope write.")
    async def reattribute(self, info: Info, input: ReattributeInput) -> SalePayload:  # noqa: A002  # as the argument is called
        context = info.context

        async def work() -> Mapping[str, Any]:
            sale = await _sale(context, input.sale)
            await reattribution.ask(context.access.workspace_id, context.access.livemode, sale["id"])
            context.wake()
            await waiting.until_folded(context.access, sale["payment_id"])
            context.loaders.clear()
            return {"sale": await loading.one(context, SALE, sale["id"])}

        return await attempted(context, "write", SalePayload, work, named="sale")

    @mutation("Have the settler read an event again, as if it had just come. Needs the scope admin.")
    async def stripe_event_replay(self, info: Info, input: StripeEventReplayInput) -> StripeEventPayload:  # noqa: A002  # as it is called
        context = info.context

        async def work() -> Mapping[str, Any]:
            key = STRIPE_EVENT.key(input.id)
            if key is None:
                raise NotFound("event", input.id)
            await inbox.replay(context.access.workspace_id, key, livemode=context.access.livemode)
            context.wake()
            await waiting.until_read(context.access, key)
            return {"stripe_event": await loading.one(context, STRIPE_EVENT, key)}

        return await attempted(context, "admin", StripeEventPayload, work)
