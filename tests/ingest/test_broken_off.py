"""Every transaction that writes is known here: a server is killed in it, or a test breaks it off, and nothing of it is left."""

import ast
import asyncio
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ingest import accounts, fx, inbox, quotes, workspaces
from ingest.models.evidence import QuarantinedEvent, Rate, RateSource, StripeEvent
from ingest.models.facts import Subject
from tests import story
from tests import stripe_events as stripe
from tests.crash import boundaries
from tests.story import PAID_AT

ROOT = Path(__file__).parent.parent.parent
KILLED = {"ingest.settle.batch:_attempt", "ingest.rollups.compacting:compact"}
"""A server dies at boundaries within them."""
HERE = "tests/ingest/test_broken_off.py"
BROKEN_OFF = {
    "ingest.inbox:release": f"{HERE}::test_a_quarantine_that_is_half_emptied_is_whole_again",
    "ingest.fx:learn": f"{HERE}::test_rates_of_which_it_is_not_yet_known_how_far_they_reach_are_not_there",
    "ingest.workspaces:update": f"{HERE}::test_a_currency_that_no_sale_was_told_of_is_not_changed",
    "ingest.workspaces:ensure": "tests/ingest/test_workspaces.py::test_a_second_workspace_takes_no_domain_from_the_first",
    "ingest.erase:_redact": "tests/ingest/test_erase.py::test_who_dies_in_between_leaves_the_ledger_as_it_was_and_the_same_call_finishes",
    "ingest.reparse:_forget": "tests/ingest/test_reparse.py::test_a_run_that_dies_while_it_forgets_takes_nothing_away",
    "ingest.backfill.intake:_store": "tests/ingest/backfill/test_resumed.py::"
    "test_a_run_that_is_killed_before_a_page_is_marked_as_read_takes_it_again_and_nothing_twice",
    "ingest.cutting:_shortened": "tests/ingest/test_cutting.py::test_a_cut_that_dies_in_between_leaves_the_stream_whole",
    "ingest.settle.batch:_guarded": "tests/ingest/test_poison.py::test_a_piece_whose_facts_the_database_refuses_fails_alone",
}
WAITING = {"ingest.settle.lookups:_pass_a_settler"}
"""They wait for a settler, and write nothing that could be broken off."""


class Died(Exception):
    """The process, at this point."""


def dies(*_: object, **__: object) -> Any:
    raise Died


def transactions() -> Iterator[str]:
    """`module:function` of each function that begins one."""
    for path in sorted((ROOT / "ingest").rglob("*.py")):
        if "migrations" in path.parts:
            continue
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for function in ast.walk(ast.parse(path.read_text())):
            if isinstance(function, ast.AsyncFunctionDef) and any(map(_begins, ast.walk(function))):
                yield f"{module}:{function.name}"


def _begins(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "in_transaction"


def test_a_transaction_that_nobody_breaks_off_would_be_missed_here() -> None:
    assert set(transactions()) == KILLED | WAITING | BROKEN_OFF.keys()


def test_a_server_is_killed_within_those_and_the_others_tests_exist() -> None:
    killed_in = {boundary.where.partition(":")[0] for boundary in boundaries.ALL.values()}
    missing = [
        test
        for test in BROKEN_OFF.values()
        if not re.search(rf"def {test.partition('::')[2]}\(", (ROOT / test.partition("::")[0]).read_text())
    ]

    assert {name.partition(":")[0] for name in KILLED} <= killed_in
    assert missing == []


async def test_a_quarantine_that_is_half_emptied_is_whole_again(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    tale = await story.begin()
    event = stripe.session_completed("cs_1", account="acct_1")
    await inbox.quarantine(stripe.raw(event), inbox.envelope(event), stripe_account="acct_1")

    with monkeypatch.context() as broken:
        broken.setattr(inbox, "_EMPTY", "DELETE FROM nowhere WHERE 1 = {0}")
        with pytest.raises(Exception, match="nowhere"):
            await accounts.claim(tale.workspace.id, "acct_1")
    assert (await QuarantinedEvent.all().count(), await StripeEvent.all().count()) == (1, 0)
    _, moved = await accounts.claim(tale.workspace.id, "acct_1")

    assert (moved, await QuarantinedEvent.all().count()) == (1, 0)
    assert (await tale.settled()).sale["session_id"] == "cs_1"


async def test_what_waits_for_an_account_whose_claim_died_before_it_let_it_in_comes_in_with_the_next_start(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tale, other, woken = await story.begin(), await story.begin("other"), asyncio.Event()
    for number, brought_by in enumerate((None, tale.workspace.id, other.workspace.id)):
        event = stripe.session_completed(f"cs_{number}", account="acct_1", event_id=f"evt_{number}")
        await inbox.quarantine(stripe.raw(event), inbox.envelope(event), stripe_account="acct_1", brought_by=brought_by)
    with monkeypatch.context() as broken:
        broken.setattr(inbox, "release", dies)
        with pytest.raises(Died):
            await accounts.claim(tale.workspace.id, "acct_1")
    assert await StripeEvent.all().count() == 0

    letting_in = asyncio.ensure_future(accounts.let_in(woken.set))
    async with asyncio.timeout(20):
        await woken.wait()
    letting_in.cancel()

    assert sorted(sale["session_id"] for sale in (await tale.settled()).sales) == ["cs_0", "cs_1"]
    assert await inbox.quarantined() == {f"acct_1@{other.workspace.id}": 1}


async def test_rates_of_which_it_is_not_yet_known_how_far_they_reach_are_not_there(database: str) -> None:
    rates = [fx.Published("USD", PAID_AT, "1.1")]
    with pytest.raises(Died):
        await fx.learn(quotes.ECB, rates, dies)
    assert (await Rate.all().count(), await RateSource.all().count()) == (0, 0)

    assert await fx.learn(quotes.ECB, rates, lambda _, moments: max(moments)) == 1


async def test_a_currency_that_no_sale_was_told_of_is_not_changed(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    tale = await story.begin()
    await tale.hear(stripe.session_completed("cs_1"))
    before = await tale.settled()

    with monkeypatch.context() as broken:
        broken.setattr(Subject, "filter", dies)
        with pytest.raises(Died):
            await workspaces.update(tale.workspace.id, {"currency": "JPY"})

    assert (await workspaces.find("default")).currency == "USD"
    assert await tale.settled() == before
