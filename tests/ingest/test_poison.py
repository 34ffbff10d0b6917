"""What cannot be settled keeps its error and its next try, and holds nothing up: a body, a piece that no database takes, a payment."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from tortoise.backends.base.client import BaseDBAsyncClient

from ingest import statements
from ingest.models.evidence import EventState, Statement, StripeEvent
from ingest.models.facts import Subject
from ingest.settle import joining, ledger
from ingest.settle.evidence import Piece
from ingest.settle.scope import Scope
from ingest.settle.settled import Settled
from ingest.stripe import parser
from tests import story
from tests import stripe_events as stripe
from tests.story import Story

PAST = datetime(2026, 1, 1, tzinfo=UTC)
ODD = "a\0b\ud800"
"""Text that no database keeps as it is, in an error: it is kept all the same."""


async def told() -> Story:
    """Three payments in one batch, of which the second is the poison."""
    tale = await story.begin()
    await tale.hear(*(stripe.session_completed(f"cs_{number}", intent=f"pi_{number}", event_id=f"evt_{number}") for number in range(3)))
    return tale


async def sold(tale: Story) -> list[str]:
    return sorted(sale["session_id"] for sale in (await tale.settled()).sales)


async def refused() -> None:
    """As a database refuses a statement: on PostgreSQL nothing more can be done in that transaction, or behind that savepoint."""
    connection: BaseDBAsyncClient = StripeEvent._meta.db
    await connection.execute_query("INSERT INTO nowhere VALUES (1)")


async def due_again() -> None:
    """The time of the next try has come and gone: what waits is looked for to the millisecond."""
    await StripeEvent.filter(state=EventState.FAILED).update(next_try_at=PAST)
    await Statement.filter(settled=False).update(next_try_at=PAST)
    await Subject.filter(dirty=True).update(next_try_at=PAST)


async def test_a_body_at_which_the_parser_breaks_is_shown_with_its_error_and_the_others_are_sales(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tale, parse = await told(), parser.parse

    def breaks(event: Any) -> Any:
        if event["id"] == "evt_1":
            raise RuntimeError(ODD)
        return parse(event)

    with monkeypatch.context() as broken:
        broken.setattr(parser, "parse", breaks)
        assert await sold(tale) == ["cs_0", "cs_2"]
    event = await StripeEvent.get(event_id="evt_1")
    await due_again()

    assert (event.state, event.reason, event.attempts, event.next_try_at is not None) == (EventState.FAILED, "PARSER_FAILED", 1, True)
    assert (event.error or "").startswith("RuntimeError: a")
    assert await sold(tale) == ["cs_0", "cs_1", "cs_2"]
    assert await story.failures() == []


async def test_a_piece_whose_facts_the_database_refuses_fails_alone(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    tale, place = await told(), joining.place

    async def breaks(scope: Scope, pieces: Sequence[Piece]) -> Any:
        if any(piece.source == "evt_1" for piece in pieces):
            await refused()
        return await place(scope, pieces)

    with monkeypatch.context() as broken:
        broken.setattr(joining, "place", breaks)
        assert await sold(tale) == ["cs_0", "cs_2"]
    event = await StripeEvent.get(event_id="evt_1")
    await due_again()

    assert (event.state, event.reason, event.attempts, event.next_try_at is not None) == (EventState.FAILED, "SETTLE_FAILED", 1, True)
    assert await sold(tale) == ["cs_0", "cs_1", "cs_2"]


async def test_a_payment_whose_rows_the_database_refuses_waits_alone(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    tale, write = await told(), ledger.write

    async def breaks(scope: Scope, settled: Sequence[Settled]) -> None:
        if any(each.payment.ids.get("session") == "cs_1" for each in settled):
            await refused()
        await write(scope, settled)

    with monkeypatch.context() as broken:
        broken.setattr(ledger, "write", breaks)
        assert await sold(tale) == ["cs_0", "cs_2"]
    waits = await Subject.get(error__isnull=False)
    await due_again()

    assert (waits.dirty, waits.attempts, waits.next_try_at is not None) == (True, 1, True)
    assert await sold(tale) == ["cs_0", "cs_1", "cs_2"]
    assert not await Subject.exists(error__isnull=False)


async def test_a_lead_at_which_the_parser_breaks_holds_no_other_up(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    tale, parse = await story.begin(), statements.parse
    await tale.lead("user_1")
    poison = await tale.lead("user_2")

    def breaks(row: Statement) -> Any:
        if row.uid == poison:
            raise RuntimeError(ODD)
        return parse(row)

    with monkeypatch.context() as broken:
        broken.setattr(statements, "parse", breaks)
        first = [row["external_id"] for row in (await tale.settled()).customers]
    waits = await Statement.get(uid=poison)
    await due_again()

    assert (first, waits.settled, waits.attempts, waits.next_try_at is not None) == (["user_1"], False, 1, True)
    assert sorted(row["external_id"] for row in (await tale.settled()).customers) == ["user_1", "user_2"]
