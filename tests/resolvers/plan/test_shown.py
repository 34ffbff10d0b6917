"""What each mutation shows is read by a plan and field by field at one moment, and is the same: every field of every row, to some depth."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from graphql import GraphQLObjectType, get_named_type

from ingest import settler, statements
from ingest.keys import Access
from ingest.models.evidence import EventState
from ingest.models.people import Customer
from resolvers import waiting
from schema.build import compiled
from tests.ledger import EPOCH, Ledger
from tests.resolvers.plan.test_payloads import SUBSCRIPTIONS
from tests.schema.conftest import answered
from tests.schema.walking import MUTATION, SUBSCRIPTION, harmless, selected, types

ROWS = [
    (name, shown, get_named_type(each.type))
    for name, mutation in MUTATION.fields.items()
    for shown, each in get_named_type(mutation.type).fields.items()
    if get_named_type(each.type) in types()
]


@dataclass
class Both:
    """The payloads of one operation: each row is read by its plan, and then left to ordinary execution."""

    plans: Any
    read_by_plans: list[Any] = field(default_factory=list)

    async def read(self, *asked: Any) -> None:
        self.read_by_plans.append(await self.plans.read(*asked))


async def _chain(ledger: Ledger) -> Any:
    """A sale with everything beneath it."""
    click = await ledger.click(await ledger.link(utm_source="news"))
    sale = await ledger.sale(await ledger.customer(email="ada@shop.test"), click, charge_id="ch_1")
    await ledger.credit(sale, click)
    await ledger.consideration(sale, click)
    await ledger.refund(sale)
    await ledger.dispute(sale)
    await ledger.lead(await ledger.customer(), click)
    await ledger.event(sale)
    return sale


async def _of_a_link(ledger: Ledger) -> dict[str, Any]:
    sale = await _chain(ledger)
    return {"id": sale.link_id}


async def _of_a_customer(ledger: Ledger) -> dict[str, Any]:
    await statements.record_profile(ledger.workspace.id, ledger.livemode, {"externalId": "user_9", "email": "ada@shop.test"})
    await settler.settle_everything()
    return {"id": (await Customer.get(workspace_id=ledger.workspace.id)).id}


async def _of_a_sale(ledger: Ledger) -> dict[str, Any]:
    return {"sale": (await _chain(ledger)).id}


async def _of_a_sale_and_a_click(ledger: Ledger) -> dict[str, Any]:
    sale = await _chain(ledger)
    return {"sale": sale.id, "click": f"click_{sale.click_id}"}


async def _of_an_event(ledger: Ledger) -> dict[str, Any]:
    event = await ledger.event(state=EventState.FAILED, error="said \ue000", settled_at=None, next_try_at=EPOCH)
    return {"id": f"inbox_{event.id}"}


async def _of_a_key(ledger: Ledger) -> dict[str, Any]:
    return {"id": (await ledger.key()).id}


async def _of_a_link_to_come(_ledger: Ledger) -> dict[str, Any]:
    return {"url": "https://shop.test/a", "utm": {"source": "news"}}


async def _of_a_person(ledger: Ledger) -> dict[str, Any]:
    return {"externalId": "user_9", "clickId": (await ledger.click()).id}


async def _of_a_workspace(_ledger: Ledger) -> dict[str, Any]:
    return {"name": "A shop"}


async def _of_nothing(_ledger: Ledger) -> dict[str, Any]:
    return {}


GIVEN: dict[str, Callable[[Ledger], Awaitable[dict[str, Any]]]] = {
    "linkCreate": _of_a_link_to_come,
    "linkUpdate": _of_a_link,
    "linkArchive": _of_a_link,
    "leadTrack": _of_a_person,
    "saleTrack": _of_a_person,
    "customerUpsert": _of_a_person,
    "clickAttach": _of_a_sale_and_a_click,
    "clickDetach": _of_a_sale_and_a_click,
    "reattribute": _of_a_sale,
    "stripeEventReplay": _of_an_event,
    "apiKeyCreate": _of_nothing,
    "apiKeyRevoke": _of_a_key,
    "workspaceUpdate": _of_a_workspace,
    "customerErase": _of_a_customer,
}
"""What each mutation is given beside what it must have."""
SETTLED = {"leadTrack", "saleTrack", "customerUpsert"}
"""Those that show what the settler makes of them; the rows of the others were written without evidence."""


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[Both]:
    """How the rows of each operation were read."""
    found: list[Both] = []
    payloads = compiled.payloads

    def both(*asked: Any) -> Both:
        found.append(Both(payloads(*asked)))
        return found[-1]

    monkeypatch.setattr(compiled, "payloads", both)
    return found


def test_every_mutation_and_subscription_is_compared() -> None:
    assert GIVEN.keys() == MUTATION.fields.keys() == {name for name, _, _ in ROWS}
    assert all(any(text.startswith(f"{name} ") for _, text in SUBSCRIPTIONS) for name in SUBSCRIPTION.fields)


@pytest.mark.unproved  # rows without evidence, and mutations that settle none
async def test_every_row_that_a_mutation_shows_is_the_same_by_a_plan(
    database: str, seen: list[Both], monkeypatch: pytest.MonkeyPatch
) -> None:
    settled = False

    async def until(_done: Any) -> None:
        if settled:
            await settler.settle_everything()

    monkeypatch.setattr(waiting, "_until", until)
    for number, (name, shown, kind) in enumerate(ROWS):
        ledger, settled = await Ledger.of(f"shop-{number}"), name in SETTLED
        given = {**harmless(MUTATION.fields[name]), **await GIVEN[name](ledger)}

        data, planned = await _told(ledger, name, shown, kind, given, seen)

        assert planned.told == ()
        assert json.dumps(planned.data) == json.dumps(data), (name, shown)


async def _told(ledger: Ledger, name: str, shown: str, kind: GraphQLObjectType, given: dict[str, Any], seen: list[Both]) -> tuple[Any, Any]:
    """The row as ordinary execution shows it, and as a plan does."""
    counts, access = compiled.operations.counts, Access(ledger.workspace.id, ledger.livemode, frozenset({"admin"}), "key_test")
    before = (counts.payloads, counts.failed, counts.unknown)
    mutation = MUTATION.fields[name]
    row = f"{shown} {selected(get_named_type(mutation.type).fields[shown], 2)}"
    text = f"mutation($input: {mutation.args['input'].type}) {{ {name}(input: $input) {{ userErrors {{ field code }} {row} }} }}"

    found = await answered(access, text, {"input": given}, by_plan=True)
    assert "errors" not in found, (name, found)
    assert found["data"][name]["userErrors"] == [], name
    assert found["data"][name][shown]["__typename"] == kind.name
    [planned] = seen[-1].read_by_plans
    assert (counts.payloads, counts.failed, counts.unknown) == (before[0] + 1, *before[1:]), name
    return found["data"][name][shown], planned
