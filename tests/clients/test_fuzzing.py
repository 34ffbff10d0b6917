"""Schemathesis over the live server, with ids that exist and a fixed seed: no 500, no INTERNAL, no answer that the schema denies."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from graphql import GraphQLSchema, build_schema
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.core.result import Ok
from schemathesis.graphql import nodes

from tests.clients import shapes
from tests.clients.conftest import Shop, opened

SDL = (Path(__file__).parents[2] / "schema.graphql").read_text()
SCHEMA: GraphQLSchema = build_schema(SDL)
OPERATIONS: list[Any] = [
    found.ok() for found in schemathesis.graphql.from_file(io.StringIO(SDL)).get_all_operations() if isinstance(found, Ok)
]
QUICK, LONG = 3, 60
"""Cases of each field of Query and Mutation."""


@pytest.fixture
def fuzzed(sqlite_template: Path, tmp_path: Path) -> Iterator[Shop]:
    with opened(tmp_path, sqlite_template) as running:
        _speak(running)
        yield running


def _speak(shop: Shop) -> None:
    """The words that values are made of: mostly those of things that are there."""
    real = st.sampled_from(shop.ids)
    words = st.sampled_from(["spring", "newsletter", "USD", "EUR", "FR", "Sign up", "key1", "https://shop.example.com/1"])
    times = st.sampled_from(["2026-01-01T00:00:00Z", "2026-01-01T00:07:00+02:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "soon"])
    for name, strategy in {
        "ID": (real | real | real | st.text(max_size=40)).map(nodes.String),
        "Int": (st.integers(1, 5) | st.sampled_from([0, -1, 100, 101, 2**31 - 1, -(2**31)])).map(nodes.Int),
        "String": (words | real | real.map(lambda found: found.partition("_")[2]) | st.text(max_size=40)).map(nodes.String),
        "DateTime": times.map(nodes.String),
        "Decimal": st.sampled_from(["1", "-0.00", "1e400", "NaN", "12.30"]).map(nodes.String),
        "BigInt": (st.integers(-(2**63), 2**63 - 1) | st.just(2**64)).map(str).map(nodes.String),
        "JSON": st.text(max_size=20).map(nodes.String),
    }.items():
        schemathesis.graphql.scalar(name, strategy)


class Fuzzing:
    """What came of the cases."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self.cases = self.answered = self.found = 0

    def run(self, each: int) -> None:
        for operation in OPERATIONS:
            self._operation(operation, each)

    def _operation(self, operation: Any, each: int) -> None:
        @settings(max_examples=each, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy())
        def tried(case: Any) -> None:
            self._case(case)

        tried()

    def _case(self, case: Any) -> None:
        response = case.call(base_url=self._shop.graphql, headers={"authorization": f"Bearer {self._shop.key}"})
        case.validate_response(response, checks=[schemathesis.checks.not_a_server_error])
        answer = response.json()
        codes = {error["extensions"]["code"] for error in answer.get("errors", [])}
        assert response.status_code in {200, 400}, response.text
        assert "INTERNAL" not in codes, response.text
        assert (wrong := shapes.wrong(SCHEMA, case.body, answer)) == [], (wrong, case.body, response.text)
        self.cases += 1
        self.answered += not codes
        self.found += any(value is not None for value in (answer.get("data") or {}).values())


def test_a_hundred_drawn_operations_are_answered_as_the_schema_says(fuzzed: Shop) -> None:
    fuzzing = Fuzzing(fuzzed)

    fuzzing.run(QUICK)

    assert fuzzing.cases >= 60
    assert fuzzing.found > fuzzing.cases / 10


@pytest.mark.audit
def test_hundreds_of_drawn_operations_are_answered_as_the_schema_says(fuzzed: Shop) -> None:
    fuzzing = Fuzzing(fuzzed)

    fuzzing.run(LONG)

    assert fuzzing.cases >= 500
    assert fuzzing.found > fuzzing.cases / 10
