"""Refunds and disputes: money that went back."""

from datetime import datetime

import strawberry

from ingest.models.ledger import DisputeStatus, RefundStatus
from resolvers.amounts import Amount, Pair
from resolvers.entities import DISPUTE, REFUND, SALE
from schema.money import Money, MoneyPair
from schema.nodes import Node
from schema.reading import column, computed, one, row_type
from schema.references import SaleLater

_BOTH = ("amount_minor", "currency", "converted_minor", "converted_currency")


@row_type(REFUND, "Money given back, or on its way.")
class Refund(Node):
    id: strawberry.ID = computed(REFUND.global_id, "id", description="The global id: `rfnd_…`.")
    livemode: bool = column("livemode", "Whether this is live rather than test data.")
    stripe_id: str | None = column("stripe_id", "Stripe's id: `re_…`. Null for what a charge's total shows and no refund explains.")
    status: RefundStatus = column("status", "How far it has come.")
    reason: str | None = column("reason", "Why, as Stripe says it.")
    at: datetime = column("at", "When it was made.")
    amount: Money = computed(Amount, "amount_minor", "currency", description="How much, in the sale's currency.")
    counted: Money = computed(
        Amount, "counted_minor", "currency", description="What of it is taken off the sale: nothing unless it succeeded."
    )
    pair: MoneyPair = computed(Pair.of, *_BOTH, description="How much, in the sale's currency and at the sale's rate in the workspace's.")
    sale: SaleLater | None = one(SALE, "sale_id", "What was given back. Null while only the refund is known.")


@row_type(DISPUTE, "A payment that the buyer's bank took back, or tried to.")
class Dispute(Node):
    id: strawberry.ID = computed(DISPUTE.global_id, "id", description="The global id: `disp_…`.")
    livemode: bool = column("livemode", "Whether this is live rather than test data.")
    stripe_id: str = column("stripe_id", "Stripe's id of it.")
    status: DisputeStatus = column("status", "How it stands.")
    reason: str | None = column("reason", "Why, as Stripe says it.")
    at: datetime = column("at", "When it was opened.")
    amount: Money = computed(Amount, "amount_minor", "currency", description="How much, in the sale's currency.")
    counted: Money = computed(
        Amount, "counted_minor", "currency", description="What of it is off the sale now: withdrawn and not given back."
    )
    pair: MoneyPair = computed(Pair.of, *_BOTH, description="How much, in the sale's currency and at the sale's rate in the workspace's.")
    sale: SaleLater | None = one(SALE, "sale_id", "What is disputed. Null while only the dispute is known.")
