from tortoise import migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

_LED = {
    "lead_customer": ("Lead", "customer_id", ("at", "id")),
    "sale_customer": ("Sale", "customer_id", ("paid_at", "id")),
    "refund_sale": ("Refund", "sale_id", ("at", "id")),
    "dispute_sale": ("Dispute", "sale_id", ("at", "id")),
    "credit_sale": ("Credit", "sale_id", ("position",)),
    "consideration_sale": ("Consideration", "sale_id", ("position",)),
}
"""Of each index its table, the parent that it now begins with, and what it ends with; between them stand the workspace and the mode."""


class Migration(migrations.Migration):
    dependencies = [("models", "0006_awaited_clicks")]

    initial = False

    operations = [
        operation
        for name, (model, parent, order) in _LED.items()
        for operation in (
            ops.RemoveIndex(model, name=name),
            ops.AddIndex(model, Index(fields=(parent, "workspace_id", "livemode", *order), name=name)),
        )
    ]
