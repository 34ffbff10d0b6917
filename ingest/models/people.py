"""Who pays: customers, the Stripe customers that point to them, and their leads. Derived as the ledger is, and by the settler alone."""

from tortoise import fields
from tortoise.indexes import Index

from ingest.models.evidence import Click
from ingest.models.facts import Subject
from ingest.models.fields import JsonText, Moment
from ingest.models.workspace import Account, InMode, Link


class Customer(InMode):
    """A buyer or lead: one external id, or one Stripe customer without one, or one guest checkout."""

    id = fields.CharField(max_length=40, primary_key=True)
    """`cust_…`"""
    external_id = fields.CharField(max_length=255, null=True)
    email = fields.TextField(null=True)
    email_key = fields.CharField(max_length=320, null=True)
    """The address in lower case, for look-up."""
    name = fields.TextField(null=True)
    avatar = fields.TextField(null=True)
    country = fields.CharField(max_length=2, null=True)
    stripe_customers: fields.Field[list[str]] = JsonText(default=list)
    """Every `cus_…` that ever pointed here, sorted."""
    first_seen_at = Moment()
    payment: fields.ForeignKeyNullableRelation[Subject] = fields.ForeignKeyField("models.Subject", null=True, related_name=False)
    payment_id: str | None
    """The one payment of a guest; null for a customer who has an id."""
    deleted_at = Moment(null=True)
    """When Stripe said that the customer was deleted; the money stays."""

    class Meta:
        table = "customer"
        indexes = (
            Index(fields=("workspace_id", "livemode", "first_seen_at", "id"), name="customer_seen"),
            Index(fields=("workspace_id", "livemode", "external_id"), name="customer_external"),
            Index(fields=("workspace_id", "livemode", "email_key"), name="customer_email"),
            Index(fields=("payment_id",), name="customer_payment"),
        )


class StripeCustomer(InMode):
    """Which customer a `cus_…` points to now, one row per Stripe customer."""

    id = fields.CharField(max_length=40, primary_key=True)
    account: fields.ForeignKeyRelation[Account] = fields.ForeignKeyField("models.Account", related_name=False)
    account_id: int
    stripe_id = fields.CharField(max_length=255)
    customer: fields.ForeignKeyRelation[Customer] = fields.ForeignKeyField("models.Customer", related_name=False)
    customer_id: str

    class Meta:
        table = "stripe_customer"
        indexes = (
            Index(fields=("workspace_id", "livemode", "stripe_id"), name="stripe_customer_stripe"),
            Index(fields=("customer_id",), name="stripe_customer_customer"),
        )


class Lead(InMode):
    """A step of a customer before paying: tracked by the site, or shown by Stripe where no site tracked one."""

    id = fields.CharField(max_length=40, primary_key=True)
    """`lead_…`"""
    customer: fields.ForeignKeyRelation[Customer] = fields.ForeignKeyField("models.Customer", related_name=False)
    customer_id: str
    click: fields.ForeignKeyNullableRelation[Click] = fields.ForeignKeyField("models.Click", null=True, related_name=False)
    click_id: str | None
    link: fields.ForeignKeyNullableRelation[Link] = fields.ForeignKeyField("models.Link", null=True, related_name=False)
    link_id: str | None
    event_name = fields.TextField()
    quantity = fields.IntField(default=1)
    metadata: fields.Field[dict[str, object]] = JsonText(default=dict)
    source = fields.CharField(max_length=8)
    """site or stripe."""
    at = Moment()

    class Meta:
        table = "lead"
        indexes = (
            Index(fields=("workspace_id", "livemode", "at", "id"), name="lead_time"),
            Index(fields=("customer_id", "workspace_id", "livemode", "at", "id"), name="lead_customer"),
            Index(fields=("workspace_id", "livemode", "link_id", "at", "id"), name="lead_link"),
            Index(fields=("click_id", "workspace_id", "livemode", "at", "id"), name="lead_click"),
        )
