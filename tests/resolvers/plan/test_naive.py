"""A third opinion: what a naive reading in memory answers to the same."""

from typing import Any

from graphql import GraphQLObjectType
from hypothesis import assume, given

from ingest.keys import Access
from tests.resolvers.plan.drawing import Drawn, operations
from tests.resolvers.plan.naive import Naive
from tests.resolvers.plan.test_equality import DRAWN, filled, too_large
from tests.schema.conftest import ORIGIN, answered, comparable
from tests.schema.walking import QUERY


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
@given(drawn=operations())
async def test_a_naive_reading_answers_the_same(database: str, drawn: Drawn) -> None:
    await compared(drawn)


def reports(parent: GraphQLObjectType, name: str) -> bool:
    """At the top, reports alone."""
    return parent is not QUERY or name == "report"


@DRAWN
@given(drawn=operations(allowed=reports))
async def test_a_naive_reading_reports_the_same(database: str, drawn: Drawn) -> None:
    await compared(drawn)
