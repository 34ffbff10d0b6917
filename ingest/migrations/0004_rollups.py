from typing import Any

from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from ingest.rollups import filling


async def _filled(_apps: Any, schema_editor: Any) -> None:
    """In the migration's own transaction: once, and whole or not at all. Whoever writes waits, so that all is counted at one moment."""
    connection = schema_editor.client
    if connection.capabilities.dialect == "postgres":
        await connection.execute_query("LOCK TABLE click, lead, sale IN SHARE MODE")
    await filling.fill(connection)


class Migration(migrations.Migration):
    dependencies = [("models", "0003_visitor_keys")]

    initial = False

    operations = [
        ops.CreateModel(
            name="RollupCampaign",
            fields=[
                ("workspace_id", fields.IntField()),
                ("mode", fields.SmallIntField()),
                ("hour", fields.IntField()),
                ("currency", fields.CharField(max_length=3)),
                ("clicks", fields.BigIntField()),
                ("leads", fields.BigIntField()),
                ("sales", fields.BigIntField()),
                ("gross_minor", fields.BigIntField()),
                ("refunded_minor", fields.BigIntField()),
                ("disputed_minor", fields.BigIntField()),
                ("net_minor", fields.BigIntField()),
                ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=40)),
                ("span", fields.SmallIntField()),
                ("utm_source", fields.CharField(max_length=255)),
                ("utm_medium", fields.CharField(max_length=255)),
                ("utm_campaign", fields.CharField(max_length=255)),
            ],
            options={
                "table": "rollup_campaign",
                "app": "models",
                "indexes": [Index(fields=["workspace_id", "span", "hour", "mode"], name="rollup_campaign_hour")],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="RollupCountry",
            fields=[
                ("workspace_id", fields.IntField()),
                ("mode", fields.SmallIntField()),
                ("hour", fields.IntField()),
                ("currency", fields.CharField(max_length=3)),
                ("clicks", fields.BigIntField()),
                ("leads", fields.BigIntField()),
                ("sales", fields.BigIntField()),
                ("gross_minor", fields.BigIntField()),
                ("refunded_minor", fields.BigIntField()),
                ("disputed_minor", fields.BigIntField()),
                ("net_minor", fields.BigIntField()),
                ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=40)),
                ("span", fields.SmallIntField()),
                ("country", fields.CharField(max_length=2)),
            ],
            options={
                "table": "rollup_country",
                "app": "models",
                "indexes": [Index(fields=["workspace_id", "span", "hour", "mode"], name="rollup_country_hour")],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="RollupDelta",
            fields=[
                ("workspace_id", fields.IntField()),
                ("mode", fields.SmallIntField()),
                ("hour", fields.IntField()),
                ("currency", fields.CharField(max_length=3)),
                ("clicks", fields.BigIntField()),
                ("leads", fields.BigIntField()),
                ("sales", fields.BigIntField()),
                ("gross_minor", fields.BigIntField()),
                ("refunded_minor", fields.BigIntField()),
                ("disputed_minor", fields.BigIntField()),
                ("net_minor", fields.BigIntField()),
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("link_id", fields.CharField(max_length=40)),
                ("utm_source", fields.CharField(max_length=255)),
                ("utm_medium", fields.CharField(max_length=255)),
                ("utm_campaign", fields.CharField(max_length=255)),
                ("country", fields.CharField(max_length=2)),
                ("device", fields.CharField(max_length=16)),
                ("referer", fields.CharField(max_length=253)),
            ],
            options={
                "table": "rollup_delta",
                "app": "models",
                "indexes": [Index(fields=["workspace_id", "hour"], name="rollup_delta_hour")],
                "pk_attr": "id",
                "table_description": "What one transaction added and took away, of one combination of all dimensions. It is gone once it is in its buckets.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="RollupDevice",
            fields=[
                ("workspace_id", fields.IntField()),
                ("mode", fields.SmallIntField()),
                ("hour", fields.IntField()),
                ("currency", fields.CharField(max_length=3)),
                ("clicks", fields.BigIntField()),
                ("leads", fields.BigIntField()),
                ("sales", fields.BigIntField()),
                ("gross_minor", fields.BigIntField()),
                ("refunded_minor", fields.BigIntField()),
                ("disputed_minor", fields.BigIntField()),
                ("net_minor", fields.BigIntField()),
                ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=40)),
                ("span", fields.SmallIntField()),
                ("device", fields.CharField(max_length=16)),
            ],
            options={
                "table": "rollup_device",
                "app": "models",
                "indexes": [Index(fields=["workspace_id", "span", "hour", "mode"], name="rollup_device_hour")],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="RollupLink",
            fields=[
                ("workspace_id", fields.IntField()),
                ("mode", fields.SmallIntField()),
                ("hour", fields.IntField()),
                ("currency", fields.CharField(max_length=3)),
                ("clicks", fields.BigIntField()),
                ("leads", fields.BigIntField()),
                ("sales", fields.BigIntField()),
                ("gross_minor", fields.BigIntField()),
                ("refunded_minor", fields.BigIntField()),
                ("disputed_minor", fields.BigIntField()),
                ("net_minor", fields.BigIntField()),
                ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=40)),
                ("span", fields.SmallIntField()),
                ("link_id", fields.CharField(max_length=40)),
            ],
            options={
                "table": "rollup_link",
                "app": "models",
                "indexes": [
                    Index(fields=["workspace_id", "span", "hour", "mode"], name="rollup_link_hour"),
                    Index(fields=["workspace_id", "link_id", "span", "hour", "mode"], name="rollup_link_link"),
                ],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="RollupReferer",
            fields=[
                ("workspace_id", fields.IntField()),
                ("mode", fields.SmallIntField()),
                ("hour", fields.IntField()),
                ("currency", fields.CharField(max_length=3)),
                ("clicks", fields.BigIntField()),
                ("leads", fields.BigIntField()),
                ("sales", fields.BigIntField()),
                ("gross_minor", fields.BigIntField()),
                ("refunded_minor", fields.BigIntField()),
                ("disputed_minor", fields.BigIntField()),
                ("net_minor", fields.BigIntField()),
                ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=40)),
                ("span", fields.SmallIntField()),
                ("referer", fields.CharField(max_length=253)),
            ],
            options={
                "table": "rollup_referer",
                "app": "models",
                "indexes": [Index(fields=["workspace_id", "span", "hour", "mode"], name="rollup_referer_hour")],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="RollupTotal",
            fields=[
                ("workspace_id", fields.IntField()),
                ("mode", fields.SmallIntField()),
                ("hour", fields.IntField()),
                ("currency", fields.CharField(max_length=3)),
                ("clicks", fields.BigIntField()),
                ("leads", fields.BigIntField()),
                ("sales", fields.BigIntField()),
                ("gross_minor", fields.BigIntField()),
                ("refunded_minor", fields.BigIntField()),
                ("disputed_minor", fields.BigIntField()),
                ("net_minor", fields.BigIntField()),
                ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=40)),
                ("span", fields.SmallIntField()),
            ],
            options={
                "table": "rollup_total",
                "app": "models",
                "indexes": [Index(fields=["workspace_id", "span", "hour", "mode"], name="rollup_total_hour")],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.RunPython(_filled),
    ]
