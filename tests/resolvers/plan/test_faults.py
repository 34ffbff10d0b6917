"""Faults: what failed is null with all that cannot be without it, each error has its path and places, and the rest is answered."""

from typing import Any

from ingest.keys import Access
from schema.build import compiled
from tests.resolvers.plan import holding
from tests.resolvers.plan.test_equality import filled
from tests.schema.conftest import answered, comparable, heard

S, L = holding.SALES, holding.LINKS


async def told(text: str, **variables: Any) -> tuple[Any, list[tuple[list[Any], str]]]:
    """The data, and path and message of each error, as a plan makes them."""
    found = await asked(text, variables, by_plan=True)
    return found["data"], [(error["path"], error["message"]) for error in found["errors"]]


async def asked(text: str, variables: dict[str, Any], *, by_plan: bool) -> dict[str, Any]:
    ledger, counts = await filled(), compiled.operations.counts
    before = counts.compiled + counts.payloads
    access = Access(ledger.workspace.id, ledger.livemode, frozenset({"admin"}), "key_test")
    found = await answered(access, text, variables, by_plan=by_plan)
    assert counts.compiled + counts.payloads == before + by_plan
    return found


async def test_a_field_that_fails_beneath_rows_makes_null_of_the_nearest_that_may_be(database: str) -> None:
    query = "{ sales(last: 3) { nodes { id link { key clicks(first: 0) { totalCount } } } } }"

    data, errors = await told(query)

    assert data == {"sales": {"nodes": [{"id": S[2], "link": None}, {"id": S[1], "link": None}, {"id": S[0], "link": None}]}}
    assert errors == [(["sales", "nodes", number, "link", "clicks"], "first: must be 1 to 100") for number in range(3)]
    assert comparable(await asked(query, {}, by_plan=False)) == comparable(await asked(query, {}, by_plan=True))


async def test_a_row_that_is_not_there_has_no_error_of_what_is_beneath_it(database: str) -> None:
    query = f'{{ nodes(ids: ["{S[5]}", "nothing", "{S[4]}"]) {{ ... on Sale {{ link {{ clicks(first: 0) {{ totalCount }} }} }} }} }}'

    data, errors = await told(query)

    assert data == {"nodes": [{"link": None}, None, {"link": None}]}
    assert [path for path, _ in errors] == [["nodes", 2, "link", "clicks"]], "the sixth sale was credited to no link"


async def test_where_nothing_may_be_null_all_of_the_answer_is(database: str) -> None:
    data, errors = await told("{ links(first: 2) { nodes { id sales(last: 101) { totalCount } } } }")

    assert data is None
    assert errors == [(["links", "nodes", 0, "sales"], "last: must be 1 to 100")], "of several that one null stands for, the first"


async def test_several_that_fail_are_told_in_the_order_of_the_document_and_the_rest_is_answered(database: str) -> None:
    query = f"""{{
      b: customer(id: "x", email: "y") {{ id }}
      link(id: "{L[0]}") {{ key }}
      a: sale(id: "{S[0]}") {{ id amountIn(currency: "none") {{ rate }} click {{ sales(after: "none", first: 1) {{ totalCount }} }} }}
    }}"""

    data, errors = await told(query)

    assert data == {"b": None, "link": {"key": "spring"}, "a": {"id": S[0], "amountIn": None, "click": None}}
    assert [path for path, _ in errors] == [["b"], ["a", "amountIn"], ["a", "click", "sales"]]
    plain = await asked(query, {}, by_plan=False)
    assert plain["data"] == data
    assert sorted((error["path"], error["message"]) for error in plain["errors"]) == sorted(errors)


async def test_what_stands_within_a_null_is_not_told_after_it(database: str) -> None:
    data, errors = await told(
        f'{{ sale(id: "{S[0]}") {{ click {{ one: sales(first: 0) {{ totalCount }} two: leads(first: 0) {{ totalCount }} }} '
        f"three: refunds(first: 0) {{ totalCount }} four: refunds(last: 0) {{ totalCount }} }} }}"
    )

    assert data == {"sale": None}
    assert [path for path, _ in errors] == [["sale", "click", "one"], ["sale", "three"]]


async def test_an_error_names_every_place_that_asks_for_the_field_and_its_code(database: str) -> None:
    query = "{ a: customer(id: $id, email: $id) { id }\n...F }\nfragment F on Query { a: customer(id: $id, email: $id) { name } }"

    found = await asked(f"query($id: String!, $i: ID) {query.replace('id: $id', 'id: $i')}", {"id": "x", "i": "y"}, by_plan=True)

    assert found["errors"] == [
        {
            "message": "id, externalId, stripeCustomerId, email: give exactly one of them",
            "locations": [{"line": 1, "column": 31}, {"line": 3, "column": 23}],
            "path": ["a"],
            "extensions": {"code": "BAD_USER_INPUT"},
        }
    ]
    assert found["extensions"]["cost"]["requested"] > 0


async def test_what_is_beneath_a_field_that_failed_is_not_asked_for(database: str) -> None:
    ledger = await filled()
    access = Access(ledger.workspace.id, ledger.livemode, frozenset({"admin"}), "key_test")
    query = "{ link(id: null) { clicks(first: 1) { totalCount } } sales(first: 0) { nodes { refunds(first: 1) { nodes { id } } } } }"

    with heard(compiled=True) as statements:
        found = await answered(access, query, {}, by_plan=True)

    assert [error["path"] for error in found["errors"]] == [["link"], ["sales"]]

    assert statements == []


async def test_the_same_text_is_answered_without_a_fault_again_when_its_variables_are_right(database: str) -> None:
    query = "query($first: Int) { sales(first: $first) { totalCount } }"

    assert (await told(query, first=0))[0] is None
    assert (await asked(query, {"first": 1}, by_plan=True))["data"] == {"sales": {"totalCount": len(S) + 1}}
    assert (await told(query, first=101))[1] == [(["sales"], "first: must be 1 to 100")]


async def test_a_mutation_tells_errors_of_what_it_shows_beneath_it(database: str) -> None:
    query = f"""mutation {{ m: reattribute(input: {{sale: "{S[0]}"}}) {{ userErrors {{ code }} sale {{
      id click {{ sales(first: 0) {{ totalCount }} }} }} }} }}"""

    data, errors = await told(query)

    assert data == {"m": {"userErrors": [], "sale": {"id": S[0], "click": None}}}
    assert errors == [(["m", "sale", "click", "sales"], "first: must be 1 to 100")]


async def test_a_row_that_a_mutation_shows_is_null_where_nothing_within_may_be(database: str) -> None:
    query = f"""mutation {{ m: reattribute(input: {{sale: "{S[0]}"}}) {{ userErrors {{ code }} sale {{
      click {{ sales(first: 0) {{ totalCount }} }} refunds(first: 0) {{ totalCount }} }} }} }}"""

    data, errors = await told(query)

    assert data == {"m": {"userErrors": [], "sale": None}}
    assert [path for path, _ in errors] == [["m", "sale", "click", "sales"], ["m", "sale", "refunds"]]
