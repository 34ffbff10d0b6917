"""Tenancy: with every field, argument and id of the schema, a key of another workspace gets nothing of this one, nor a test key of live."""

import json
from dataclasses import dataclass
from typing import Any

import pytest
from graphql import GraphQLInputObjectType, get_named_type
from tortoise import Tortoise
from tortoise.transactions import in_transaction

from ingest.models.ledger import Sale
from ingest.rollups import compacting, filling
from resolvers.reports.question import Dimension
from tests.ledger import Ledger
from tests.schema.conftest import answer
from tests.schema.walking import MUTATION, QUERY, beneath, filters, inputs, selected, texts, types

SECRET = "secret-of-the-first"


@dataclass
class Held:
    """A ledger, the global ids of its rows of every kind, and names that they answer to."""

    ledger: Ledger
    ids: list[str]
    names: list[str]

    @property
    def everything(self) -> list[str]:
        return [*self.ids, *self.names, SECRET]


async def _filled(ledger: Ledger, mark: str) -> Held:
    """A row of every kind, each text of it `mark`; names end in it."""
    link = await ledger.link(key=mark, url=f"https://{mark}.test", utm_source=mark, utm_campaign=mark)
    click = await ledger.click(link, anonymous_id=mark, referer=mark, utm_source=mark, utm_campaign=mark, browser=mark, os=mark)
    customer = await ledger.customer(external_id=mark, email=f"{mark}@test", name=mark)
    stripe = await ledger.stripe_customer(customer, f"cus_{mark}")
    lead = await ledger.lead(customer, click, event_name=mark, metadata={"a": mark})
    sale = await ledger.sale(customer, click, event_name=mark, metadata={"a": mark}, invoice_id=f"in_{mark}")
    await ledger.reference(sale, f"in_{mark}")
    await ledger.credit(sale, click)
    await ledger.consideration(sale, click, source=mark, field=mark)
    refund, dispute = await ledger.refund(sale, stripe_id=f"re_{mark}", reason=mark), await ledger.dispute(sale, reason=mark)
    event, key = await ledger.event(sale, event_id=f"evt_{mark}", reason=mark, error=mark), await ledger.key(name=mark)
    rows = [lead.id, sale.id, customer.id, refund.id, dispute.id, key.id, f"inbox_{event.id}"]
    shared = [link.id, f"click_{click.id}", f"ws_{ledger.workspace.id}"]
    return Held(ledger, [*rows, *shared], [mark, f"{mark}@test", stripe.stripe_id, f"in_{mark}", f"evt_{mark}", click.id])


@pytest.fixture(params=["another workspace", "the other mode"])
async def held(request: pytest.FixtureRequest, database: str) -> tuple[Held, Held]:
    """What must not be seen, and who looks. Links and clicks belong to both modes, so the other mode may see those."""
    first = await _filled(await Ledger.of("first"), SECRET)
    if request.param == "the other mode":
        first.ids, first.names = first.ids[:7], [name for name in first.names if name not in {SECRET, first.names[-1]}]
        first.names += [f"{SECRET}@test"]
        other = await _filled(await Ledger.of("first", livemode=False), "other")
    else:
        other = await _filled(await Ledger.of("second"), "other")
    async with in_transaction() as connection:
        await filling.fill(connection)
    await compacting.compact(first.ledger.workspace.id, 2)  # the rest is read as it was written
    return first, other


def _leaked(first: Held, other: Held, found: Any) -> list[str]:
    """What of the first is in an answer. The texts of links and clicks are both modes' own."""
    text = json.dumps(found)
    shared = first.ledger.workspace.id == other.ledger.workspace.id
    return [each for each in (first.ids + first.names if shared else first.everything) if each in text]


async def test_no_id_of_the_first_names_anything(held: tuple[Held, Held]) -> None:
    first, other = held
    for kind in types():
        document = f"query($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on {kind.name} {{ {' '.join(beneath(kind, 1))} }} }} }}"

        assert (await answer(first.ledger, document, ids=first.ids))["data"]["nodes"] != [None] * len(first.ids), "the ids are real"
        assert (await answer(other.ledger, document, ids=first.ids))["data"]["nodes"] == [None] * len(first.ids)


async def test_no_argument_finds_a_row_of_the_first(held: tuple[Held, Held]) -> None:
    first, other = held
    asked = 0
    for name, field in QUERY.fields.items():
        for argument in texts(field):
            document = f"query($given: {field.args[argument].type}) {{ {name}({argument}: $given) {selected(field, 2)} }}"
            for given in (*first.ids, *first.names):
                asked += 1
                assert _leaked(first, other, (await answer(other.ledger, document, given=given))["data"]) == [], document
    assert asked > 50


async def test_no_list_or_filter_shows_a_row_of_the_first(held: tuple[Held, Held]) -> None:
    first, other = held
    for name, field in QUERY.fields.items():
        if "first" not in field.args:
            continue
        whole = await answer(other.ledger, f"{{ {name}(first: 100) {selected(field, 2)} }}")
        assert _leaked(first, other, whole) == [], name
        for kind, condition, _ in filters(field):
            document = f"query($filter: {kind}) {{ {name}(first: 9, filter: $filter) {selected(field, 1)} }}"
            asked = [{condition: {"in": given}} for given in (first.ids, first.names)]
            found = [await answer(other.ledger, document, filter=each) for each in asked]
            assert _leaked(first, other, [each["data"] for each in found]) == [], (name, condition)


async def test_no_cursor_of_the_first_opens_its_list(held: tuple[Held, Held]) -> None:
    first, other = held
    cursor = (await answer(first.ledger, "{ sales(first: 1) { pageInfo { endCursor } } }"))["data"]["sales"]["pageInfo"]["endCursor"]

    for given in ("after", "before"):
        found = await answer(other.ledger, f"query($c: String) {{ sales(last: 9, {given}: $c) {{ {SALES} }} }}", c=cursor)
        assert _leaked(first, other, found) == []


SALES = "totalCount nodes { id customer { id email } }"


REPORT = f"query($input: ReportInput!) {{ report(input: $input) {selected(QUERY.fields['report'], 3)} }}"
YEAR = {"firstDay": "2026-01-01", "lastDay": "2026-12-31"}
GROUPS = [*([each] for each in Dimension), [Dimension.LINK, Dimension.COUNTRY], [Dimension.UTM_SOURCE, Dimension.BROWSER]]


async def test_no_report_counts_or_names_anything_of_the_first(held: tuple[Held, Held]) -> None:
    first, other = held
    clicks = 2 if first.ledger.workspace.id == other.ledger.workspace.id else 1
    for groups in GROUPS:
        asked: dict[str, Any] = {**YEAR, "groupBy": [each.name for each in groups], "interval": "MONTH"}
        found = (await answer(other.ledger, REPORT, input=asked))["data"]["report"]
        assert _leaked(first, other, found) == [], groups
        assert [found["totals"][name] for name in ("clicks", "leads", "sales")] == [clicks, 1, 1]
        assert [sum(row[name] for row in found["rows"]) for name in ("clicks", "leads", "sales")] == [clicks, 1, 1]
    narrowing = get_named_type(get_named_type(QUERY.fields["report"].args["input"].type).fields["filter"].type)
    for name in narrowing.fields:
        asked = {**YEAR, "filter": {name: {"in": [*first.ids, *first.names, SECRET]}}}
        found = (await answer(other.ledger, REPORT, input=asked))["data"]["report"]
        assert (found["totals"]["leads"], found["totals"]["sales"]) == (0, 0), name


async def test_no_report_follows_a_row_that_points_across(held: tuple[Held, Held]) -> None:
    first, other = held
    await _point_everything_at(await Sale.get(workspace_id=first.ledger.workspace.id, livemode=first.ledger.livemode), other)
    for groups in ([Dimension.LINK], [Dimension.UTM_SOURCE, Dimension.BROWSER], [Dimension.LINK, Dimension.REFERER]):
        found = await answer(other.ledger, REPORT, input={**YEAR, "groupBy": [each.name for each in groups]})
        assert _leaked(first, other, found) == [], groups


async def test_a_row_that_points_across_shows_nothing_of_what_it_points_at(held: tuple[Held, Held]) -> None:
    first, other = held
    theirs = await Sale.get(workspace_id=first.ledger.workspace.id, livemode=first.ledger.livemode)
    await _point_everything_at(theirs, other)
    for kind in types():
        for each in beneath(kind, 3):
            document = f"query($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on {kind.name} {{ {each} }} }} }}"
            found = await answer(other.ledger, document, ids=other.ids)
            assert _leaked(first, other, found) == [], document


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
    before = await _dump(first)
    asked = 0
    for name, field in MUTATION.fields.items():
        kind = get_named_type(field.args["input"].type)
        assert isinstance(kind, GraphQLInputObjectType)
        names = list(inputs(field))
        for given in first.ids if names else []:
            document = f"mutation($input: {kind.name}!) {{ {name}(input: $input) {{ userErrors {{ code }} }} }}"
            found = await answer(other.ledger, document, input=dict.fromkeys(names, given))
            asked += 1
            assert found["data"] is not None, found
            assert found["data"][name]["userErrors"] != [], (name, given)

    assert asked >= 7 * 7
    assert await _dump(first) == before


async def _dump(held: Held) -> list[Any]:
    """Every row of the ledger's workspace."""
    found: list[Any] = []
    for model in Tortoise.apps["models"].values():
        if "workspace_id" in model._meta.fields_db_projection.values():
            rows = await model.filter(workspace_id=held.ledger.workspace.id).order_by("id").values()
            found.append((model.__name__, [row for row in rows if row.get("livemode", held.ledger.livemode) == held.ledger.livemode]))
    return found
