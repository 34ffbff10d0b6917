"""Evidence: append-only, what the world said and when. Rows here are never edited, but for how far the settler has come with them."""

from enum import Enum

from tortoise import fields
from tortoise.indexes import Index, PartialIndex

from ingest.models.fields import JsonText, Moment, Row
from ingest.models.workspace import Account, InMode, InWorkspace, Link


class EventState(Enum):
    """How far the settler has come with an event."""

    STORED = "stored"  # acknowledged, not yet read
    SETTLED = "settled"  # its facts are in the ledger
    IGNORED = "ignored"  # a type or shape that says nothing of money or people
    FAILED = "failed"  # see error; tried again at next_try_at


class StripeEvent(InWorkspace):
    """One event as Stripe signed it, byte for byte. One row per (account, mode, event id, API version)."""

    id = fields.BigIntField(primary_key=True)
    account: fields.ForeignKeyRelation[Account] = fields.ForeignKeyField("models.Account", related_name=False)
    account_id: int
    livemode = fields.BooleanField()
    event_id = fields.CharField(max_length=255)
    api_version = fields.CharField(max_length=64)
    """As the event says; empty where it says nothing."""
    type = fields.CharField(max_length=255)
    created_at = Moment()
    """Stripe's time of the event, whole seconds."""
    received_at = Moment()
    source = fields.CharField(max_length=16)
    """How it came: webhook, backfill, file or api."""
    body = fields.BinaryField()
    tombstone = fields.CharField(max_length=40, null=True)
    """Why the body is not what was signed: the erasure `era_…` that redacted it, or `reduced`, once it had grown old."""
    state = fields.CharEnumField(EventState, max_length=16, default=EventState.STORED)
    reason = fields.CharField(max_length=64, null=True)
    """A code: why it was ignored or failed."""
    error: fields.Field[str | None] = fields.CharField(max_length=2000, null=True)
    attempts = fields.IntField(default=0)
    next_try_at = Moment(null=True)
    settled_at = Moment(null=True)
    parser_version = fields.IntField(default=0)

    class Meta:
        table = "stripe_event"
        unique_together = (("account", "livemode", "event_id", "api_version"),)
        indexes = (
            Index(fields=("workspace_id", "livemode", "created_at", "id"), name="stripe_event_created"),
            Index(fields=("workspace_id", "livemode", "received_at", "id"), name="stripe_event_received"),
            PartialIndex(fields=("workspace_id", "livemode", "id"), name="stripe_event_stored", condition={"state": "stored"}),
            PartialIndex(fields=("workspace_id", "livemode", "next_try_at"), name="stripe_event_failed", condition={"state": "failed"}),
        )


class QuarantinedEvent(Row):
    """An event of an account that no workspace owns, kept until one claims it."""

    id = fields.BigIntField(primary_key=True)
    stripe_account = fields.CharField(max_length=64)
    livemode = fields.BooleanField()
    event_id = fields.CharField(max_length=255)
    api_version = fields.CharField(max_length=64)
    type = fields.CharField(max_length=255)
    created_at = Moment()
    received_at = Moment()
    body = fields.BinaryField()

    class Meta:
        table = "quarantined_event"
        unique_together = (("stripe_account", "livemode", "event_id", "api_version"),)


class StatementKind(Enum):
    """What a site or a person told us, other than by a click."""

    LEAD = "lead"  # POST /track/lead, leadTrack
    SALE = "sale"  # POST /track/sale, saleTrack
    PROFILE = "profile"  # customerUpsert
    ATTACH = "attach"  # clickAttach
    DETACH = "detach"  # clickDetach


class Statement(InMode):
    """Something said through our own API: a lead, a sale, a customer's details, an act of a person."""

    id = fields.BigIntField(primary_key=True)
    uid = fields.CharField(max_length=40, unique=True)
    """`stm_…`: random, made when it was received."""
    kind = fields.CharEnumField(StatementKind, max_length=16)
    external_id = fields.CharField(max_length=255, null=True)
    """The site's own id of the customer, as derived text (`ingest.text.escape`)."""
    body: fields.Field[dict[str, object]] = JsonText()
    """The named fields of `ingest.statements`, already checked."""
    tombstone = fields.CharField(max_length=40, null=True)
    """The erasure `era_…` that took the person out of the body."""
    said_at = Moment()
    settled = fields.BooleanField(default=False)
    error: fields.Field[str | None] = fields.CharField(max_length=2000, null=True)
    attempts = fields.IntField(default=0)
    next_try_at = Moment(null=True)

    class Meta:
        table = "statement"
        indexes = (
            Index(fields=("workspace_id", "livemode", "external_id", "kind"), name="statement_external"),
            PartialIndex(fields=("workspace_id", "livemode", "id"), name="statement_unsettled", condition={"settled": False}),
        )


class Click(InWorkspace):
    """One click on a link, a bot's included. Rows of bots have `bot` set and no id that travels."""

    id = fields.CharField(max_length=16, primary_key=True)
    """The click id: 16 of [0-9A-Za-z], time first, so that the index grows at its end."""
    link: fields.ForeignKeyRelation[Link] = fields.ForeignKeyField("models.Link", related_name=False, on_delete=fields.RESTRICT)
    link_id: str
    clicked_at = Moment()
    url = fields.TextField()
    """Where the visitor was sent, or the page that the script saw."""
    visitor = fields.CharField(max_length=44, null=True)
    """A keyed hash of address and agent whose key changes daily; never the address."""
    anonymous_id = fields.CharField(max_length=64, null=True)
    """`anon_…`: the same browser over many links."""
    country = fields.CharField(max_length=2, null=True)
    region = fields.CharField(max_length=16, null=True)
    city = fields.CharField(max_length=190, null=True)
    device = fields.CharField(max_length=16, null=True)
    """desktop, mobile or tablet; null when the agent does not tell."""
    browser = fields.CharField(max_length=64, null=True)
    os = fields.CharField(max_length=64, null=True)
    referer = fields.CharField(max_length=253, null=True)
    """The referring domain."""
    referer_url = fields.TextField(null=True)
    utm_source = fields.CharField(max_length=255, null=True)
    utm_medium = fields.CharField(max_length=255, null=True)
    utm_campaign = fields.CharField(max_length=255, null=True)
    utm_term = fields.CharField(max_length=255, null=True)
    utm_content = fields.CharField(max_length=255, null=True)
    trigger = fields.CharField(max_length=8, default="link")
    """link, qr, or script for one that POST /track/click recorded."""
    bot = fields.BooleanField(default=False)

    class Meta:
        table = "click"
        indexes = (
            Index(fields=("workspace_id", "clicked_at", "id"), name="click_time"),
            Index(fields=("workspace_id", "link_id", "clicked_at", "id"), name="click_link"),
            Index(fields=("workspace_id", "anonymous_id", "clicked_at"), name="click_browser"),
        )


class VisitorKey(Row):
    """The key of one day's visitor hashes, destroyed two days later. Every process and machine of an installation hashes alike."""

    day = fields.CharField(max_length=10, primary_key=True)
    """`YYYY-MM-DD`, UTC."""
    key = fields.BinaryField()

    class Meta:
        table = "visitor_key"


class Rate(Row):
    """What one source published for one currency at one moment. Immutable, belongs to no workspace."""

    id = fields.BigIntField(primary_key=True)
    source = fields.CharField(max_length=32)
    currency = fields.CharField(max_length=3)
    published_at = Moment()
    per_base = fields.CharField(max_length=40)
    """Units of `currency` for one unit of the source's base currency: a decimal in text, exact on both databases."""

    class Meta:
        table = "rate"
        unique_together = (("source", "currency", "published_at"),)


class RateSource(Row):
    """How far a source of rates is known completely, a sale later than that waits."""

    source = fields.CharField(max_length=32, primary_key=True)
    base = fields.CharField(max_length=3)
    complete_to = Moment(null=True)
    checked_at = Moment(null=True)
    error: fields.Field[str | None] = fields.CharField(max_length=2000, null=True)

    class Meta:
        table = "rate_source"
