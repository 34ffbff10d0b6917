"""An operation is planned once for its text and name, and for each choice of what its directives leave; plans are bounded."""

from typing import Any

import pytest

from ingest.keys import Access
from resolvers.context import Context
from resolvers.plan import operations
from resolvers.plan.shapes import Plan, Planner
from schema import compiling
from schema.build import compiled, schema
from tests.ledger import Ledger
from tests.schema.conftest import ORIGIN, answered

TWO = "query Sales { sales(first: 1) { nodes { id } } } query Links { links(first: 1) { nodes { id key } } }"
CHOOSING = """query($a: Boolean!, $b: Boolean!, $c: Boolean!) {
  sales(first: 1) { totalCount @include(if: $a) nodes { kind id @skip(if: $b) } } links(first: 1) @include(if: $c) { nodes { id } } }"""


@pytest.fixture
async def access(database: str) -> Access:
    ledger = await Ledger.of()
    await ledger.sale(click=await ledger.click())
    return Access(ledger.workspace.id, ledger.livemode, frozenset({"read"}), "key_test")


@pytest.fixture
def planned(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """One for each time that something is planned."""
    made: list[int] = []
    plan = Planner.plan

    def counted(planner: Planner) -> Plan:
        made.append(1)
        return plan(planner)

    monkeypatch.setattr(Planner, "plan", counted)
    return made


async def asked(access: Access, text: str, **variables: Any) -> Any:
    found = await answered(access, text, variables, by_plan=True)
    assert "errors" not in found, found
    return found["data"]


async def test_a_text_is_planned_once_however_often_it_is_asked(access: Access, planned: list[int]) -> None:
    text = "query($first: Int!) { sales(first: $first) { nodes { id } } # once\n }"

    answers = [await asked(access, text, first=number) for number in (1, 2, 1)]

    assert len(planned) == 1
    assert answers[0] == answers[2]


async def test_what_directives_leave_is_planned_by_itself_and_answered_right(access: Access, planned: list[int]) -> None:
    shapes = set()
    for _ in range(2):
        for a, b, c in ((True, False, True), (True, True, False), (False, False, False)):
            data = await asked(access, CHOOSING, a=a, b=b, c=c)
            assert ("totalCount" in data["sales"], "id" in data["sales"]["nodes"][0], "links" in data) == (a, not b, c)
            shapes.add((a, b, c))

    assert len(planned) == len(shapes)


async def test_each_operation_of_a_text_has_a_plan_of_its_own(access: Access, planned: list[int]) -> None:
    for name in ("Sales", "Links", "Sales", "Links"):
        context = Context(access, "req_test", ORIGIN, compiled=True)
        result = await schema.execute(TWO, operation_name=name, context_value=context)

        assert result.errors is None
        assert result.data is not None
        assert set(result.data) == {name.lower()}

    assert len(planned) == 2


def test_prices_of_one_operation_are_bounded_and_right(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiling, "_KEPT", 2)
    question = compiled.question(compiled._documents.prepared("query($n: Int!) { sales(first: $n) { nodes { id } } } # priced"), None)
    assert question is not None

    for size in (1, 2, 3, 4, 1, 2):
        assert question.price.of({"n": size}) == 1 + size
        assert len(question.price._known) <= 3


async def test_plans_of_one_operation_are_bounded_and_one_that_went_is_made_again(
    access: Access, planned: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operations, "_PLANS", 2)
    text = CHOOSING + " # bounded"
    choices = [(True, False, True), (True, True, False), (False, False, False), (True, False, True)]

    for a, b, c in choices:
        assert "links" in await asked(access, text, a=a, b=b, c=c) or not c

    assert len(planned) == 4
    question = compiled.question(compiled._documents.prepared(text), None)
    assert question is not None
    assert len(question.operation.plans) == 2
