from collections import defaultdict
from typing import Any

import orjson
from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

_PAGE = 1_000


async def say_which_merges_made_a_sale(_apps: Any, editor: Any) -> None:
    """Read each stream once, and note at a merge whether the id that was left was no sale before: new changes say so themselves."""
    connection = editor.client
    first, second = ("?", "?") if connection.capabilities.dialect == "sqlite" else ("$1", "$2")
    page = f"SELECT id, workspace_id, livemode, kind, sale_id, data FROM change WHERE id > {first} ORDER BY id LIMIT {_PAGE}"  # noqa: S608  # a place and a number of ours
    noted = f"UPDATE change SET data = {first} WHERE id = {second}"  # noqa: S608  # places for values
    there: defaultdict[tuple[int, bool], set[str]] = defaultdict(set)
    last = 0
    while rows := await connection.execute_query_dict(page, [last]):
        for row in rows:
            last, sales, data = row["id"], there[row["workspace_id"], bool(row["livemode"])], orjson.loads(row["data"])
            if row["kind"] == "sale_merged" and row["sale_id"] not in sales:
                await connection.execute_query(noted, [orjson.dumps(data | {"new": True}, option=orjson.OPT_SORT_KEYS).decode(), row["id"]])
            sales.difference_update(data.get("swallowed", ()))
            (sales.discard if row["kind"] == "sale_gone" else sales.add)(row["sale_id"])


class Migration(migrations.Migration):
    dependencies = [("models", "0004_rollups")]

    initial = False

    operations = [
        ops.CreateModel(
            name="ChangeCut",
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
                ("seq", fields.BigIntField()),
                ("sales", fields.BigIntField()),
                ("digest", fields.CharField(max_length=32)),
            ],
            options={
                "table": "change_cut",
                "app": "models",
                "unique_together": (("workspace", "livemode"),),
                "pk_attr": "id",
                "table_description": "How far a workspace's stream of one mode was cut, and which sales a reader of it had by then, as a count and a sum of hashes.",
            },
            bases=["Model"],
        ),
        ops.RunPython(say_which_merges_made_a_sale),
    ]
