"""Equality: compiled and ordinary execution give the same bytes and the same errors, whatever valid operation is asked."""

import os
from typing import Any

from hypothesis import HealthCheck, Phase, assume, given, settings

from ingest.keys import Access
from ingest.models.ledger import Sale
from schema.build import compiled
from tests.ledger import Ledger
from tests.resolvers.plan import holding
from tests.resolvers.plan.drawing import Drawn, operations
from tests.schema.conftest import answered, comparable

EXAMPLES = int(os.environ.get("PLAN_EXAMPLES", "60"))
DRAWN = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=EXAMPLES == 60,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
)
KEYS = [("admin",), ("read",), ("lead.write",)]


async def filled() -> Ledger:
    """The ledger that is asked; filled once for each database."""
    if not await Sale.exists():
        await holding.fill()
    return await Ledger.of()


async def both(ledger: Ledger, drawn: Drawn, scopes: tuple[str, ...] = ("admin",)) -> tuple[dict[str, Any], dict[str, Any]]:
    access = Access(ledger.workspace.id, ledger.livemode, frozenset(scopes), "key_test")
    made = await answered(access, drawn.text, drawn.variables, by_plan=True)
    return made, await answered(access, drawn.text, drawn.variables, by_plan=False)


async def alike(ledger: Ledger, drawn: Drawn, scopes: tuple[str, ...]) -> dict[str, Any]:
    """The answer, which both executions give. Whoever may read is answered by a plan, errors and all; only a fault makes an error."""
    counts = compiled.operations.counts
    before = (counts.compiled, counts.failed, counts.unknown, counts.unanswerable)

    made, plain = await both(ledger, drawn, scopes)

    assert comparable(made) == comparable(plain)
    assume(not too_large(made))
    assert all("path" in error for error in made.get("errors", ())), "what is drawn is valid"
    planned = 1 if {"admin", "read"} & set(scopes) else 0
    assert (counts.compiled, counts.failed, counts.unknown, counts.unanswerable) == (before[0] + planned, *before[1:])
    return made


def too_large(found: dict[str, Any]) -> bool:
    """Whether the operation was refused for what it would cost, before anything was read."""
    return any(error["extensions"]["code"] == "TOO_COMPLEX" for error in found.get("errors", ()))


@DRAWN
@given(drawn=operations())
async def test_compiled_and_ordinary_execution_give_the_same_bytes(database: str, drawn: Drawn) -> None:
    made = await alike(await filled(), drawn, ("admin",))

    assert drawn.fault or "errors" not in made, "only what is wrong makes an error"


@DRAWN
@given(drawn=operations(faults=False))
async def test_they_do_for_every_kind_of_key(database: str, drawn: Drawn) -> None:
    ledger = await filled()
    for scopes in KEYS:
        await alike(ledger, drawn, scopes)
