"""Tenancy: with every field, argument and id of the schema, a key of another workspace gets nothing of this one, nor a test key of live."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from graphql import GraphQLField, GraphQLInputObjectType, get_named_type
from tortoise import Tortoise
from tortoise.transactions import in_transaction

from ingest import settler
from ingest.models.ledger import Sale
from ingest.rollups import compacting, filling
from resolvers import waiting
from resolvers.reports.question import Dimension, Extra
from tests.ledger import Ledger
from tests.schema.conftest import answer
from tests.schema.tenants import HIDDEN, SECRET, Held, dump, filled, leaked
from tests.schema.walking import (
    GIVEN,
    MUTATION,
    PLAIN,
    QUERY,
    SUBSCRIPTION,
    beneath,
    by_ids,
    everything,
    filters,
    harmless,
    inputs,
    nested,
    reached,
    selected,
    texts,
    types,
)


@pytest.fixture(params=["another workspace", "the other mode"])
async def held(request: pytest.FixtureRequest, database: str) -> tuple[Held, Held]:
    """What must not be seen, and who looks. Links and clicks belong to both modes, so the other mode may see those."""
    first = await filled(await Ledger.of("first"), SECRET, HIDDEN)
    if request.param == "the other mode":
        first.ids, first.names = first.ids[:7], [name for name in first.names if name not in {SECRET, first.names[-1]}]
        first.names += [f"{SECRET}@test"]
        other = await filled(await Ledger.of("first", livemode=False), "other")
    else:
        other = await filled(await Ledger.of("second"), "other")
    async with in_transaction() as connection:
        await filling.fill(connection)
    await compacting.compact(first.ledger.workspace.id, 2)  # the rest is read as it was written
    return first, other


def _by_argument(name: str, field: GraphQLField, argument: str) -> str:
    return f"query($given: {field.args[argument].type}) {{ {name}({argument}: $given) {selected(field, 2)} }}"


def _listed(name: str, field: GraphQLField) -> str:
    return f"{{ {name}(first: 100) {selected(field, 2)} }}"


def _written(name: str, field: GraphQLField) -> str:
    return f"mutation($input: {field.args['input'].type}) {{ {name}(input: $input) {selected(field, 2)} }}"


def _lists() -> Iterator[tuple[str, GraphQLField]]:
    return ((name, field) for name, field in QUERY.fields.items() if "first" in field.args)


def test_every_field_of_the_schema_is_asked_for_by_these_tests() -> None:
    documents = [by_ids(kind, 3) for kind in types()]
    documents += [_by_argument(name, field, argument) for name, field in QUERY.fields.items() for argument in texts(field)]
    documents += [_listed(name, field) for name, field in _lists()]
    documents += [f"{{ {name} {selected(field, 2)} }}" for name, field in QUERY.fields.items() if not field.args]
    documents += [REPORT]
    documents += [_written(name, field) for name, field in MUTATION.fields.items()]
    documents += [f"subscription {{ {name} {selected(field, 2)} }}" for name, field in SUBSCRIPTION.fields.items()]  # tests/api/live

    assert everything() - reached(documents) == set()


def test_every_argument_of_the_schema_is_tried_by_these_tests() -> None:
    held_back = PLAIN | {"after", "before", "filter", "ids"}
    for name, field in QUERY.fields.items():
        if name == "report":
            continue  # its input has tests of its own, below
        assert field.args.keys() - held_back == set(texts(field)), f"Query.{name}: nothing here gives it ids of others"
    for kind in types():
        for name, field in kind.fields.items():
            assert field.args.keys() <= held_back | GIVEN.keys(), f"{kind.name}.{name}: nothing here gives it ids of others"
    assert {each for field in SUBSCRIPTION.fields.values() for each in field.args} == {"after", "filter"}, "tests/api/live hears them"
    for name, field in MUTATION.fields.items():
        assert set(field.args) == {"input"}, name
        harmless(field)


async def test_no_id_of_the_first_names_anything(held: tuple[Held, Held]) -> None:
    first, other = held
    for kind in types():
        document = by_ids(kind, 1)

        assert (await answer(first.ledger, document, ids=first.ids))["data"]["nodes"] != [None] * len(first.ids), "the ids are real"
        assert (await answer(other.ledger, document, ids=first.ids))["data"]["nodes"] == [None] * len(first.ids)


async def test_no_argument_finds_a_row_of_the_first(held: tuple[Held, Held]) -> None:
    first, other = held
    asked = 0
    for name, field in QUERY.fields.items():
        for argument in texts(field):
            document = _by_argument(name, field, argument)
            for given in (*first.ids, *first.names):
                asked += 1
                assert leaked(first, other, (await answer(other.ledger, document, given=given))["data"], given) == [], document
    assert asked > 50


async def test_no_list_or_filter_shows_a_row_of_the_first(held: tuple[Held, Held]) -> None:
    first, other = held
    for name, field in _lists():
        whole = await answer(other.ledger, _listed(name, field))
        assert leaked(first, other, whole) == [], name
        for kind, condition, _ in filters(field):
            document = f"query($filter: {kind}) {{ {name}(first: 9, filter: $filter) {selected(field, 1)} }}"
            asked = [{condition: {"in": given}} for given in (first.ids, first.names)]
            found = [await answer(other.ledger, document, filter=each) for each in asked]
            assert leaked(first, other, [each["data"] for each in found]) == [], (name, condition)


async def test_no_filter_of_a_list_beneath_a_row_shows_a_row_of_the_first(held: tuple[Held, Held]) -> None:
    first, other = held
    tried = 0
    for kind, name, field in nested():
        for of, condition, _ in filters(field):
            inner = f"... on {kind.name} {{ {name}(first: 9, filter: $filter) {selected(field, 1)} }}"
            document = f"query($ids: [ID!]!, $filter: {of}) {{ nodes(ids: $ids) {{ {inner} }} }}"
            for given in (first.ids, first.names):
                found = await answer(other.ledger, document, ids=[*other.ids, *first.ids], filter={condition: {"in": given}})
                assert leaked(first, other, found["data"]) == [], document
                tried += 1
    assert tried > 50


async def test_no_cursor_of_the_first_opens_its_list(held: tuple[Held, Held]) -> None:
    first, other = held
    for name, field in _lists():
        page = (await answer(first.ledger, f"{{ {name}(first: 1) {{ pageInfo {{ endCursor }} }} }}"))["data"][name]["pageInfo"]
        for given in ("after", "before"):
            document = f"query($c: String) {{ {name}(last: 9, {given}: $c) {selected(field, 1)} }}"
            assert leaked(first, other, (await answer(other.ledger, document, c=page["endCursor"]))["data"]) == [], document


REPORT = f"query($input: ReportInput!) {{ report(input: $input) {selected(QUERY.fields['report'], 3)} }}"
YEAR = {"firstDay": "2026-01-01", "lastDay": "2026-12-31"}
GROUPS = [*([each] for each in Dimension), [Dimension.LINK, Dimension.COUNTRY], [Dimension.UTM_SOURCE, Dimension.BROWSER]]


async def test_no_report_counts_or_names_anything_of_the_first(held: tuple[Held, Held]) -> None:
    first, other = held
    clicks = 2 if first.ledger.workspace.id == other.ledger.workspace.id else 1
    for groups in GROUPS:
        asked: dict[str, Any] = {**YEAR, "groupBy": [each.name for each in groups], "interval": "MONTH"}
        found = (await answer(other.ledger, REPORT, input=asked))["data"]["report"]
        assert leaked(first, other, found) == [], groups
        assert [found["totals"][name] for name in ("clicks", "leads", "sales")] == [clicks, 1, 1]
        assert [sum(row[name] for row in found["rows"]) for name in ("clicks", "leads", "sales")] == [clicks, 1, 1]
    narrowing = get_named_type(get_named_type(QUERY.fields["report"].args["input"].type).fields["filter"].type)
    for name in narrowing.fields:
        asked = {**YEAR, "filter": {name: {"in": [*first.ids, *first.names, SECRET]}}}
        found = (await answer(other.ledger, REPORT, input=asked))["data"]["report"]
        assert (found["totals"]["leads"], found["totals"]["sales"]) == (0, 0), name


async def test_no_figure_that_is_no_sum_counts_anything_of_the_first(held: tuple[Held, Held]) -> None:
    first, other = held
    clicks = 2 if first.ledger.workspace.id == other.ledger.workspace.id else 1
    mine = Sale.filter(workspace_id=other.ledger.workspace.id, livemode=other.ledger.livemode)
    theirs = await Sale.get(workspace_id=first.ledger.workspace.id, livemode=first.ledger.livemode)
    await Sale.filter(id=theirs.id).update(converted_net_minor=1, paid_at=theirs.paid_at - timedelta(seconds=1))
    await mine.update(converted_net_minor=700, paid_at=theirs.paid_at + timedelta(seconds=9))
    asked = {**YEAR, "groupBy": ["LINK"], "extras": [each.name for each in Extra], "orderBy": {"field": "SALES", "direction": "DESC"}}

    found = (await answer(other.ledger, REPORT, input=asked))["data"]["report"]

    totals, row = found["totals"], found["rows"][0]
    assert (totals["visitors"], totals["medianNet"]["minor"], row["visitors"], row["medianNet"]["minor"]) == (clicks, "700", 1, "700")
    assert totals["medianSecondsToSale"] == row["medianSecondsToSale"] >= 9


async def test_no_report_follows_a_row_that_points_across(held: tuple[Held, Held]) -> None:
    first, other = held
    await _point_everything_at(await Sale.get(workspace_id=first.ledger.workspace.id, livemode=first.ledger.livemode), other)
    for groups in ([Dimension.LINK], [Dimension.UTM_SOURCE, Dimension.BROWSER], [Dimension.LINK, Dimension.REFERER]):
        found = await answer(other.ledger, REPORT, input={**YEAR, "groupBy": [each.name for each in groups]})
        assert leaked(first, other, found) == [], groups


async def test_a_row_that_points_across_shows_nothing_of_what_it_points_at(held: tuple[Held, Held]) -> None:
    first, other = held
    theirs = await Sale.get(workspace_id=first.ledger.workspace.id, livemode=first.ledger.livemode)
    await _point_everything_at(theirs, other)
    for kind in types():
        for each in beneath(kind, 3):
            document = f"query($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on {kind.name} {{ {each} }} }} }}"
            found = await answer(other.ledger, document, ids=other.ids)
            assert leaked(first, other, found) == [], document
    for name, field in QUERY.fields.items():
        for argument in texts(field):
            document = _by_argument(name, field, argument)
            for given in (*other.ids, *other.names):
                assert leaked(first, other, await answer(other.ledger, document, given=given)) == [], document


async def _point_everything_at(theirs: Sale, other: Held) -> None:
    """Write into every row of the other ledger keys of the first's rows, as no code of ours would."""
    connection = Sale._meta.db
    columns = {"customer_id": theirs.customer_id, "click_id": theirs.click_id, "link_id": theirs.link_id, "sale_id": theirs.id}
    for model in Tortoise.apps["models"].values():
        known = model._meta.fields_db_projection.values()
        if "livemode" not in known or model is Sale._meta.fields_map["account"]:
            continue
        for column in columns.keys() & set(known):
            mine = {"workspace_id": other.ledger.workspace.id, "livemode": other.ledger.livemode}
            await model.filter(**mine).using_db(connection).update(**{column: columns[column]})


async def test_no_mutation_touches_a_row_of_the_first(held: tuple[Held, Held]) -> None:
    first, other = held
    before = await dump(first)
    asked = 0
    for name, field in MUTATION.fields.items():
        kind = get_named_type(field.args["input"].type)
        assert isinstance(kind, GraphQLInputObjectType)
        names = list(inputs(field, "ID"))
        for given in first.ids if names else []:
            document = f"mutation($input: {kind.name}!) {{ {name}(input: $input) {{ userErrors {{ code }} }} }}"
            found = await answer(other.ledger, document, input=dict.fromkeys(names, given))
            asked += 1
            assert found["data"] is not None, found
            assert found["data"][name]["userErrors"] != [], (name, given)

    assert asked >= 7 * 7
    assert await dump(first) == before


@pytest.mark.unproved  # the rows of these ledgers are written without evidence
async def test_no_text_of_a_mutation_reaches_a_row_of_the_first(held: tuple[Held, Held], monkeypatch: pytest.MonkeyPatch) -> None:
    first, other = held
    monkeypatch.setattr(waiting, "PATIENCE_S", 0.0)
    before = await dump(first, shared=False)
    tried = 0
    for name, field in MUTATION.fields.items():
        document = _written(name, field)
        for said in inputs(field, "String", "ID"):
            for given in (*first.ids, *first.names):
                tried += 1
                found = await answer(other.ledger, document, input={**harmless(field), said: given})
                assert HIDDEN not in json.dumps(found), (name, said, given)
    await settler.settle_everything()

    assert tried > 100
    assert await dump(first, shared=False) == before
