"""What settling costs beside a great many rows: a life in steps of SQLite's machine, the same on every computer, foreign keys included."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from tortoise.models import Model

from ingest import settler
from ingest.models.evidence import Click, Statement, StripeEvent
from ingest.models.facts import Claim, Fact, Lookup, PaymentKey, Subject
from ingest.models.ledger import Change, Consideration, Credit, Dispute, Refund, Sale, SaleReference
from ingest.models.people import Customer, Lead, StripeCustomer
from ingest.models.workspace import Workspace
from ingest.settle import batch, evidence
from ingest.settle.scope import Scope
from tests import statistics
from tests import stripe_events as stripe
from tests.schema.conftest import heard
from tests.story import Story, begin

MANY, WORKSPACES = 5_000, 100
COPIED: dict[type[Model], dict[str, str]] = {
    StripeEvent: {"event_id": "'evt_x' || n"},
    Statement: {"uid": "'stm_x' || n", "external_id": "'x' || n"},
    Subject: {"id": "'pay_x' || n", "key": "NULL"},
    PaymentKey: {"key": "'intent:pi_x' || n", "payment_id": "'pay_x' || n"},
    Fact: {"payment_id": "'pay_x' || n"},
    Claim: {"subject": "'cus:1:cus_x' || n", "external_id": "'x' || n"},
    Lookup: {"subject_id": "'pay_x' || n", "key": "'ext:x' || n"},
    Click: {"id": "'x' || (100000000000000 + n)"},
    Customer: {"id": "'cust_x' || n", "external_id": "'x' || n", "email_key": "'x' || n"},
    StripeCustomer: {"id": "'scus_x' || n", "customer_id": "'cust_x' || n", "stripe_id": "'cus_x' || n"},
    Lead: {"id": "'lead_x' || n", "customer_id": "'cust_x' || n"},
    Sale: {"id": "'sale_x' || n", "customer_id": "'cust_x' || n", "payment_id": "'pay_x' || n"},
    SaleReference: {"name": "'pi_x' || n", "sale_id": "'sale_x' || n"},
    Refund: {"id": "'rfnd_x' || n", "sale_id": "'sale_x' || n", "payment_id": "'pay_x' || n"},
    Dispute: {"id": "'disp_x' || n", "sale_id": "'sale_x' || n", "payment_id": "'pay_x' || n"},
    Credit: {"id": "'cred_x' || n", "sale_id": "'sale_x' || n"},
    Consideration: {"id": "'cons_x' || n", "sale_id": "'sale_x' || n"},
    Change: {"seq": "1000 + n", "sale_id": "'sale_x' || n"},
}
"""Every table that grows with what is sold, parents first, and what makes a copy of one of its rows another row."""


@pytest.mark.unproved
@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
async def test_a_life_costs_the_same_beside_many_others_here_and_elsewhere(database: str) -> None:
    tale = await begin()
    await _live(tale, "first")
    with _steps() as beside_few:
        await _live(tale, "second")
    await _fill()
    with _steps() as beside_many:
        await _live(tale, "third")

    assert len(beside_many) < len(beside_few) * 1.02


FEW = {"sqlite": 1_000, "postgres": 50}
"""Steps, and rows."""


@pytest.mark.unproved
async def test_what_waits_is_found_without_a_look_at_what_was_done_or_at_all_that_waits(database: str, engine: str) -> None:
    tale = await begin()
    await _live(tale, "first")
    await _fill()
    rest = "id IN (SELECT id FROM {0} WHERE workspace_id = {1} ORDER BY id DESC LIMIT 1000)"
    for table, waiting in ((StripeEvent, "state = 'stored'"), (Statement, "settled = false"), (Subject, "dirty = true")):
        name = table._meta.db_table
        await table._meta.db.execute_query(f"UPDATE {name} SET {waiting} WHERE {rest.format(name, tale.workspace.id)}")
    await statistics.take()

    scope = Scope(tale.workspace.id, livemode=False)
    with heard() as asked:
        found = [*await evidence.unread(scope, 10), *await batch._dirty(scope, 10)]

    assert len(found) > 10
    assert [said for said in asked if await statistics.looked_at(said.text, said.values) > FEW[engine]] == []


async def _live(tale: Story, name: str) -> None:
    """A guest pays, is known as a customer, has an invoice for the payment, disputes it, gets money back: settled each time."""
    click = await tale.click()
    of_it: Any = {"intent": f"pi_{name}", "charge": f"ch_{name}"}
    told = {"pimmsClickId": click, "pimmsCustomerId": f"user_{name}"}
    await tale.lead(f"user_{name}", click)
    for event in (
        stripe.payment_intent_succeeded(f"pi_{name}", event_id=f"evt_1{name}", charge=f"ch_{name}", metadata={"pimmsClickId": click}),
        stripe.session_completed(f"cs_{name}", event_id=f"evt_2{name}", intent=f"pi_{name}", customer=f"cus_{name}", metadata=told),
        stripe.invoice_paid(f"in_{name}", event_id=f"evt_3{name}", intent=f"pi_{name}", customer=f"cus_{name}"),
        stripe.dispute_created(f"du_{name}", event_id=f"evt_4{name}", **of_it),
        stripe.refund_created(f"re_{name}", event_id=f"evt_5{name}", amount=500, **of_it),
    ):
        await tale.hear(event)
        await settler.settle_everything()


@contextmanager
def _steps() -> Iterator[list[None]]:
    """As many of nothing as the machine makes steps in the block."""
    client: Any = Workspace._meta.db
    made: list[None] = []
    client._connection._conn.set_progress_handler(lambda: made.append(None), 1)
    yield made
    client._connection._conn.set_progress_handler(None, 0)


async def _fill() -> None:
    """As many rows of every table as there would be in years, every second of them in one of many other workspaces."""
    await Workspace.bulk_create([Workspace(slug=f"other-{number}", name="Other") for number in range(WORKSPACES)])
    for table, own in COPIED.items():
        changed = {**own, "workspace_id": f"CASE WHEN n % 2 = 1 THEN t.workspace_id ELSE t.workspace_id + 1 + n % {WORKSPACES} END"}
        columns = [name for name in table._meta.fields_db_projection.values() if name != "id" or "id" in changed]
        values = ", ".join(changed.get(name, f't."{name}"') for name in columns)
        named, of = ", ".join(f'"{name}"' for name in columns), table._meta.db_table
        await table._meta.db.execute_query(
            f'WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {MANY}) INSERT INTO "{of}" ({named})'
            f' SELECT {values} FROM (SELECT * FROM "{of}" LIMIT 1) t, n'
        )
        assert await table.all().count() > MANY
