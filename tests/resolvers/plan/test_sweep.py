"""Every argument of every query and every field of its input objects, in every form: compiled, ordinary and naive answers are one."""

import json

from schema.build import compiled
from tests.resolvers.plan.naive import Naive
from tests.resolvers.plan.sweeping import askings
from tests.resolvers.plan.test_equality import both, filled
from tests.resolvers.plan.test_naive import agreed, core
from tests.schema.conftest import ORIGIN


async def test_every_argument_is_answered_the_same_by_all_three(database: str) -> None:
    ledger, counts = await filled(), compiled.operations.counts
    naive = await Naive(ledger.workspace.id, ledger.livemode, ORIGIN).loaded()
    wanted, answered, failed = set[str](), set[str](), counts.failed + counts.unknown
    for asking in askings():
        wanted.add(asking.of)
        before = counts.compiled
        made, plain = await both(ledger, asking.drawn)
        assert json.dumps(made) == json.dumps(plain), asking.drawn
        if "errors" not in plain:
            assert counts.compiled == before + 1, asking.drawn
            answered.add(asking.of)
        if core(asking.parent, asking.field):
            agreed(asking.drawn, made, naive)

    assert counts.failed + counts.unknown == failed, "the compiler knows the whole schema"
    assert wanted - answered == set(), "each may be given something without an error"
    assert len(wanted) > 400
