from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("models", "0001_initial")]

    initial = False

    operations = [
        ops.CreateModel(
            name="Enquiry",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "workspace",
                    fields.ForeignKeyField(
                        "models.Workspace",
                        source_field="workspace_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                (
                    "account",
                    fields.ForeignKeyField(
                        "models.Account",
                        source_field="account_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("livemode", fields.BooleanField()),
                ("question", fields.CharField(max_length=300)),
                ("attempts", fields.IntField(default=0)),
                ("next_try_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("answered_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("found", fields.IntField(default=0)),
                ("error", fields.CharField(null=True, max_length=500)),
            ],
            options={
                "table": "enquiry",
                "app": "models",
                "unique_together": (("account", "livemode", "question"),),
                "indexes": [Index(fields=["account_id", "livemode", "answered_at", "next_try_at"], name="enquiry_open")],
                "pk_attr": "id",
                "table_description": "One question that Stripe is asked, because no event told it: asked until it is answered, and then never again.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Erasure",
            fields=[
                ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=40)),
                (
                    "workspace",
                    fields.ForeignKeyField(
                        "models.Workspace",
                        source_field="workspace_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("livemode", fields.BooleanField()),
                ("customer", fields.CharField(max_length=32)),
                ("pseudonym", fields.CharField(null=True, max_length=40)),
                ("asked_by", fields.CharField(max_length=190)),
                ("asked_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("finished_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("events", fields.IntField(default=0)),
                ("statements", fields.IntField(default=0)),
                ("clicks", fields.IntField(default=0)),
            ],
            options={
                "table": "erasure",
                "app": "models",
                "unique_together": (("workspace", "livemode", "customer"),),
                "pk_attr": "id",
                "table_description": "One act of erasing a person: who asked, when, and how much was redacted. It names nobody.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="ErasureKey",
            fields=[
                ("id", fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "workspace",
                    fields.ForeignKeyField(
                        "models.Workspace",
                        source_field="workspace_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("secret", fields.CharField(max_length=64)),
            ],
            options={
                "table": "erasure_key",
                "app": "models",
                "unique_together": (("workspace",),),
                "pk_attr": "id",
                "table_description": "The secret under which a workspace's erased people are hashed. Made at the first erasure, never changed, never served.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Suppressed",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "workspace",
                    fields.ForeignKeyField(
                        "models.Workspace",
                        source_field="workspace_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("livemode", fields.BooleanField()),
                ("digest", fields.CharField(max_length=32)),
                (
                    "erasure",
                    fields.ForeignKeyField(
                        "models.Erasure",
                        source_field="erasure_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
            ],
            options={
                "table": "suppressed",
                "app": "models",
                "unique_together": (("workspace", "livemode", "digest"),),
                "pk_attr": "id",
                "table_description": "One thing by which an erased person would be known again, as a keyed hash of its kind and value.",
            },
            bases=["Model"],
        ),
        ops.AddField(
            model_name="Claim",
            name="parser_version",
            field=fields.IntField(default=0, db_default=0),
        ),
        ops.AddField(
            model_name="Statement",
            name="tombstone",
            field=fields.CharField(null=True, max_length=40),
        ),
        ops.AddField(
            model_name="StripeEvent",
            name="tombstone",
            field=fields.CharField(null=True, max_length=40),
        ),
    ]
