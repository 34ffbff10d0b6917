from tortoise import migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("models", "0007_led_by_parents")]

    initial = False

    # Sales without a click, newest first: a list that people work off. It holds those alone, so that the others pay nothing for it.
    operations = [
        ops.RunSQL(
            'CREATE INDEX "sale_unattributed" ON "sale" ("workspace_id", "livemode", "paid_at", "id") WHERE "click_id" IS NULL',
            'DROP INDEX "sale_unattributed"',
        )
    ]
