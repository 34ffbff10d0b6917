"""docs/graphql.md tells the truth: its documents are answered, its limits are the settings', its codes are those of the source."""

import re
from pathlib import Path

import pytest

from api.settings import Settings
from tests.ledger import Ledger
from tests.schema.conftest import answer

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docs/graphql.md").read_text()
DOCUMENTS = {found[1]: found[0] for found in re.findall(r"```graphql\n((?:query|mutation|subscription) (\w+).*?)```", TEXT, re.DOTALL)}
GQL, PYTHON = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)


@pytest.fixture
async def ledger(database: str) -> Ledger:
    """A ledger with a row of every kind."""
    ledger = await Ledger.of()
    click = await ledger.click(await ledger.link(utm_campaign="spring"))
    customer = await ledger.customer()
    sale = await ledger.sale(customer, click)
    await ledger.sale(customer)
    await ledger.credit(sale, click)
    await ledger.consideration(sale, click)
    await ledger.refund(sale)
    await ledger.dispute(sale)
    await ledger.lead(customer, click)
    await ledger.event(sale)
    return ledger


def test_the_question_and_ten_more_are_told() -> None:
    assert TEXT.count("```graphql") == len(DOCUMENTS) >= 11


async def test_every_document_is_answered_with_rows(ledger: Ledger) -> None:
    for name, document in DOCUMENTS.items():
        found = await answer(ledger, document)

        assert "errors" not in found, (name, found)
        assert [each for each in found["data"].values() if not (each.get("nodes", True))] == [], name


def test_the_limits_of_the_page_are_the_settings() -> None:
    chosen, text = Settings(), " ".join(TEXT.split())

    assert (
        f"depth {chosen.graphql_depth}, {chosen.graphql_roots} fields at the top, {chosen.graphql_aliases} aliases, "
        f"{chosen.graphql_directives} directives, {chosen.graphql_tokens:,} tokens, cost {chosen.graphql_cost:,}, "
        f"{chosen.graphql_answer >> 20} MiB of answer, {chosen.graphql_seconds} seconds; a body has {chosen.max_body >> 20} MiB"
    ) in text
    assert f"{chosen.rate_key:,} requests a minute and an address {chosen.rate_address:,}" in text
    assert f"at most {chosen.graphql_batch} operations" in text
