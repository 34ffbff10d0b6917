"""A third opinion: sales, customers, clicks, links and refunds, as a naive reading in memory answers them."""

import json

from graphql import GraphQLObjectType
from hypothesis import given

from ingest.keys import Access
from tests.resolvers.plan.drawing import QUERY, Drawn, operations
from tests.resolvers.plan.naive import Naive
from tests.resolvers.plan.test_equality import DRAWN, filled
from tests.schema.conftest import ORIGIN, answered

ROOTS = {"sales", "refunds", "customers", "links", "clicks", "report"}
OBJECTS = {"Sale", "Refund", "Customer", "Link", "Click", "Money", "MoneyPair", "Utm", "PageInfo"}
LEFT_OUT = {("Sale", name) for name in ("rate", "attribution", "journey", "stripe", "evidence", "disputes")} | {
    ("Refund", "pair"),
    ("Customer", "totals"),
    ("Customer", "leads"),
    ("Link", "leads"),
    ("Click", "leads"),
}


def core(parent: GraphQLObjectType, name: str) -> bool:
    """Whether the naive reading knows a field."""
    if parent is QUERY:
        return name in ROOTS
    known = parent.name in OBJECTS or parent.name.startswith("Report") or parent.name.endswith(("Connection", "Edge"))
    return known and (parent.name, name) not in LEFT_OUT


@DRAWN
@given(drawn=operations(allowed=core, faults=False))
async def test_a_naive_reading_answers_the_same(database: str, drawn: Drawn) -> None:
    ledger = await filled()
    access = Access(ledger.workspace.id, ledger.livemode, frozenset({"read"}), "key_test")

    made = await answered(access, drawn.text, drawn.variables, by_plan=True)

    if "errors" not in made:
        naive = await Naive(ledger.workspace.id, ledger.livemode, ORIGIN).loaded()
        assert json.dumps(made["data"]) == json.dumps(naive.answer(drawn.text, drawn.variables))
