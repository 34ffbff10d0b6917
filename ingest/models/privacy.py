"""Erasure and enquiries: who was removed and by whom, how they are known again without being known, and what Stripe was asked."""

from tortoise import fields
from tortoise.indexes import Index

from ingest.models.fields import Moment
from ingest.models.workspace import Account, InMode, InWorkspace


class ErasureKey(InWorkspace):
    """The secret under which a workspace's erased people are hashed. Made at the first erasure, never changed, never served.

    It stands in the database, so that every process has it: the list says nothing to who has the list alone.
    """

    id = fields.IntField(primary_key=True)
    secret = fields.CharField(max_length=64)
    """256 random bits, hexadecimal."""

    class Meta:
        table = "erasure_key"
        unique_together = (("workspace",),)


class Erasure(InMode):
    """One act of erasing a person: who asked, when, and how much was redacted. It names nobody."""

    id = fields.CharField(max_length=40, primary_key=True)
    """`era_…`, random; the tombstone of the evidence that it redacted."""
    customer = fields.CharField(max_length=32)
    """The keyed hash of the customer's id of then."""
    pseudonym = fields.CharField(max_length=40, null=True)
    """The customer's id since; null where no sale or lead is left to hold one."""
    asked_by = fields.CharField(max_length=190)
    asked_at = Moment()
    finished_at = Moment(null=True)
    """Null while it is under way, or where it was cut off: the same call again finishes it."""
    events = fields.IntField(default=0)
    statements = fields.IntField(default=0)
    clicks = fields.IntField(default=0)

    class Meta:
        table = "erasure"
        unique_together = (("workspace", "livemode", "customer"),)


class Suppressed(InMode):
    """One thing by which an erased person would be known again, as a keyed hash of its kind and value."""

    id = fields.BigIntField(primary_key=True)
    digest = fields.CharField(max_length=32)
    erasure: fields.ForeignKeyRelation[Erasure] = fields.ForeignKeyField("models.Erasure", related_name=False)
    erasure_id: str

    class Meta:
        table = "suppressed"
        unique_together = (("workspace", "livemode", "digest"),)


class Enquiry(InWorkspace):
    """One question that Stripe is asked, because no event told it: asked until it is answered, and then never again."""

    id = fields.BigIntField(primary_key=True)
    account: fields.ForeignKeyRelation[Account] = fields.ForeignKeyField("models.Account", related_name=False)
    account_id: int
    livemode = fields.BooleanField()
    question = fields.CharField(max_length=300)
    """`<what>:<id>`, of `ingest.enrich`: such as `sessions:pi_1`."""
    attempts = fields.IntField(default=0)
    next_try_at = Moment(null=True)
    answered_at = Moment(null=True)
    found = fields.IntField(default=0)
    """How many objects the answer held."""
    error: fields.Field[str | None] = fields.CharField(max_length=500, null=True)

    class Meta:
        table = "enquiry"
        unique_together = (("account", "livemode", "question"),)
        indexes = (Index(fields=("account_id", "livemode", "answered_at", "next_try_at"), name="enquiry_open"),)
