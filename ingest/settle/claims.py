"""Claims in the books: equal ones are one row with its first and last time, and a change wakes whom it concerns.

Keeping the least and greatest time is the one place where a row of the books is written over; it gives the same row in every order.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Any

import orjson

from ingest import facts, sql
from ingest.facts import Carrier
from ingest.fold import person
from ingest.fold.person import Told
from ingest.models.evidence import StripeEvent
from ingest.models.facts import WOKEN, Claim, Lookup, Subject, SubjectKind
from ingest.settle import lookups
from ingest.settle.evidence import Piece
from ingest.settle.scope import Scope, bounded, with_account

_UNIQUE, _UPDATED = ("workspace_id", "livemode", "subject", "digest"), ("first_at", "first_source", "first_field", "last_at")
_KEPT = ("email", "name", "avatar", "country", "deleted", "started_at")


async def store(scope: Scope, pieces: Iterable[Piece]) -> None:
    """Add what these pieces claim and mark as dirty every customer and payment that it can change."""
    rows = _rows(scope, pieces)
    if not rows:
        return
    held = await _held(scope, rows)
    changed = [row for key, row in rows.items() if _absorb(row, held.get(key))]
    if not changed:
        return
    await sql.insert(changed, unique=_UNIQUE, update=_UPDATED)
    await wake(scope, changed, held)


def _rows(scope: Scope, pieces: Iterable[Piece]) -> dict[tuple[str, str], Claim]:
    """One row for each different claim, with the least and greatest time that these pieces give it."""
    rows: dict[tuple[str, str], Claim] = {}
    for piece in pieces:
        for claim in _said(piece):
            row = _row(scope, claim, piece)
            key = (row.subject, row.digest)
            _absorb(row, rows.get(key))
            rows[key] = row
    return rows


def _said(piece: Piece) -> list[facts.Claim]:
    if piece.parsed is None:
        return []
    implied = [claim for joined in piece.parsed.facts for claim in person.claims_of(joined.fact, piece.at)]
    return [*piece.parsed.claims, *implied]


def subjects(pieces: Iterable[Piece]) -> set[str]:
    """The keys of whom these pieces claim something."""
    return {bounded(with_account(claim.subject, piece.account_id)) for piece in pieces for claim in _said(piece)}


def _row(scope: Scope, claim: facts.Claim, piece: Piece) -> Claim:
    data = {name: value for name in _KEPT if (value := getattr(claim, name))}
    # A Stripe customer may point to one id, to another, and back: each time it was said is a claim of its own.
    moment = claim.at if claim.carrier is Carrier.CUSTOMER else None
    # What a new parser says stands beside what an old one said, until all that is old has been read again.
    version = facts.PARSER_VERSION if isinstance(piece.row, StripeEvent) else 0
    different = [claim.carrier, claim.external_id, claim.click_id, data, moment, version]
    return Claim(
        subject=bounded(with_account(claim.subject, piece.account_id)),
        carrier=claim.carrier,
        digest=blake2b(orjson.dumps(different, option=orjson.OPT_SORT_KEYS), digest_size=12).hexdigest(),
        external_id=claim.external_id,
        click_id=claim.click_id,
        data=data,
        first_at=claim.at,
        first_source=piece.source,
        first_field=claim.field,
        last_at=claim.at,
        parser_version=version,
        **scope.filter,
    )


async def _held(scope: Scope, rows: dict[tuple[str, str], Claim]) -> dict[tuple[str, str], Claim]:
    subjects, digests = {subject for subject, _ in rows}, {digest for _, digest in rows}
    found = await sql.read(Claim, subject=subjects, digest=digests, **scope.filter)
    return {(row.subject, row.digest): row for row in found}


def _absorb(row: Claim, other: Claim | None) -> bool:
    """Give `row` the other's times where they reach further; True when the row then says more than the other did."""
    if other is None:
        return True
    first, others = (row.first_at, row.first_source, row.first_field), (other.first_at, other.first_source, other.first_field)
    further = first < others or row.last_at > other.last_at
    row.first_at, row.first_source, row.first_field = min(first, others)
    row.last_at = max(row.last_at, other.last_at)
    return further


async def wake(scope: Scope, changed: Sequence[Claim], held: dict[tuple[str, str], Claim]) -> None:
    """Customers hear of everything said of them; payments only of what can change their buyer or their touches."""
    heard = {row.subject for row in changed if not row.subject.startswith("sub:")}
    heard |= {f"ext:{row.external_id}" for row in changed if row.external_id}
    pointed = await sql.read(Claim, subject=[key for key in heard if key.startswith("cus:")], **scope.filter)
    heard |= {f"ext:{row.external_id}" for row in pointed if row.external_id is not None}
    await dirty_customers(scope, heard)
    waiting = await sql.read(Lookup, key=_reread(changed, held), **scope.filter)
    concerned = await lookups.between(scope, _moved(changed, held))
    await sql.update(Subject, WOKEN, id=concerned | {row.subject_id for row in waiting})


def _reread(changed: Sequence[Claim], held: dict[tuple[str, str], Claim]) -> set[str]:
    """The keys under which payments read these rows, where they read them differently now."""
    keys = set()
    for row in changed:
        before = held.get((row.subject, row.digest))
        if before is not None and _first(before) == _first(row):
            continue  # its last time is of contact alone, which payments do not read
        subscription = row.subject.startswith("sub:")
        if row.click_id or row.external_id or subscription:
            keys.add(row.subject)  # of a subscription's payments, those alone that a release before this one settled
        if subscription and (row.click_id or row.external_id or before is None):
            keys.add(lookups.heard(row.subject))
    return keys


def _moved(changed: Sequence[Claim], held: dict[tuple[str, str], Claim]) -> list[tuple[str, datetime, datetime]]:
    """The subscriptions that were heard of earlier than was known: from when, until when."""
    return [
        (row.subject, row.first_at, before.first_at)
        for row in changed
        if row.subject.startswith("sub:") and (before := held.get((row.subject, row.digest))) and row.first_at < before.first_at
    ]


def _first(row: Claim) -> tuple[datetime, str, str]:
    return row.first_at, row.first_source, row.first_field


async def dirty_customers(scope: Scope, keys: Iterable[str]) -> None:
    """Mark customers to be folded, making those that are new to the books."""
    rows = [
        Subject(id=customer_subject(scope, key), kind=SubjectKind.CUSTOMER, key=bounded(key), dirty=True, **scope.filter)
        for key in sorted(set(keys))
    ]
    await sql.insert(rows, unique=["id"], update=["dirty"])


def customer_subject(scope: Scope, key: str) -> str:
    return scope.id("who", bounded(key))


async def matching(scope: Scope, **where: Any) -> list[Told]:
    """The claims of this scope that meet conditions, as `sql.read` takes them."""
    return [_told(row) for row in await sql.read(Claim, **where, **scope.filter)]


def _told(row: Claim) -> Told:
    data: dict[str, Any] = row.data
    started = data.get("started_at")
    return Told(
        subject=row.subject,
        carrier=Carrier(row.carrier),
        external_id=row.external_id,
        click_id=row.click_id,
        email=data.get("email"),
        name=data.get("name"),
        avatar=data.get("avatar"),
        country=data.get("country"),
        deleted=bool(data.get("deleted")),
        started_at=datetime.fromisoformat(started) if isinstance(started, str) else started,
        first_at=row.first_at,
        first_source=row.first_source,
        first_field=row.first_field,
        last_at=row.last_at,
    )
