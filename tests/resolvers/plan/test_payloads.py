"""Payloads: the rows that mutations and events show are read by plans, and answer as ordinary execution does, byte for byte."""

import re
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from hypothesis import given

from ingest.keys import Access
from ingest.models.ledger import Change
from resolvers import waiting
from resolvers.context import Context
from schema import errors
from schema.build import compiled, schema
from tests.ledger import EPOCH, Ledger
from tests.resolvers.plan import holding
from tests.resolvers.plan.drawing import Drawn, showing
from tests.resolvers.plan.test_equality import DRAWN, both, filled
from tests.schema.conftest import ORIGIN, answered, comparable, heard

MUTATIONS = [  # each may be said twice: what it shows stays as it is
    ("Sale", f'reattribute(input: {{sale: "{holding.SALES[0]}"}}) {{ sale %s userErrors {{ code }} }}'),
    ("Sale", f'a: reattribute(input: {{sale: "{holding.SALES[1]}"}}) {{ ...P }} }} fragment P on SalePayload {{ sale %s'),
    ("StripeEvent", 'stripeEventReplay(input: {id: "inbox_1"}) { stripeEvent %s }'),
]
SUBSCRIPTIONS = [("Sale", "saleChanged { cursor kind sale %s }"), ("Click", "clickRecorded %s")]


class Told:
    """A feed that tells of one click and of one change, as a settler and a recorder would."""

    def __init__(self) -> None:
        self.changes = self.clicks = self

    async def head(self, _workspace_id: int, _livemode: bool) -> int:
        return 1

    async def reach(self, _workspace_id: int, _livemode: bool, _after: int) -> None:
        """Every change is kept."""

    async def follow(self, _workspace_id: int, *changes: Any) -> AsyncIterator[Sequence[Any]]:
        at = {"seq": 2, "kind": "sale_changed", "sale_id": holding.SALES[0], "data": {}, "at": EPOCH}
        yield [Change(**at)] if changes else [holding.CLICKS[0]]


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """No settler runs beside these tests."""
    monkeypatch.setattr(waiting, "PATIENCE_S", 0.01)


async def first(ledger: Ledger, drawn: Drawn, *, by_plan: bool) -> dict[str, Any]:
    """What the first event of a subscription tells."""
    access = Access(ledger.workspace.id, ledger.livemode, frozenset({"read"}), "key_test")
    context = Context(access, "req_test", ORIGIN, compiled=by_plan, feed=Told())
    events = await schema.stream(drawn.text, variable_values=drawn.variables, context_value=context)
    async for event in events:
        shown = [errors.presented(error, "req_test") for error in event.errors or ()]
        await events.aclose()
        return {"data": event.data, "errors": shown}
    raise AssertionError("nothing was told")


@DRAWN
@given(drawn=showing("mutation", MUTATIONS))
async def test_a_mutation_shows_the_same_by_a_plan_and_field_by_field(database: str, drawn: Drawn) -> None:
    ledger, before = await filled(), (compiled.operations.counts.failed, compiled.operations.counts.payloads)

    made, plain = await both(ledger, drawn)

    assert comparable(made) == comparable(plain)
    assert compiled.operations.counts.failed == before[0], "no plan fails"
    assert drawn.fault or "errors" not in plain
    assert compiled.operations.counts.payloads == before[1] + 1


@DRAWN
@given(drawn=showing("subscription", SUBSCRIPTIONS))
async def test_an_event_shows_the_same_by_a_plan_and_field_by_field(database: str, drawn: Drawn) -> None:
    ledger, before = await filled(), (compiled.operations.counts.failed, compiled.operations.counts.payloads)

    made, plain = await first(ledger, drawn, by_plan=True), await first(ledger, drawn, by_plan=False)

    assert comparable(made) == comparable(plain)
    assert compiled.operations.counts.failed == before[0], "no plan fails"
    assert drawn.fault or not plain["errors"]
    assert compiled.operations.counts.payloads == before[1] + 1


DEEP = """mutation($id: ID!) { reattribute(input: {sale: $id}) { sale {
  id customer { email } click { link { url } } refunds(first: 5) { nodes { id } } attribution { credits { click { id } } } } } }"""


SHOWN = re.compile(r'\) page|FROM "(customer|click|link|credit|refund)"')
"""Statements that read what is shown."""


async def test_a_mutation_takes_a_statement_for_each_level_of_what_it_shows(database: str) -> None:
    ledger = await filled()
    access = Access(ledger.workspace.id, ledger.livemode, frozenset({"admin"}), "key_test")
    counts = []

    for by_plan in (True, False):
        with heard() as statements:
            await answered(access, DEEP, {"id": holding.SALES[1]}, by_plan=by_plan)
        counts.append(len([each for each in statements if SHOWN.search(each)]))

    assert counts == [3, 5], "the sale with what stands beside it, refunds, credits; and each of them by itself"


async def test_a_key_that_may_only_write_is_answered_field_by_field(database: str) -> None:
    ledger, before = await filled(), compiled.operations.counts.payloads
    drawn = Drawn(f'mutation {{ reattribute(input: {{sale: "{holding.SALES[0]}"}}) {{ sale {{ id customer {{ id }} }} }} }}', {})

    made, _ = await both(ledger, drawn, ("write",))

    assert made["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert compiled.operations.counts.payloads == before
