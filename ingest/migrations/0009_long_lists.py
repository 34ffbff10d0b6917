from tortoise import migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

_OF_CLICKS = {"lead_click": ("Lead", "at"), "sale_click": ("Sale", "paid_at")}
"""Of each index its table and the moment that it goes by now: a click's renewals may be many, and a page of them is read along it."""
_BY_CONDITION = {
    "dispute_status": ("Dispute", ("workspace_id", "livemode", "status", "at", "id")),
    "link_campaign": ("Link", ("workspace_id", "utm_campaign", "created_at", "id")),
}
"""Conditions that dashboards put on lists which are seldom written: what is rare there is found without reading the rest."""


class Migration(migrations.Migration):
    dependencies = [("models", "0008_unattributed")]

    initial = False

    operations = [
        *(
            operation
            for name, (model, moment) in _OF_CLICKS.items()
            for operation in (
                ops.RemoveIndex(model, name=name),
                ops.AddIndex(model, Index(fields=("click_id", "workspace_id", "livemode", moment, "id"), name=name)),
            )
        ),
        *(ops.AddIndex(model, Index(fields=fields, name=name)) for name, (model, fields) in _BY_CONDITION.items()),
    ]
