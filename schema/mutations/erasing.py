"""Taking a person out of everything that is held."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import strawberry
from strawberry.types.info import Info

from ingest import erase
from ingest.text import escape
from resolvers import loading
from resolvers.entities import CUSTOMER
from schema.customers import Customer
from schema.mutations.outcomes import UserError, attempted, mutation, required, user_errors


@strawberry.input(description="A person to erase.")
class CustomerEraseInput:
    id: strawberry.ID = required("The customer: `cust_…`.")


@strawberry.type(description="What was done, or what was wrong.")
class CustomerErasePayload:
    erasure: strawberry.ID | None = strawberry.field(description="The act: `era_…`, for your records.", default=None)
    erased_at: datetime | None = strawberry.field(description="When it was done.", default=None)
    events: int | None = strawberry.field(description="How many of Stripe's events were redacted.", default=None)
    statements: int | None = strawberry.field(description="How many leads, sales and acts of the site's were redacted.", default=None)
    clicks: int | None = strawberry.field(description="How many clicks were taken from their browser.", default=None)
    customer: Customer | None = strawberry.field(description="Who stands where they stood, without a name.", default=None)
    user_errors: list[UserError] = user_errors()


@strawberry.type
class ErasingMutations:
    @mutation(
        "Remove a person from rows, bodies, explanations and all that comes in later. Every total stays. It cannot be undone; asked again,"
        " it answers the same. Needs the scope admin."
    )
    async def customer_erase(self, info: Info, input: CustomerEraseInput) -> CustomerErasePayload:  # noqa: A002  # as the argument is called
        context = info.context

        async def work() -> Mapping[str, Any]:
            access = context.access
            done = await erase.erase(access.workspace_id, access.livemode, escape(input.id)[:40], by=access.key_id)
            context.wake()
            context.loaders.clear()
            left = None if done.customer_id is None else await loading.one(context, CUSTOMER, done.customer_id)
            counts = {"events": done.events, "statements": done.statements, "clicks": done.clicks}
            return {"erasure": done.id, "erased_at": done.at, "customer": left, **counts}

        return await attempted(context, "admin", CustomerErasePayload, work)
