from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("models", "0002_privacy")]

    initial = False

    operations = [
        ops.CreateModel(
            name="VisitorKey",
            fields=[
                ("day", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=10)),
                ("key", fields.BinaryField()),
            ],
            options={
                "table": "visitor_key",
                "app": "models",
                "pk_attr": "day",
                "table_description": "The key of one day's visitor hashes, destroyed two days later. Every process and machine of an installation hashes alike.",
            },
            bases=["Model"],
        ),
    ]
