"""Costs: reckoned from page sizes, shown with every answer, and refused before anything runs."""

import time
from typing import Any

from schema import costs
from schema.build import schema
from schema.documents import Documents
from schema.limits import LIMITS
from tests.ledger import Ledger
from tests.schema.conftest import answer, heard

PRICED: list[tuple[str, dict[str, Any], int]] = [
    ("{ __typename }", {}, 0),
    ("{ workspace { id name } }", {}, 1),
    ("{ sales(first: 10) { totalCount } }", {}, 1),
    ("{ sales(first: 10) { nodes { id } } }", {}, 11),
    ("{ sales(last: 10) { edges { node { id } } } }", {}, 21),
    ("{ sales(first: 10) { nodes { id customer { id } } pageInfo { hasNextPage } } }", {}, 22),
    ("{ links(first: 10) { nodes { clicks(first: 5) { nodes { id } } } } }", {}, 1 + 10 * (1 + 1 + 5)),
    ("query($n: Int!) { sales(first: $n) { nodes { id } } }", {"n": 7}, 8),
    ("query($n: Int = 4) { sales(first: $n) { nodes { id } } }", {}, 5),
    ("query($n: Int = 4) { sales(first: 1, last: $n) { nodes { id } } }", {"n": None}, 2),
    ("{ ...q } fragment q on Query { sales(first: 3) { ...c } } fragment c on SaleConnection { nodes { id } }", {}, 4),
    ("{ a: sales(first: 3) { ...c } b: sales(first: 5) { ...c } } fragment c on SaleConnection { nodes { id } }", {}, 10),
    ('{ nodes(ids: ["a", "b"]) { id ... on Sale { customer { id } } } }', {}, 4),
    ("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": ["a", "b", "c"]}, 3),
    ("{ unattributed(first: 50) { nodes { suggestions { click { id } } } } }", {}, 1 + 50 * (1 + 50 + 5 * (1 + 1))),
]


async def test_an_operation_costs_its_objects_times_its_pages(ledger: Ledger) -> None:
    for query, variables, cost in PRICED:
        found = await answer(ledger, query, **variables)

        assert found["extensions"]["cost"] == {"requested": cost, "maximum": LIMITS.cost}, query


async def test_a_chain_of_pages_is_refused_before_anything_is_asked(ledger: Ledger) -> None:
    for size in ("100", "$n", "999999999"):
        chain = f"clicks(first: {size}) {{ nodes {{ link {{ " * 3 + "id" + " } } }" * 3
        query = f"query($n: Int = 100) {{ links(first: {size}) {{ nodes {{ {chain} }} }} a: links(first: $n) {{ totalCount }} }}"

        with heard() as statements:
            found = await answer(ledger, query)

        assert found["errors"][0]["extensions"]["code"] == "TOO_COMPLEX"
        assert statements == []


def test_a_chain_of_pages_in_pages_is_refused_in_a_tenth_of_a_second() -> None:
    within = "clicks(first: 100) { nodes { link { %s } } }"
    chain = "id"
    for _ in range(5):
        chain = within % chain
    text = f"{{ links(first: 100) {{ nodes {{ {chain} }} }} }}"
    began = time.process_time()

    prepared = Documents(schema._schema).prepared(text)
    operation = prepared.operation(None)
    assert operation is not None
    cost = costs.of(schema._schema, prepared.document, operation, {})

    assert time.process_time() - began < 0.1
    assert prepared.errors == ()
    assert cost > 100**6 > LIMITS.cost
