"""The settler's own statements and rows do what Tortoise's do, on either database."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from enum import Enum
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tortoise import fields
from tortoise.models import Model

from ingest import sql, workspaces
from ingest.models import evidence, facts, ledger, people, privacy, rollups, stream, workspace
from ingest.models.facts import Lookup, Subject, SubjectKind
from ingest.models.fields import Moment, Row, loader

pytestmark = pytest.mark.unproved
MODULES = (evidence, facts, ledger, people, privacy, rollups, stream, workspace)
TABLES = {each for module in MODULES for each in vars(module).values() if isinstance(each, type) and issubclass(each, Row)}
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


def _sample(field: fields.Field[Any]) -> Any:
    """Something that the column takes."""
    if enum := getattr(field, "enum_type", None):
        return next(iter(enum))
    if isinstance(field, Moment):
        return NOW
    if field.field_type in (bool, int):
        return field.field_type(1)
    if field.field_type is bytes:
        return b"x"
    return {"a": 1} if type(field).__name__ == "JsonText" else "1"


@pytest.mark.parametrize("engine", ["sqlite"])
async def test_a_row_of_every_table_is_made_as_tortoise_would_make_it(database: str) -> None:
    made = 0
    for table in TABLES:
        if not table._meta.fields_db_projection:
            continue
        columns = {name: table._meta.fields_map[name] for name in table._meta.fields_db_projection}
        full = {name: _sample(field) for name, field in columns.items()}
        for values in (full, {name: value for name, value in full.items() if not columns[name].null}, {}):
            theirs = table.__new__(table)
            Model.__init__(theirs, **values)
            assert vars(table(**values)) == vars(theirs), table
            made += 1
    assert made > 60


moments = st.datetimes(min_value=datetime(1970, 1, 2), timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30))]))  # noqa: DTZ001  # hypothesis adds the zone


@pytest.mark.parametrize("engine", ["sqlite", "postgres"], indirect=True)
async def test_a_row_of_every_table_is_read_as_tortoise_would_read_it(database: str) -> None:
    read = 0
    for table in TABLES:
        if table._meta.abstract:
            continue
        columns = {name: table._meta.fields_map[name] for name in table._meta.fields_db_projection}
        given = {name: _as_given(_sample(field), sqlite="sqlite" in database) for name, field in columns.items()}
        nothing = {name: None if columns[name].null else value for name, value in given.items()}
        for values, names in ((given, [*columns]), (nothing, [*columns]), (given, [table._meta.pk_attr])):
            found = {name: values[name] for name in names}
            assert vars(loader(table, names)(found.values())) == vars(table._init_from_db(**found)), table
            read += 1
    assert read > 60


def _as_given(value: Any, *, sqlite: bool) -> Any:
    """As the driver gives it."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, dict):
        return orjson.dumps(value).decode()
    if sqlite and isinstance(value, (bool, datetime)):
        return int(value) if isinstance(value, bool) else value.isoformat(" ")
    return value


@pytest.mark.parametrize("engine", ["sqlite"])
async def test_a_value_of_every_column_goes_in_as_tortoise_would_put_it_or_is_refused(database: str) -> None:
    refused = 0
    for table in TABLES:
        fields_, sample = table._meta.fields_map, {name: _sample(table._meta.fields_map[name]) for name in table._meta.fields_db_projection}
        for column in () if table._meta.abstract else sql._insert(table, (), (), True)[1]:
            if getattr(fields_[column.name], "auto_now", False):
                continue
            for value in (sample[column.name], None, "x" * 5_000):
                row = table(**sample)
                setattr(row, column.name, value)
                try:
                    theirs = fields_[column.name].to_db_value(value, row)
                except Exception as error:
                    with pytest.raises(type(error)):
                        sql._stored(row, [column])
                    refused += 1
                else:
                    (ours,) = sql._stored(row, [column])
                    assert ours == theirs or getattr(fields_[column.name], "auto_now_add", False), (table, column.name)
    assert refused > 100


@given(moments | st.none())
def test_a_moment_is_read_as_tortoise_reads_it(moment: datetime | None) -> None:
    for stored in (moment, moment and moment.isoformat(" "), moment and moment.isoformat()):
        assert Moment().to_python_value(stored) == fields.DatetimeField().to_python_value(stored) == moment


async def _filled() -> int:
    owner = await workspaces.ensure_default()
    names = ["pay_1", "pay_2", "pay_3", "who_1"]
    await sql.insert(
        Subject(
            id=name,
            kind=SubjectKind.CUSTOMER if name == "who_1" else SubjectKind.PAYMENT,
            key="ext:1" if name == "who_1" else None,
            dirty=name != "pay_2",
            workspace_id=owner.id,
            livemode=False,
        )
        for name in names
    )
    await sql.insert(
        Lookup(subject_id=name, key=f"cus:{place % 2}", awaited=place == 1, workspace_id=owner.id, livemode=False)
        for place, name in enumerate(names)
    )
    return owner.id


async def _subjects() -> set[tuple[Any, ...]]:
    return {(row.id, row.kind, row.key, row.dirty, row.next_try_at) for row in await Subject.all()}


KEYS, NAMES = ["cus:0", "cus:1"], ("pay_1", "pay_2")
CONDITIONS: tuple[tuple[type[Row], Mapping[str, Any], Mapping[str, Any]], ...] = (
    (Subject, {"id": "pay_1"}, {"id": "pay_1"}),
    (Subject, {"id": {"pay_1", "who_1", "pay_9"}}, {"id__in": ["pay_1", "who_1", "pay_9"]}),
    (Subject, {"id": ()}, {"id__in": []}),
    (Subject, {"key": None, "dirty": True}, {"key__isnull": True, "dirty": True}),
    (Subject, {"dirty": False, "livemode": False}, {"dirty": False, "livemode": False}),
    (Subject, {"kind": SubjectKind.PAYMENT, "dirty": True}, {"kind": SubjectKind.PAYMENT, "dirty": True}),
    (
        Lookup,
        {"key": ["cus:0", "cus:1"], "subject_id": ("pay_1", "pay_2")},
        {"key__in": ["cus:0", "cus:1"], "subject_id__in": ["pay_1", "pay_2"]},
    ),
    (Lookup, {"awaited": True, "key": "cus:1"}, {"awaited": True, "key": "cus:1"}),
)


async def test_rows_are_read_by_conditions_as_tortoise_reads_them(database: str) -> None:
    await _filled()
    for table, ours, theirs in CONDITIONS:
        found = {row.pk: {name: getattr(row, name) for name in table._meta.fields_db_projection} for row in await sql.read(table, **ours)}
        assert found == {row.pk: {name: getattr(row, name) for name in found[row.pk]} for row in await table.filter(**theirs)}, ours


async def test_of_rows_that_are_read_only_columns_that_are_named_are_there(database: str) -> None:
    await _filled()

    (row,) = await sql.read(Subject, ("id", "dirty"), key="ext:1")

    assert (row.id, row.dirty) == ("who_1", True)
    assert "key" not in vars(row)


async def test_the_first_rows_that_are_due_come_in_order_of_their_ids_and_no_more_than_asked(database: str) -> None:
    owner = await _filled()
    await Subject.filter(id="pay_1").update(next_try_at=datetime.now(UTC) + timedelta(hours=1))
    await Subject.filter(id="pay_3").update(next_try_at=datetime.now(UTC) - timedelta(seconds=1))

    for limit, names in ((9, ["pay_3", "who_1"]), (1, ["pay_3"])):
        found = await sql.first(Subject, sql.TRY_NOW, limit, dirty=True, workspace_id=owner, livemode=False)
        assert [row.id for row in found] == names


async def test_the_greatest_value_is_of_rows_that_meet_the_conditions(database: str) -> None:
    await _filled()

    assert await sql.greatest(Subject, "id", kind=SubjectKind.PAYMENT) == "pay_3"
    assert await sql.greatest(Subject, "id", key="ext:9") is None
    assert await sql.greatest(Subject, "id", key=[]) is None


async def test_rows_are_changed_replaced_and_taken_away_and_no_others(database: str) -> None:
    owner = await _filled()
    before = await _subjects()

    await sql.update(Subject, {"dirty": False, "next_try_at": NOW}, id=["pay_1", "pay_3"], kind=SubjectKind.PAYMENT)
    await sql.update(Subject, {"dirty": True}, id=[])
    changed = {
        (name, kind, key, False, NOW) if name in ("pay_1", "pay_3") else (name, kind, key, dirty, at)
        for name, kind, key, dirty, at in before
    }
    assert await _subjects() == changed

    again = [
        Subject(id=name, kind=SubjectKind.PAYMENT, key="new", dirty=True, workspace_id=owner, livemode=False) for name in ("pay_1", "pay_7")
    ]
    await sql.insert(again, unique=["id"], update=["dirty"])
    changed = {(*row[:3], True, row[4]) if row[0] == "pay_1" else row for row in changed}
    assert await _subjects() == changed | {("pay_7", SubjectKind.PAYMENT, "new", True, None)}

    await sql.delete(Lookup, subject_id={"pay_1", "pay_2", "pay_3"}, awaited=False)
    assert {row.subject_id for row in await Lookup.all()} == {"pay_2", "who_1"}


async def test_as_many_values_as_one_likes_are_one_text(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    await _filled()
    texts = set()
    real = type(Subject._meta.db).execute_query

    async def heard(self: Any, query: str, values: list[Any] | None = None) -> Any:
        texts.add(query)
        return await real(self, query, values)

    monkeypatch.setattr(type(Subject._meta.db), "execute_query", heard)
    for count in (1, 2, 700):
        await sql.read(Subject, id=[f"pay_{number}" for number in range(count)])
    assert len(texts) == 1
