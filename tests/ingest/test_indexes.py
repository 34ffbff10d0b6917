"""The indexes: those of the models are there, column by column, and one begins with whatever names a row that the settler takes away."""

import pytest
from tortoise import Tortoise
from tortoise.fields.relational import ForeignKeyFieldInstance
from tortoise.indexes import Index
from tortoise.models import Model

from ingest.models.facts import Subject
from ingest.models.ledger import Sale
from ingest.models.people import Customer
from ingest.models.workspace import Workspace

_COLUMNS = {
    "sqlite": "SELECT i.name, c.name AS col FROM sqlite_schema i JOIN pragma_index_info(i.name) c WHERE i.type = 'index' ORDER BY c.seqno",
    "postgres": "SELECT i.relname AS name, c.attname AS col FROM pg_class i JOIN pg_attribute c ON c.attrelid = i.oid"
    " WHERE i.relkind = 'i' ORDER BY c.attnum",
}


def _models() -> list[type[Model]]:
    return list((Tortoise.apps or {})["models"].values())


def _indexes(model: type[Model]) -> list[Index]:
    return [index for index in model._meta.indexes if isinstance(index, Index)]


async def test_the_indexes_of_the_models_are_those_of_the_database(database: str, engine: str) -> None:
    held: dict[str, list[str]] = {}
    for row in await Workspace._meta.db.execute_query_dict(_COLUMNS[engine]):
        held.setdefault(row["name"], []).append(row["col"])
    ours = {str(index.name): list(index.fields) for model in _models() for index in _indexes(model)}

    assert {name: held.get(name) for name in ours} == ours != {}


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
async def test_what_points_to_a_row_that_is_taken_away_is_found_by_its_id(database: str) -> None:
    """Whoever deletes a row has the database look for what points to it: by that column alone, in every workspace."""
    pointing = [
        (model, field)
        for model in _models()
        for field in model._meta.fields_map.values()
        if isinstance(field, ForeignKeyFieldInstance) and field.related_model in (Sale, Customer, Subject)
    ]
    leading = {
        model: {first for first, *_ in [*(index.fields for index in _indexes(model)), *model._meta.unique_together]} for model in _models()
    }

    assert len(pointing) > 10
    assert [
        (model, field.source_field) for model, field in pointing if not {field.source_field, field.model_field_name} & leading[model]
    ] == []
