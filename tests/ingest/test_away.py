"""Whose fault a failure is: while the database is away or full, no evidence is blamed for it."""

import sqlite3

import asyncpg
import pytest
from tortoise.exceptions import OperationalError

from ingest.away import is_away
from ingest.models.evidence import EventState, StripeEvent
from ingest.settle import batch
from tests import story
from tests import stripe_events as stripe


def sqlite_error(code: int) -> OperationalError:
    error = sqlite3.OperationalError("said by SQLite")
    error.sqlite_errorcode = code
    return OperationalError(error)


@pytest.mark.parametrize(
    ("error", "away"),
    [
        (sqlite_error(sqlite3.SQLITE_BUSY), True),
        (sqlite_error(sqlite3.SQLITE_FULL), True),
        (sqlite_error(sqlite3.SQLITE_IOERR_WRITE), True),
        (sqlite_error(sqlite3.SQLITE_ERROR), False),
        (asyncpg.TooManyConnectionsError(), True),
        (asyncpg.AdminShutdownError(), True),
        (asyncpg.DiskFullError(), True),
        (asyncpg.ReadOnlySQLTransactionError(), True),
        (asyncpg.DeadlockDetectedError(), True),
        (OperationalError(asyncpg.UndefinedTableError()), False),
        (asyncpg.InterfaceError("connection is closed"), True),
        (ConnectionRefusedError(), True),
        (RuntimeError(), False),
    ],
)
def test_an_error_says_whether_the_database_is_away(error: Exception, away: bool) -> None:
    assert is_away(error) is away


@pytest.mark.parametrize("error", [asyncpg.DiskFullError("no space left on device"), sqlite_error(sqlite3.SQLITE_FULL)])
async def test_an_event_that_met_a_full_disk_is_not_put_off(database: str, error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    tale = await story.begin()
    await tale.hear(stripe.session_completed("cs_1", intent="pi_1"))

    async def full(*_: object) -> None:
        raise error

    with monkeypatch.context() as patched:
        patched.setattr(batch, "store", full)
        with pytest.raises(type(error)):
            await tale.settled()

    event = await StripeEvent.get()
    assert (event.state, event.error, event.attempts) == (EventState.STORED, None, 0)
    assert len((await tale.settled()).sales) == 1
