from tortoise import migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

_OF_CLICKS = {"lead_click": ("Lead", "at"), "sale_click": ("Sale", "paid_at")}
"""Of each index its table and the moment that it goes by: a click's renewals may be many, and a page of them is read along it."""


class Migration(migrations.Migration):
    dependencies = [("models", "0008_unattributed")]

    initial = False

    operations = [
        operation
        for name, (model, moment) in _OF_CLICKS.items()
        for operation in (
            ops.RemoveIndex(model, name=name),
            ops.AddIndex(model, Index(fields=("click_id", "workspace_id", "livemode", moment, "id"), name=name)),
        )
    ]
