"""Every argument of every query and every field of its input objects, in every form: compiled, ordinary and naive answers are one."""

from graphql import GraphQLObjectType

from schema.build import compiled
from tests.resolvers.plan.drawing import TYPES
from tests.resolvers.plan.naive import Naive
from tests.resolvers.plan.sweeping import WITHIN, askings, walks
from tests.resolvers.plan.test_equality import both, filled
from tests.resolvers.plan.test_naive import agreed
from tests.schema.conftest import ORIGIN, comparable
from tests.schema.walking import of_queries, reached, types


async def test_every_argument_is_answered_the_same_by_all_three(database: str) -> None:
    ledger, counts = await filled(), compiled.operations.counts
    naive = await Naive(ledger.workspace.id, ledger.livemode, ORIGIN).loaded()
    wanted, answered, failed = set[str](), set[str](), counts.failed + counts.unknown
    for asking in askings():
        wanted.add(asking.of)
        before = counts.compiled
        made, plain = await both(ledger, asking.drawn)
        assert comparable(made) == comparable(plain), asking.drawn
        assert counts.compiled == before + 1, (asking.drawn, plain)
        if "errors" not in plain:
            answered.add(asking.of)
        agreed(asking.drawn, made, naive)

    assert counts.failed + counts.unknown == failed, "the compiler knows the whole schema"
    assert wanted - answered == set(), "each may be given something without an error"
    assert len(wanted) > 400


async def test_every_field_is_answered_the_same_by_all_three(database: str) -> None:
    ledger, counts = await filled(), compiled.operations.counts
    naive = await Naive(ledger.workspace.id, ledger.livemode, ORIGIN).loaded()

    for drawn in walks():
        before = counts.compiled
        made, plain = await both(ledger, drawn)
        assert "errors" not in made, (drawn, made["errors"])
        assert comparable(made) == comparable(plain), drawn
        assert counts.compiled == before + 1
        agreed(drawn, made, naive)


def test_the_sweep_asks_for_every_field_and_every_argument_of_a_query() -> None:
    asked = reached([*(each.drawn.text for each in askings()), *(each.text for each in walks())])

    assert of_queries() - asked == set()
    known = {kind.name for kind in types()} | {"Query"} | WITHIN.keys()
    fields = {name: kind for name, kind in TYPES.items() if isinstance(kind, GraphQLObjectType) and not name.startswith("__")}
    held = {
        name for name, kind in fields.items() if any(f"{name}.{each}" in of_queries() and field.args for each, field in kind.fields.items())
    }
    assert held - known == set(), "say in WITHIN where these stand"
