"""One transaction of the settler: take what waits, store its facts, fold what they touch. Whole or not at all.

A batch that fails is done again with a savepoint around each piece: what cannot be settled keeps its error and its next try, and the
rest goes on.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import structlog
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.transactions import in_transaction

from ingest import sql
from ingest.away import is_away
from ingest.models.facts import WOKEN, Subject, SubjectKind
from ingest.settle import claims, customers, evidence, joining, lookups, payments
from ingest.settle.evidence import Piece
from ingest.settle.scope import Scope

BATCH = {"postgres": 200, "sqlite": 100}
"""Pieces of one transaction. Twice as many cost a tenth less each; on SQLite every click and event waits while one is written."""
_log = structlog.get_logger("clickledger.settler")


async def settle(scope: Scope, limit: int | None = None, *, thorough: bool = True) -> int:
    """Settle one batch and return how much was done; 0 when nothing waits or another settler has the lease.

    `thorough` looks for every awaited click, however old its id: that costs what waits, where the other look costs what came in.

    Raises what says that the database is away, or full: nothing of the batch is kept, and no piece of it is to blame.
    """
    try:
        return await _attempt(scope, limit, careful=False, thorough=thorough)
    except Exception as error:  # something in the batch cannot be settled: find it, keep its error, and go on with the others
        if is_away(error):
            raise
        _log.warning("a batch failed and is settled piece by piece", error=type(error).__name__)
        return await _attempt(scope, limit, careful=True, thorough=thorough)


async def _attempt(scope: Scope, limit: int | None, *, careful: bool, thorough: bool) -> int:
    async with in_transaction() as connection:
        limit = limit or BATCH[connection.capabilities.dialect]
        if not await _lease(connection, scope):
            return 0
        await lookups.wake_for_clicks(scope, thorough=thorough)
        _quicken(connection)
        pieces = await evidence.unread(scope, limit)
        if pieces:
            await _take(scope, pieces, careful=careful)
            await evidence.mark(pieces)
        return len(pieces) + await fold(scope, limit, careful=careful)


async def _lease(connection: BaseDBAsyncClient, scope: Scope) -> bool:
    """One settler at a time for a workspace and mode; on SQLite the transaction itself excludes every other."""
    if connection.capabilities.dialect == "sqlite":
        return True
    rows = await connection.execute_query_dict("SELECT pg_try_advisory_xact_lock(1, $1) AS taken", [scope.lock])
    return bool(rows[0]["taken"])


def _quicken(connection: Any) -> None:
    """From here on each statement is one of some microseconds: SQLite's take less than a turn to the connection's thread."""
    if connection.capabilities.dialect == "sqlite":
        connection.stay_on_the_loop()


async def _take(scope: Scope, pieces: Sequence[Piece], *, careful: bool) -> None:
    """Store the facts and claims of these pieces and mark whom they touch."""
    if not careful:
        await store(scope, pieces)
        return
    for piece in pieces:

        async def keep(piece: Piece = piece) -> None:
            await store(scope, [piece])

        error = await _guarded(keep)
        if error is not None:
            piece.parsed, piece.reason, piece.error = None, "SETTLE_FAILED", evidence.fault(error)


async def store(scope: Scope, pieces: Sequence[Piece]) -> None:
    touched = await joining.place(scope, pieces)
    if touched:
        await sql.update(Subject, WOKEN, id=touched)
    await claims.store(scope, pieces)


async def _guarded(work: Callable[[], Awaitable[None]]) -> Exception | None:
    """Do this behind a savepoint and return what it raised."""
    try:
        async with in_transaction():
            await work()
    except Exception as error:
        if is_away(error):
            raise
        return error
    return None


async def fold(scope: Scope, limit: int, *, careful: bool) -> int:
    """Fold dirty customers, then dirty payments, then take away the customers that nobody is any more."""
    people, paying = await _dirty(scope, limit)
    if not people and not paying:
        return 0
    groups: list[tuple[list[Subject], list[Subject]]] = [(people, paying)]
    if careful:
        groups = [([subject], []) for subject in people] + [([], [subject]) for subject in paying]
    for some, others in groups:

        async def settle_some(some: Sequence[Subject] = some, others: Sequence[Subject] = others) -> None:
            await _settle_subjects(scope, some, others)

        if not careful:
            await settle_some()
        elif (error := await _guarded(settle_some)) is not None:
            await payments.put_off((some or others)[0].id, error)
    return len(people) + len(paying)


async def _dirty(scope: Scope, limit: int) -> tuple[list[Subject], list[Subject]]:
    """The customers and the payments that wait to be folded, at most `limit` together."""
    found = await sql.first(Subject, sql.TRY_NOW, limit, dirty=True, **scope.filter)
    people = [subject for subject in found if subject.kind is SubjectKind.CUSTOMER]
    return people, [subject for subject in found if subject.kind is SubjectKind.PAYMENT]


async def _settle_subjects(scope: Scope, people: Sequence[Subject], paying: Sequence[Subject]) -> None:
    keys = [subject.key or "" for subject in people]
    nobody = await customers.settle(scope, keys)
    await payments.done([subject.id for subject in people] + [subject.id for subject in paying])
    nobody |= await payments.settle(scope, [subject.id for subject in paying], set(keys) - nobody)
    kept = await customers.clean(scope, nobody)
    if kept:
        await claims.dirty_customers(scope, kept)
