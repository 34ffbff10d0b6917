"""The ledger: derived rows, each a pure fold of facts.

Written by the settler alone. Ids come from Stripe ids, so a rebuild makes the same ones.

Indexes of what belongs to a sale or a customer begin with its id: where one of those is taken away, the database looks for what is still
its own by the id alone.
"""

from enum import Enum

from tortoise import fields
from tortoise.indexes import Index

from ingest.models.evidence import Click
from ingest.models.facts import Subject
from ingest.models.fields import JsonText, Moment
from ingest.models.people import Customer
from ingest.models.workspace import Account, InMode, Link


class SaleKind(Enum):
    PURCHASE = "purchase"
    SUBSCRIPTION_START = "subscription_start"
    RENEWAL = "renewal"
    UPDATE = "update"


class SaleStatus(Enum):
    PAID = "paid"
    PARTIALLY_REFUNDED = "partially_refunded"
    REFUNDED = "refunded"
    DISPUTED = "disputed"


class RefundStatus(Enum):
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"


class DisputeStatus(Enum):
    OPEN = "open"
    WON = "won"
    LOST = "lost"


class Sale(InMode):
    """What one payment paid, less what was given back. Minor units of `currency`, converted ones of `converted_currency`."""

    id = fields.CharField(max_length=40, primary_key=True)
    """`sale_…`, derived from the payment's highest-ranked Stripe id."""
    account: fields.ForeignKeyRelation[Account] = fields.ForeignKeyField("models.Account", related_name=False)
    account_id: int
    payment: fields.ForeignKeyRelation[Subject] = fields.ForeignKeyField("models.Subject", related_name=False)
    payment_id: str
    kind = fields.CharEnumField(SaleKind, max_length=24)
    status = fields.CharEnumField(SaleStatus, max_length=24)
    paid_at = Moment()
    event_name = fields.TextField(null=True)
    """What the site called it; null for one that only Stripe told us of."""
    processor = fields.CharField(max_length=32, default="stripe")
    metadata: fields.Field[dict[str, object]] = JsonText(default=dict)
    off_stripe = fields.BooleanField(default=False)
    """Marked paid without money passing through Stripe."""
    currency = fields.CharField(max_length=3)
    gross_minor = fields.BigIntField()
    tax_minor = fields.BigIntField()
    shipping_minor = fields.BigIntField()
    discount_minor = fields.BigIntField()
    refunded_minor = fields.BigIntField()
    disputed_minor = fields.BigIntField()
    net_minor = fields.BigIntField()
    presentment_currency = fields.CharField(max_length=3, null=True)
    presentment_minor = fields.BigIntField(null=True)
    converted_currency = fields.CharField(max_length=3)
    """The workspace's currency when this was settled; the amounts beside it are null while no rate is known."""
    converted_gross_minor = fields.BigIntField(null=True)
    converted_tax_minor = fields.BigIntField(null=True)
    converted_shipping_minor = fields.BigIntField(null=True)
    converted_discount_minor = fields.BigIntField(null=True)
    converted_refunded_minor = fields.BigIntField(null=True)
    converted_disputed_minor = fields.BigIntField(null=True)
    converted_net_minor = fields.BigIntField(null=True)
    rate = fields.CharField(max_length=40, null=True)
    """Units of converted_currency for one unit of currency (major units both): a decimal in text."""
    rate_source = fields.CharField(max_length=32, null=True)
    rate_published_at = Moment(null=True)
    customer: fields.ForeignKeyRelation[Customer] = fields.ForeignKeyField("models.Customer", related_name=False)
    customer_id: str
    click: fields.ForeignKeyNullableRelation[Click] = fields.ForeignKeyField("models.Click", null=True, related_name=False)
    click_id: str | None
    link: fields.ForeignKeyNullableRelation[Link] = fields.ForeignKeyField("models.Link", null=True, related_name=False)
    link_id: str | None
    reason = fields.CharField(max_length=32)
    """Of `ingest.credit.reasons.Reason`: why it is credited, or why not."""
    identity_conflict = fields.BooleanField(default=False)
    """Its own customer id and its Stripe customer's were not the same."""
    ruleset = fields.CharField(max_length=16)
    session_id = fields.CharField(max_length=255, null=True)
    invoice_id = fields.CharField(max_length=255, null=True)
    intent_id = fields.CharField(max_length=255, null=True)
    charge_id = fields.CharField(max_length=255, null=True)
    subscription_id = fields.CharField(max_length=255, null=True)
    stripe_customer_id = fields.CharField(max_length=255, null=True)
    digest = fields.CharField(max_length=24)
    """Of everything that the fold made: rows are rewritten, and a change is announced, only when it differs."""

    class Meta:
        table = "sale"
        indexes = (
            Index(fields=("workspace_id", "livemode", "paid_at", "id"), name="sale_time"),
            Index(fields=("customer_id", "workspace_id", "livemode", "paid_at", "id"), name="sale_customer"),
            Index(fields=("workspace_id", "livemode", "link_id", "paid_at", "id"), name="sale_link"),
            Index(fields=("click_id", "workspace_id", "livemode", "paid_at", "id"), name="sale_click"),
            Index(fields=("payment_id",), name="sale_payment"),
        )


class SaleReference(InMode):
    """Every name of a sale: each Stripe id of its payment, and the sale id that each would have given. Old ids resolve here."""

    id = fields.BigIntField(primary_key=True)
    name = fields.CharField(max_length=300)
    sale: fields.ForeignKeyRelation[Sale] = fields.ForeignKeyField("models.Sale", related_name=False)
    sale_id: str

    class Meta:
        table = "sale_reference"
        unique_together = (("sale", "name"),)
        indexes = (Index(fields=("workspace_id", "livemode", "name"), name="sale_reference_name"),)


class Refund(InMode):
    """Money given back, or on its way. `sale` is null while only the refund is known."""

    id = fields.CharField(max_length=40, primary_key=True)
    """`rfnd_…`"""
    payment: fields.ForeignKeyRelation[Subject] = fields.ForeignKeyField("models.Subject", related_name=False)
    payment_id: str
    sale: fields.ForeignKeyNullableRelation[Sale] = fields.ForeignKeyField("models.Sale", null=True, related_name=False)
    sale_id: str | None
    stripe_id = fields.CharField(max_length=255, null=True)
    """`re_…`; null for the part of a charge's running total that no refund object explains."""
    status = fields.CharEnumField(RefundStatus, max_length=16)
    reason = fields.CharField(max_length=255, null=True)
    currency = fields.CharField(max_length=3)
    amount_minor = fields.BigIntField()
    """In the sale's currency; in the refund's own while no sale is known."""
    counted_minor = fields.BigIntField()
    """What of it is taken off the sale: 0 unless succeeded, and never more than the sale has left."""
    converted_currency = fields.CharField(max_length=3)
    converted_minor = fields.BigIntField(null=True)
    """`amount_minor` at the sale's rate."""
    at = Moment()

    class Meta:
        table = "refund"
        indexes = (
            Index(fields=("workspace_id", "livemode", "at", "id"), name="refund_time"),
            Index(fields=("sale_id", "workspace_id", "livemode", "at", "id"), name="refund_sale"),
            Index(fields=("payment_id",), name="refund_payment"),
        )


class Dispute(InMode):
    """A payment that the buyer's bank took back, or tried to."""

    id = fields.CharField(max_length=40, primary_key=True)
    """`disp_…`"""
    payment: fields.ForeignKeyRelation[Subject] = fields.ForeignKeyField("models.Subject", related_name=False)
    payment_id: str
    sale: fields.ForeignKeyNullableRelation[Sale] = fields.ForeignKeyField("models.Sale", null=True, related_name=False)
    sale_id: str | None
    stripe_id = fields.CharField(max_length=255)
    status = fields.CharEnumField(DisputeStatus, max_length=8)
    reason = fields.CharField(max_length=255, null=True)
    currency = fields.CharField(max_length=3)
    amount_minor = fields.BigIntField()
    counted_minor = fields.BigIntField()
    """What of it is off the sale now: funds withdrawn and not reinstated."""
    converted_currency = fields.CharField(max_length=3)
    converted_minor = fields.BigIntField(null=True)
    at = Moment()

    class Meta:
        table = "dispute"
        indexes = (
            Index(fields=("workspace_id", "livemode", "at", "id"), name="dispute_time"),
            Index(fields=("sale_id", "workspace_id", "livemode", "at", "id"), name="dispute_sale"),
            Index(fields=("workspace_id", "livemode", "status", "at", "id"), name="dispute_status"),
            Index(fields=("payment_id",), name="dispute_payment"),
        )


class Credit(InMode):
    """A share of a sale's net that a click earned. A sale's credits sum to its net exactly."""

    id = fields.CharField(max_length=40, primary_key=True)
    """`cred_…`"""
    sale: fields.ForeignKeyRelation[Sale] = fields.ForeignKeyField("models.Sale", related_name=False)
    sale_id: str
    position = fields.IntField()
    click: fields.ForeignKeyRelation[Click] = fields.ForeignKeyField("models.Click", related_name=False)
    click_id: str
    link: fields.ForeignKeyRelation[Link] = fields.ForeignKeyField("models.Link", related_name=False)
    link_id: str
    weight = fields.CharField(max_length=40)
    """A decimal in text, 0 to 1."""
    currency = fields.CharField(max_length=3)
    amount_minor = fields.BigIntField()
    converted_currency = fields.CharField(max_length=3)
    converted_minor = fields.BigIntField(null=True)

    class Meta:
        table = "credit"
        indexes = (
            Index(fields=("sale_id", "workspace_id", "livemode", "position"), name="credit_sale"),
            Index(fields=("workspace_id", "livemode", "link_id", "id"), name="credit_link"),
        )


class Consideration(InMode):
    """One candidate for a sale's credit, with the rule it came under, the verdict and where the evidence stands."""

    id = fields.CharField(max_length=40, primary_key=True)
    sale: fields.ForeignKeyRelation[Sale] = fields.ForeignKeyField("models.Sale", related_name=False)
    sale_id: str
    position = fields.IntField()
    rule = fields.CharField(max_length=24)
    verdict = fields.CharField(max_length=16)
    reason = fields.CharField(max_length=32)
    stated = fields.CharField(max_length=255, null=True)
    """The click id as it was said, escaped."""
    click: fields.ForeignKeyNullableRelation[Click] = fields.ForeignKeyField("models.Click", null=True, related_name=False)
    click_id: str | None
    """Null when no click of this workspace has that id."""
    source = fields.CharField(max_length=300)
    """Event id or statement uid."""
    field = fields.CharField(max_length=255)
    stated_at = Moment()

    class Meta:
        table = "consideration"
        indexes = (Index(fields=("sale_id", "workspace_id", "livemode", "position"), name="consideration_sale"),)


class Change(InMode):
    """The numbered stream of what changed: subscriptions, caches and outgoing hooks read this and nothing else."""

    id = fields.BigIntField(primary_key=True)
    seq = fields.BigIntField()
    """1, 2, 3 … within (workspace, mode), without a gap."""
    kind = fields.CharField(max_length=24)
    """sale_made, sale_changed, sale_merged or sale_gone."""
    sale_id = fields.CharField(max_length=40)
    data: fields.Field[dict[str, object]] = JsonText(default=dict)
    """For a merge, `swallowed`: the ids that now resolve to `sale_id`."""
    at = Moment()

    class Meta:
        table = "change"
        unique_together = (("workspace", "livemode", "seq"),)
