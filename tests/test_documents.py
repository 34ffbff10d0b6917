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


def _told(pattern: str, *folders: str, but: tuple[str, ...] = ()) -> set[str]:
    """What a pattern finds in the sources of these folders."""
    paths = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py")) if not set(but) & set(path.with_suffix("").parts)]
    return {found for path in paths for found in re.findall(pattern, path.read_text())}


def _table(heading: str) -> set[str]:
    """The codes in the first column of the table under this heading."""
    rows = TEXT[TEXT.index(heading) :].split("\n\n")[1].splitlines()
    return {code for row in rows for code in re.findall(r"`([A-Z_]+)`", row.split("|")[1])}


def test_every_code_of_an_error_is_told_and_no_other() -> None:
    stated = _told(
        r"""(?:"code": |\bcode(?:: str)? = |Refused\((?:\d+|_refusal\(media\)), |Answer\(\d+, |\d{3}: )"([A-Z_]{4,})\"""",
        "api",
        "schema",
        "resolvers",
    )
    stated |= _told(r"""(?:_error|_refused)\("([A-Z_]+)\"""", "api")

    assert {"METHOD_NOT_ALLOWED", "CURSOR_EXPIRED", "RATE_LIMITED", "TOO_COMPLEX", "INTERNAL", "TIMEOUT"} <= stated
    assert _table("broken request is an item") == stated


def test_every_code_of_a_mistake_is_told_and_no_other() -> None:
    of_operators = ("accounts", "inbox", "backfill", "scenario", "reports")
    stated = _told(r"""Invalid\([^,()]+, "([A-Z_]+)\"""", "ingest", but=of_operators) - {"INVALID_SLUG", "UNKNOWN_FIELD"}

    assert _table("The codes of `userErrors`") == stated | {"NOT_FOUND"}
