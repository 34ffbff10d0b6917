"""Whatever text is given to whatever takes one, however long and odd: an answer or a refusal, never a fault of ours."""

from typing import Any

import pytest

from resolvers import waiting
from resolvers.entities import NODES
from tests.ledger import Ledger
from tests.schema.conftest import answer
from tests.schema.walking import MUTATION, QUERY, filters, harmless, inputs, selected, texts

PREFIXES = [*NODES, "evt", "cs", "cus"]
ODD = ["", " ", "x" * 300, "x" * 5_000, "\x00", "\ud800", "\ue000", "é" * 300, "../..", "%00", "0", "-1", "9" * 400, "\u202e"]
GIVEN = [*ODD, *(f"{prefix}_{rest}" for prefix in PREFIXES for rest in ("", "x" * 300, "9" * 30, "\x00"))]


def codes(found: dict[str, Any]) -> set[str]:
    return {error["extensions"]["code"] for error in found.get("errors", ())}


async def test_no_argument_or_filter_of_a_question_is_a_fault(ledger: Ledger) -> None:
    await ledger.sale()
    for name, field in QUERY.fields.items():
        for argument in texts(field):
            document = f"query($given: {field.args[argument].type}) {{ {name}({argument}: $given) {selected(field, 0)} }}"
            for given in GIVEN:
                assert codes(await answer(ledger, document, given=given)) <= {"BAD_USER_INPUT"}, (document, given)
        for kind, condition, _ in filters(field):
            document = f"query($filter: {kind}) {{ {name}(first: 9, filter: $filter) {{ totalCount }} }}"
            assert codes(await answer(ledger, document, filter={condition: {"in": GIVEN}})) == set(), document
    assert codes(await answer(ledger, "query($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=GIVEN)) == set()


@pytest.mark.unproved  # the rows of this ledger are written without evidence
async def test_no_input_of_a_mutation_is_a_fault(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "PATIENCE_S", 0.0)
    tried = 0
    faults: set[tuple[str, ...]] = set()
    for name, field in MUTATION.fields.items():
        document = f"mutation($input: {field.args['input'].type}) {{ {name}(input: $input) {{ userErrors {{ code }} }} }}"
        for said in inputs(field, "String", "ID", "[String!]"):
            for given in ODD:
                value = [given] if said in {"scopes", "allowedHosts"} else given
                found = await answer(ledger, document, input={**harmless(field), said: value})
                faults |= {(name, said, given[:9], code) for code in codes(found) - {"BAD_USER_INPUT"}}
                tried += 1
            for given in GIVEN[len(ODD) :] if said in inputs(field, "ID") else ():
                found = await answer(ledger, document, input={**harmless(field), said: given})
                faults |= {(name, said, given[:9], code) for code in codes(found) - {"BAD_USER_INPUT"}}
    assert faults == set()
    assert tried > 300
