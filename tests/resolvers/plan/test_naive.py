"""A third opinion: what a naive reading in memory answers to the same."""

from typing import Any

from graphql import GraphQLObjectType
from hypothesis import assume, given

from ingest.keys import Access
from tests.resolvers.plan.drawing import Drawn, operations
from tests.resolvers.plan.naive import Naive
from tests.resolvers.plan.test_equality import DRAWN, filled, too_large
from tests.schema.conftest import ORIGIN, answered, comparable
from tests.schema.walking import QUERY, by_ids, of_queries, reached, selected, types

LEFT_OUT = {
    "Finding.place": "words alone, one for each code: schema/diagnoses.py",
    "Consideration.text": "words alone, made of the codes beside it: tests/schema/test_texts.py",
}
"""What only compiled and ordinary execution are compared on, and why."""


def core(parent: GraphQLObjectType, name: str) -> bool:
    """Whether the naive reading knows a field."""
    return f"{parent.name}.{name}" not in LEFT_OUT


def test_the_naive_reading_leaves_out_what_is_written_here_alone() -> None:
    roots = [f"{{ {name} {selected(field, 4, core)} }}" for name, field in QUERY.fields.items() if core(QUERY, name)]

    left_out = of_queries() - reached([*roots, *(by_ids(kind, 3, core) for kind in types())])

    assert left_out == LEFT_OUT.keys()


async def compared(drawn: Drawn) -> None:
    ledger = await filled()
    access = Access(ledger.workspace.id, ledger.livemode, frozenset({"admin"}), "key_test")
    naive = await Naive(ledger.workspace.id, ledger.livemode, ORIGIN).loaded()
    made = await answered(access, drawn.text, drawn.variables, by_plan=True)
    assume(not too_large(made))
    agreed(drawn, made, naive)


def agreed(drawn: Drawn, made: dict[str, Any], naive: Naive) -> None:
    """Data that are equal byte for byte; where something is refused, at the same place and in the same words."""
    errors = made.get("errors", [])
    assert {error["extensions"]["code"] for error in errors} <= {"BAD_USER_INPUT"}, made

    told = [{"path": error["path"], "message": error["message"]} for error in errors]
    assert comparable({"data": made["data"], "errors": told}) == comparable(naive.answer(drawn.text, drawn.variables))


@DRAWN
@given(drawn=operations(allowed=core))
async def test_a_naive_reading_answers_the_same(database: str, drawn: Drawn) -> None:
    await compared(drawn)


def reports(parent: GraphQLObjectType, name: str) -> bool:
    """At the top, reports alone."""
    return parent is not QUERY or name == "report"


@DRAWN
@given(drawn=operations(allowed=reports))
async def test_a_naive_reading_reports_the_same(database: str, drawn: Drawn) -> None:
    await compared(drawn)
