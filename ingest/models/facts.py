"""Facts: typed rows parsed from evidence, and the settler's own books: which subject waits for which key.

All of it is rebuilt from evidence at will.
"""

from enum import Enum

from tortoise import fields
from tortoise.indexes import Index, PartialIndex

from ingest.models.evidence import Statement, StripeEvent
from ingest.models.fields import JsonText, Moment
from ingest.models.workspace import Account, InMode


class SubjectKind(Enum):
    """What a fold makes rows of."""

    PAYMENT = "payment"
    CUSTOMER = "customer"


class Subject(InMode):
    """Something that is folded: a payment (a set of joined Stripe ids) or a customer. `dirty` asks the settler to fold it again."""

    id = fields.CharField(max_length=40, primary_key=True)
    """`pay_` and a time-ordered id, or `who_` and one derived from the key."""
    kind = fields.CharEnumField(SubjectKind, max_length=16)
    key = fields.CharField(max_length=400, null=True)
    """A customer's identity key (`ext:…`, `cus:…`); null for a payment, which has its PaymentKeys."""
    dirty = fields.BooleanField(default=True)
    error: fields.Field[str | None] = fields.CharField(max_length=2000, null=True)
    attempts = fields.IntField(default=0)
    next_try_at = Moment(null=True)

    class Meta:
        table = "subject"
        unique_together = (("workspace", "livemode", "kind", "key"),)
        indexes = (PartialIndex(fields=("workspace_id", "livemode", "id"), name="subject_dirty", condition={"dirty": True}),)


WOKEN = {"dirty": True, "next_try_at": None}
"""What a subject is given that is to be folded again."""


class PaymentKey(InMode):
    """One Stripe id (or our own) and the payment that it belongs to. `key` is `<field>:<id>`, named by the field that it stood in."""

    id = fields.BigIntField(primary_key=True)
    account: fields.ForeignKeyRelation[Account] = fields.ForeignKeyField("models.Account", related_name=False)
    account_id: int
    key = fields.CharField(max_length=300)
    payment: fields.ForeignKeyRelation[Subject] = fields.ForeignKeyField("models.Subject", related_name=False)
    payment_id: str

    class Meta:
        table = "payment_key"
        unique_together = (("account", "livemode", "key"),)
        indexes = (Index(fields=("payment_id",), name="payment_key_payment"),)


class Fact(InMode):
    """What one piece of evidence says of one Stripe object that bears on a payment."""

    id = fields.BigIntField(primary_key=True)
    account: fields.ForeignKeyRelation[Account] = fields.ForeignKeyField("models.Account", related_name=False)
    account_id: int
    payment: fields.ForeignKeyRelation[Subject] = fields.ForeignKeyField("models.Subject", related_name=False)
    payment_id: str
    event: fields.ForeignKeyNullableRelation[StripeEvent] = fields.ForeignKeyField("models.StripeEvent", null=True, related_name=False)
    event_id: int | None
    statement: fields.ForeignKeyNullableRelation[Statement] = fields.ForeignKeyField("models.Statement", null=True, related_name=False)
    statement_id: int | None
    kind = fields.CharField(max_length=24)
    """Of `ingest.facts.KINDS`."""
    object_id = fields.CharField(max_length=255)
    position = fields.IntField()
    """Its place among the facts of its evidence."""
    source = fields.CharField(max_length=300)
    """Event id or statement uid, for the explanation."""
    at = Moment()
    """When Stripe, or the site, said so."""
    data: fields.Field[dict[str, object]] = JsonText()
    parser_version = fields.IntField()

    class Meta:
        table = "fact"
        indexes = (
            Index(fields=("payment_id", "id"), name="fact_payment"),
            Index(fields=("event_id",), name="fact_event"),
            Index(fields=("statement_id",), name="fact_statement"),
        )


class Claim(InMode):
    """Something said of a person or subscription: a click id, a customer id, an e-mail, a name.

    Equal statements of one carrier are one row that keeps the first and last time it was said, and where it was said first: a
    customer with ten thousand invoices has a handful of claims.
    """

    id = fields.BigIntField(primary_key=True)
    subject = fields.CharField(max_length=400)
    """`cus:<account>:<id>`, `sub:<account>:<id>` or `ext:<external id>`."""
    carrier = fields.CharField(max_length=24)
    """Of `ingest.facts.Carrier`."""
    digest = fields.CharField(max_length=24)
    """Of everything that makes two claims different."""
    external_id = fields.CharField(max_length=255, null=True)
    click_id = fields.CharField(max_length=255, null=True)
    """As it was said, well formed or not."""
    data: fields.Field[dict[str, object]] = JsonText()
    """email, name, avatar, country, deleted, started_at."""
    first_at = Moment()
    first_source = fields.CharField(max_length=300)
    """Event id or statement uid that said it first."""
    first_field = fields.CharField(max_length=255)
    """The place in that evidence, such as `data.object.metadata.pimmsClickId`."""
    last_at = Moment()
    parser_version = fields.IntField(default=0, db_default=0)
    """Of the parser that read it: part of the digest, so that what a new parser says stands beside what an old one said."""

    class Meta:
        table = "claim"
        unique_together = (("workspace", "livemode", "subject", "digest"),)
        indexes = (Index(fields=("workspace_id", "livemode", "external_id"), name="claim_external"),)


class Lookup(InMode):
    """A key that a subject looked up, found or not. A new fact under that key wakes the subject, nothing else does."""

    id = fields.BigIntField(primary_key=True)
    subject: fields.ForeignKeyRelation[Subject] = fields.ForeignKeyField("models.Subject", related_name=False)
    subject_id: str
    key = fields.CharField(max_length=400)
    """`cus:…`, `ext:…`, `heard:sub:…`, `won:sub:…@<moment>`, `click:<id>`, `rate:<source>`."""
    awaited = fields.BooleanField(default=False)
    """True when what it names was not there: the settler looks for it again."""

    class Meta:
        table = "lookup"
        unique_together = (("subject", "key"),)
        indexes = (
            Index(fields=("workspace_id", "livemode", "key"), name="lookup_key"),
            PartialIndex(fields=("workspace_id", "livemode", "id"), name="lookup_awaited", condition={"awaited": True}),
        )
