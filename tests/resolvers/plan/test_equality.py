"""Equality: compiled and ordinary execution give the same bytes and the same errors, whatever valid operation is asked."""

import json
import os
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings

from ingest.keys import Access
from ingest.models.ledger import Sale
from schema.build import compiled
from tests.ledger import Ledger
from tests.resolvers.plan import holding
from tests.resolvers.plan.drawing import Drawn, operations
from tests.schema.conftest import answered

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


@DRAWN
@given(drawn=operations())
async def test_compiled_and_ordinary_execution_give_the_same_bytes(database: str, drawn: Drawn) -> None:
    ledger, before = await filled(), (compiled.operations.counts.failed, compiled.operations.counts.unknown)

    made, plain = await both(ledger, drawn)

    assert json.dumps(made) == json.dumps(plain)
    assert compiled.operations.counts.failed == before[0], "no plan fails"
    assert compiled.operations.counts.unknown == before[1], "the compiler knows the whole schema"


@DRAWN
@given(drawn=operations(faults=False))
async def test_what_has_no_error_is_answered_by_a_plan(database: str, drawn: Drawn) -> None:
    ledger, before = await filled(), compiled.operations.counts.compiled

    for scopes in KEYS:
        made, plain = await both(ledger, drawn, scopes)
        assert json.dumps(made) == json.dumps(plain)
        if scopes == ("admin",) and "errors" not in plain:
            assert compiled.operations.counts.compiled == before + 1
