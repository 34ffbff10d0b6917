"""Rollups: what clicks, leads and sales come to in each hour, so that a report costs what it shows and not what there is.

Whoever writes a click, a lead or a sale appends, in the same transaction, what that adds and takes away: a delta. Deltas are summed into
buckets later. What is counted at a moment is its buckets and the deltas that are not in them yet.
"""

from tortoise import fields
from tortoise.indexes import Index

from ingest.models.fields import Row

HOUR, DAY = 1, 24
"""Spans of a bucket, in hours of UTC."""
CLICKS, LIVE, TEST = 0, 1, 2
"""Modes: clicks belong to both."""
MEASURES = ("clicks", "leads", "sales", "gross_minor", "refunded_minor", "disputed_minor", "net_minor")
DIMENSIONS = ("link_id", "utm_source", "utm_medium", "utm_campaign", "country", "device", "referer")
"""Columns of the click, of a sale's or lead's click; '' where there is none."""


class Counted(Row):
    """What came to pass in one hour, or in a day. No foreign keys: a flush of clicks would pay for each row's check."""

    workspace_id = fields.IntField()
    mode = fields.SmallIntField()
    hour = fields.IntField()
    """Hours since 1970 in UTC; the first of a span that is longer."""
    currency = fields.CharField(max_length=3)
    """Of the amounts: the converted ones' where a sale has them, else the one it was paid in; '' beside clicks and leads."""
    clicks = fields.BigIntField()
    """Without bots'."""
    leads = fields.BigIntField()
    sales = fields.BigIntField()
    gross_minor = fields.BigIntField()
    refunded_minor = fields.BigIntField()
    disputed_minor = fields.BigIntField()
    net_minor = fields.BigIntField()

    class Meta:
        abstract = True


class RollupDelta(Counted):
    """What one transaction added and took away, of one combination of all dimensions. It is gone once it is in its buckets."""

    id = fields.BigIntField(primary_key=True)
    link_id = fields.CharField(max_length=40)
    utm_source = fields.CharField(max_length=255)
    utm_medium = fields.CharField(max_length=255)
    utm_campaign = fields.CharField(max_length=255)
    country = fields.CharField(max_length=2)
    device = fields.CharField(max_length=16)
    referer = fields.CharField(max_length=253)

    class Meta:
        table = "rollup_delta"
        indexes = (Index(fields=("workspace_id", "hour"), name="rollup_delta_hour"),)


class Bucket(Counted):
    """A sum over a span, for one combination of a set's dimensions."""

    id = fields.CharField(max_length=40, primary_key=True)
    """`roll_…`, derived from everything that it is a sum for."""
    span = fields.SmallIntField()

    class Meta:
        abstract = True


class RollupTotal(Bucket):
    class Meta:
        table = "rollup_total"
        indexes = (Index(fields=("workspace_id", "span", "hour", "mode"), name="rollup_total_hour"),)


class RollupLink(Bucket):
    link_id = fields.CharField(max_length=40)

    class Meta:
        table = "rollup_link"
        indexes = (
            Index(fields=("workspace_id", "span", "hour", "mode"), name="rollup_link_hour"),
            Index(fields=("workspace_id", "link_id", "span", "hour", "mode"), name="rollup_link_link"),
        )


class RollupCampaign(Bucket):
    utm_source = fields.CharField(max_length=255)
    utm_medium = fields.CharField(max_length=255)
    utm_campaign = fields.CharField(max_length=255)

    class Meta:
        table = "rollup_campaign"
        indexes = (Index(fields=("workspace_id", "span", "hour", "mode"), name="rollup_campaign_hour"),)


class RollupCountry(Bucket):
    country = fields.CharField(max_length=2)

    class Meta:
        table = "rollup_country"
        indexes = (Index(fields=("workspace_id", "span", "hour", "mode"), name="rollup_country_hour"),)


class RollupDevice(Bucket):
    device = fields.CharField(max_length=16)

    class Meta:
        table = "rollup_device"
        indexes = (Index(fields=("workspace_id", "span", "hour", "mode"), name="rollup_device_hour"),)


class RollupReferer(Bucket):
    referer = fields.CharField(max_length=253)

    class Meta:
        table = "rollup_referer"
        indexes = (Index(fields=("workspace_id", "span", "hour", "mode"), name="rollup_referer_hour"),)


SETS: dict[type[Bucket], tuple[str, ...]] = {
    RollupTotal: (),
    RollupLink: ("link_id",),
    RollupCampaign: ("utm_source", "utm_medium", "utm_campaign"),
    RollupCountry: ("country",),
    RollupDevice: ("device",),
    RollupReferer: ("referer",),
}
"""The named sets of dimensions: what dashboards ask for. Every other combination is computed from rows."""
