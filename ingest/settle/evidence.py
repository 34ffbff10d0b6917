"""What the settler reads next, parsed: events and statements whose facts are not yet in the books."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from ingest import bodies, facts, sql, statements
from ingest.models.evidence import EventState, Statement, StripeEvent
from ingest.models.workspace import Account
from ingest.redact import suppression
from ingest.settle.scope import Scope
from ingest.stripe import parser
from ingest.stripe.errors import Unreadable
from ingest.text import escape

_EVENT = ("state", "reason", "error", "attempts", "next_try_at", "settled_at", "parser_version")
_STATEMENT = ("settled", "error", "attempts", "next_try_at")
_STORED, _FAILED = "state = 'stored'", "state = 'failed' AND next_try_at <= {now}"
"""Asked for one after the other: of both at once, either database reads all that waits to put it in order."""
LONGEST_WAIT = timedelta(hours=1)


@dataclass(slots=True, kw_only=True)
class Piece:
    """One piece of evidence and what it says; `parsed` is None where it could not be read, for `reason`."""

    row: StripeEvent | Statement
    account_id: int
    source: str
    at: datetime
    parsed: facts.Parsed | None = None
    reason: str | None = None
    error: str | None = None
    payments: list[str] = field(default_factory=list)


async def unread(scope: Scope, limit: int) -> list[Piece]:
    """The oldest evidence that waits: at most `limit` each of events that nobody tried yet, of events to try again, and of statements."""
    events = [row for due in (_STORED, _FAILED) for row in await sql.first(StripeEvent, due, limit, **scope.filter)]
    said = await sql.first(Statement, sql.TRY_NOW, limit, settled=False, **scope.filter)
    if events or said:
        await suppression.watch(await suppression.guard(scope.workspace_id, livemode=scope.livemode), events, said)
    return await pieces(scope, events, said)


async def pieces(scope: Scope, events: Sequence[StripeEvent], said: Sequence[Statement]) -> list[Piece]:
    """This evidence, parsed."""
    primary = await _primary_account(scope) if said else 0
    return [_event(row) for row in events] + [_statement(row, primary) for row in said]


async def _primary_account(scope: Scope) -> int:
    return (await Account.get(workspace_id=scope.workspace_id, is_primary=True)).id


def _event(row: StripeEvent) -> Piece:
    piece = Piece(row=row, account_id=row.account_id, source=row.event_id, at=row.created_at)
    try:
        piece.parsed = parser.parse(read(row.body))
    except Unreadable as error:
        piece.reason, piece.error = "UNREADABLE", str(error)[:2000]
    except Exception as error:  # a fault of ours: the event is kept, shown, tried again, and blocks no other
        piece.reason, piece.error = "PARSER_FAILED", fault(error)
    return piece


def read(body: bytes) -> dict[str, object]:
    """An event's JSON. It was read once before it was stored, so it parses."""
    event: dict[str, object] = bodies.parse(body)
    return event


def _statement(row: Statement, account_id: int) -> Piece:
    piece = Piece(row=row, account_id=account_id, source=row.uid, at=row.said_at)
    try:
        piece.parsed = statements.parse(row)
    except Exception as error:  # as above
        piece.reason, piece.error = "PARSER_FAILED", fault(error)
    return piece


async def mark(pieces: Sequence[Piece]) -> None:
    """Write down how far each piece has come: those that have come equally far, which are nearly all, in one statement."""
    now = datetime.now(UTC)
    for model, columns in ((StripeEvent, _EVENT), (Statement, _STATEMENT)):
        marked: dict[tuple[object, ...], list[int]] = {}
        for piece in pieces:
            if isinstance(piece.row, model):
                row = (
                    _marked_event(piece.row, piece, now) if isinstance(piece.row, StripeEvent) else _marked_statement(piece.row, piece, now)
                )
                marked.setdefault(tuple(getattr(row, name) for name in columns), []).append(row.id)
        for values, rows in marked.items():
            await sql.update(model, dict(zip(columns, values, strict=True)), id=rows)


def _marked_event(row: StripeEvent, piece: Piece, now: datetime) -> StripeEvent:
    row.attempts += 1
    row.error, row.reason = piece.error, piece.reason
    row.parser_version = facts.PARSER_VERSION
    if piece.parsed is None:
        row.state, row.next_try_at = EventState.FAILED, now + wait(row.attempts)
        return row
    nothing = not piece.parsed.facts and not piece.parsed.claims
    row.state = EventState.IGNORED if nothing else EventState.SETTLED
    row.reason = piece.parsed.reason if nothing else None
    row.next_try_at, row.settled_at = None, now
    return row


def _marked_statement(row: Statement, piece: Piece, now: datetime) -> Statement:
    row.attempts += 1
    row.error = piece.error
    row.settled = piece.parsed is not None
    row.next_try_at = None if row.settled else now + wait(row.attempts)
    return row


def wait(attempts: int) -> timedelta:
    """How long a failure waits before it is tried again: seconds at first, never more than an hour."""
    return min(timedelta(seconds=2**attempts), LONGEST_WAIT) if attempts < 12 else LONGEST_WAIT  # 2**12 s is past an hour


def fault(error: Exception) -> str:
    """What went wrong, short enough and as text that both databases take: an error that cannot be kept would hold up all others."""
    return escape(f"{type(error).__name__}: {error}")[:2000]
