from tortoise import migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("models", "0005_change_cut")]

    initial = False

    # The beginning of a click's id carries its time (`ingest.settle.lookups`). It stands first because one look is at all workspaces.
    operations = [
        ops.RunSQL(
            'CREATE INDEX "lookup_awaited_click" ON "lookup" (substr("key", 1, 9), "workspace_id", "livemode") WHERE "awaited" = true',
            'DROP INDEX "lookup_awaited_click"',
        )
    ]
