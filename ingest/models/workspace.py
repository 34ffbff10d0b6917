"""Who owns what: workspaces, their accounts, keys, domains, links and rules."""

from tortoise import fields
from tortoise.indexes import Index

from ingest.models.fields import JsonText, Moment, Row


class Workspace(Row):
    """A tenant. Every other row names one, and no query crosses two."""

    id = fields.IntField(primary_key=True)
    slug = fields.CharField(max_length=64, unique=True)
    name = fields.CharField(max_length=190)
    currency = fields.CharField(max_length=3, default="USD")
    """ISO 4217, upper case: what amounts are converted to."""
    timezone = fields.CharField(max_length=64, default="UTC")
    track_conversion = fields.BooleanField(default=True)
    """What a link does that does not say: True sends the click id on to the destination."""
    fx_source = fields.CharField(max_length=32, default="ECB")
    allowed_hosts: fields.Field[list[str]] = JsonText(default=list)
    """Host names whose pages may call /track/click and /track/visit; empty means any."""
    created_at = Moment(auto_now_add=True)

    class Meta:
        table = "workspace"


class InWorkspace(Row):
    """What belongs to a workspace."""

    workspace: fields.ForeignKeyRelation[Workspace] = fields.ForeignKeyField("models.Workspace", related_name=False)
    workspace_id: int

    class Meta:
        abstract = True


class InMode(InWorkspace):
    """What belongs to a workspace and to one of its modes, live or test."""

    livemode = fields.BooleanField()

    class Meta:
        abstract = True


class Account(InWorkspace):
    """A Stripe account as we know it: our own row, perhaps before `acct_…` is known.

    A workspace has one primary account (its own endpoint's events belong to it) and may claim more through Connect.
    """

    id = fields.IntField(primary_key=True)
    stripe_account = fields.CharField(max_length=64, null=True, unique=True)
    is_primary = fields.BooleanField(default=False)
    created_at = Moment(auto_now_add=True)

    class Meta:
        table = "account"
        indexes = (Index(fields=("workspace_id",), name="account_workspace"),)


class WebhookEndpoint(InWorkspace):
    """An endpoint that `clickledger stripe install` made, with the secret that Stripe shows only once.

    The secret signs what Stripe sends; it must be readable to be checked, so it cannot be hashed. It is never logged or served.
    """

    id = fields.IntField(primary_key=True)
    stripe_endpoint = fields.CharField(max_length=64, unique=True)
    livemode = fields.BooleanField()
    url = fields.TextField()
    secret = fields.CharField(max_length=255)
    api_version = fields.CharField(max_length=32)
    created_at = Moment(auto_now_add=True)
    retired_at = Moment(null=True)
    """Set when a rotation replaced it; its secret stays good for the overlap."""

    class Meta:
        table = "webhook_endpoint"
        indexes = (Index(fields=("workspace_id",), name="webhook_endpoint_workspace"),)


class ApiKey(InWorkspace):
    """An API key, kept as a SHA-256 of its 256 random bits, `hint` is the start and end that a list may show."""

    id = fields.CharField(max_length=40, primary_key=True)
    """`key_…`, random."""
    digest = fields.CharField(max_length=64, unique=True)
    hint = fields.CharField(max_length=32)
    name = fields.CharField(max_length=190)
    livemode = fields.BooleanField()
    scopes: fields.Field[list[str]] = JsonText(default=list)
    """Of: read, write, lead.write, sale.write, admin."""
    created_at = Moment(auto_now_add=True)
    revoked_at = Moment(null=True)

    class Meta:
        table = "api_key"
        indexes = (Index(fields=("workspace_id", "created_at", "id"), name="api_key_workspace"),)


class Domain(InWorkspace):
    """A host name whose short links belong to one workspace."""

    id = fields.IntField(primary_key=True)
    name = fields.CharField(max_length=253, unique=True)
    """Lower case, with a port where it has one; `*` is the fallback for a host that nobody claimed."""

    class Meta:
        table = "domain"


class Link(InWorkspace):
    """A short link. Archived, never deleted: its clicks and sales keep their name."""

    id = fields.CharField(max_length=40, primary_key=True)
    """`link_…`, random."""
    domain = fields.CharField(max_length=253)
    key = fields.CharField(max_length=190)
    url = fields.TextField()
    track_conversion = fields.BooleanField(null=True)
    """None: as the workspace says."""
    utm_source = fields.CharField(max_length=255, null=True)
    utm_medium = fields.CharField(max_length=255, null=True)
    utm_campaign = fields.CharField(max_length=255, null=True)
    utm_term = fields.CharField(max_length=255, null=True)
    utm_content = fields.CharField(max_length=255, null=True)
    created_at = Moment(auto_now_add=True)
    updated_at = Moment(auto_now=True)
    archived_at = Moment(null=True)

    class Meta:
        table = "link"
        unique_together = (("workspace", "domain", "key"),)
        indexes = (
            Index(fields=("workspace_id", "created_at", "id"), name="link_created"),
            Index(fields=("workspace_id", "utm_campaign", "created_at", "id"), name="link_campaign"),
        )


class Ruleset(InWorkspace):
    """How credit is decided from a date on. Dated evidence: a new row for each change, none is edited."""

    id = fields.IntField(primary_key=True)
    effective_at = Moment()
    """In force for conversions from this moment; the first ruleset of a workspace also covers what came before it."""
    rules: fields.Field[dict[str, object]] = JsonText(default=dict)
    """See `ingest.credit.rules.Rules`: window, skew, model, which weaker evidence counts."""
    digest = fields.CharField(max_length=16)

    class Meta:
        table = "ruleset"
        indexes = (Index(fields=("workspace_id", "effective_at", "id"), name="ruleset_effective"),)
