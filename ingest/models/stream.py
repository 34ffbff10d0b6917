"""What is left of a stream of changes whose beginning was cut off."""

from tortoise import fields

from ingest.models.workspace import InMode


class ChangeCut(InMode):
    """How far a workspace's stream of one mode was cut, and which sales a reader of it had by then, as a count and a sum of hashes."""

    id = fields.BigIntField(primary_key=True)
    seq = fields.BigIntField()
    """The number of the last change that is gone."""
    sales = fields.BigIntField()
    digest = fields.CharField(max_length=32)
    """Of `ingest.told.Tally`: 128 bits, hexadecimal."""

    class Meta:
        table = "change_cut"
        unique_together = (("workspace", "livemode"),)
