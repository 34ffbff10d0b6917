"""A third opinion: sales, customers, clicks, links and refunds, as a naive reading in memory answers them."""

import json
from typing import Any

from graphql import GraphQLObjectType, get_named_type, is_leaf_type
from hypothesis import assume, given

from ingest.keys import Access
from tests.resolvers.plan.drawing import QUERY, Drawn, operations
from tests.resolvers.plan.naive import Naive
from tests.resolvers.plan.test_equality import DRAWN, filled
from tests.schema.conftest import ORIGIN, answered

ROOTS = {"node", "nodes", "click", "customer", "link", "sale"} | {
    "sales",
    "refunds",
    "customers",
    "links",
    "clicks",
    "leads",
    "disputes",
    "unattributed",
}
OBJECTS = frozenset(
    "Sale Refund Dispute Customer Lead Link Click StripeEvent Money MoneyPair Utm PageInfo StripeIds ExchangeRate Attribution Credit "
    "Consideration EvidenceSource".split()
)
LEFT_OUT = {("Sale", "journey"), ("Sale", "suggestions"), ("Sale", "amountIn"), ("Consideration", "text"), ("Customer", "totals")}
"""What only compiled and ordinary execution are compared on."""


def core(parent: GraphQLObjectType, name: str) -> bool:
    """Whether the naive reading knows a field."""
    if parent is QUERY:
        return name in ROOTS
    inner = get_named_type(parent.fields[name].type)
    return _known(parent.name) and (is_leaf_type(inner) or _known(inner.name)) and (parent.name, name) not in LEFT_OUT


def _known(type_: str) -> bool:
    return type_ in OBJECTS or type_.startswith("Report") or type_.endswith(("Connection", "Edge"))


def with_reports(parent: GraphQLObjectType, name: str) -> bool:
    """The same and reports, whose refusals it does not know."""
    return name == "report" if parent is QUERY else parent.name.startswith("Report") or core(parent, name)


async def compared(drawn: Drawn) -> None:
    ledger = await filled()
    access = Access(ledger.workspace.id, ledger.livemode, frozenset({"read"}), "key_test")
    naive = await Naive(ledger.workspace.id, ledger.livemode, ORIGIN).loaded()
    made = await answered(access, drawn.text, drawn.variables, by_plan=True)
    assume(_valid(made))
    agreed(drawn, made, naive)


def _valid(made: dict[str, Any]) -> bool:
    return all("path" in error for error in made.get("errors", []))


def agreed(drawn: Drawn, made: dict[str, Any], naive: Naive) -> None:
    """Data that are equal byte for byte; where something is refused, the same refusal at the same place. Nothing of what was not valid."""
    if not _valid(made):
        return
    errors = made.get("errors", [])

    data, refused = naive.answer(drawn.text, drawn.variables)

    assert json.dumps(made["data"]) == json.dumps(data)
    assert {error["extensions"]["code"] for error in errors} <= {"BAD_USER_INPUT"}
    paths = [error["path"] for error in errors]
    assert bool(paths) == bool(refused)
    if refused and data is None:  # of several that end an answer, an executor may tell any
        assert [path for path in refused if path in paths]
    else:
        assert sorted(map(str, paths)) == sorted(map(str, refused))


@DRAWN
@given(drawn=operations(allowed=core))
async def test_a_naive_reading_answers_the_same(database: str, drawn: Drawn) -> None:
    await compared(drawn)


@DRAWN
@given(drawn=operations(allowed=with_reports, faults=False))
async def test_a_naive_reading_reports_the_same(database: str, drawn: Drawn) -> None:
    await compared(drawn)
