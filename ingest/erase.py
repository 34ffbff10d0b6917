"""Erasing a person: out of bodies, claims, rows and explanations, for good; every total stays as it was.

First the person's marks go onto the suppression list, so that nothing more comes in. Then, in one transaction under the settler's own
lease, the evidence is redacted, read again, and folded: who dies in between leaves the ledger as it was, and the same call finishes it.
"""

import logging
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.transactions import in_transaction

from ingest import ids, spool
from ingest.models.evidence import Click, Statement, StripeEvent
from ingest.models.facts import Claim, Lookup, Subject, SubjectKind
from ingest.models.people import Customer
from ingest.models.privacy import Erasure
from ingest.redact import person as people
from ingest.redact import search, suppression, words
from ingest.redact.person import Person
from ingest.redact.search import Found
from ingest.redact.suppression import Guard
from ingest.settle import batch, claims, customers, evidence
from ingest.settle.scope import Scope, wait_for_lease

T = TypeVar("T")
AT_ONCE = 100
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """What was done; the same each time it is asked for."""

    id: str
    """`era_…`: the tombstone in what was redacted, and the entry in the audit."""
    customer_id: str | None
    """The customer's id from now on; None where nothing is left of them."""
    events: int
    statements: int
    clicks: int
    at: datetime
    by: str


async def erase(workspace_id: int, livemode: bool, customer_id: str, *, by: str, folder: Path | None = None) -> Erased:
    """Remove a person from everything but the sums. `by` says who asked, for the audit; `folder` is the spool's.

    Raises:
        NotFound: no such customer, and none was erased under that id.
    """
    scope = Scope(workspace_id, livemode)
    if await suppression.guard(workspace_id, livemode=livemode) is None:
        await people.find(scope, customer_id)  # the list is begun for somebody who is there, and for nobody else
    guard = await suppression.opened(workspace_id, livemode=livemode)
    digest = guard.digest(("customer", customer_id))
    before = await Erasure.filter(customer=digest, **scope.filter).first()
    if before is not None and before.finished_at is not None and not await _is_left(before, customer_id):
        return _erased(before, before.finished_at)
    person = await search.widened(scope, await people.find(scope, customer_id))
    erasure = before or await _begun(scope, digest, by)
    await guard.add(person.marks, erasure)
    found = await search.search(scope, person)
    at = await _redact(scope, guard, erasure, person, found)
    await _empty_log()
    if folder is not None:
        spool.forget(folder, {click.id for click in person.clicks})
    return _erased(erasure, at)


async def _is_left(erasure: Erasure, customer_id: str) -> bool:
    """Whether a release before this one left the row of whom it had erased."""
    return customer_id != erasure.pseudonym and await Customer.exists(id=customer_id)


async def _begun(scope: Scope, digest: str, by: str) -> Erasure:
    row = Erasure(id=ids.made("era"), customer=digest, asked_by=by[:190], asked_at=datetime.now(UTC), **scope.filter)
    await Erasure.bulk_create([row], ignore_conflicts=True)  # two who ask at once finish the same one
    return await Erasure.get(workspace_id=scope.workspace_id, livemode=scope.livemode, customer=digest)


def _erased(row: Erasure, at: datetime) -> Erased:
    return Erased(
        id=row.id, customer_id=row.pseudonym, events=row.events, statements=row.statements, clicks=row.clicks, at=at, by=row.asked_by
    )


async def _redact(scope: Scope, guard: Guard, erasure: Erasure, person: Person, found: Found) -> datetime:
    """Everything that changes, whole or not at all."""
    async with in_transaction() as connection:
        await wait_for_lease(connection, scope)
        await _forget(scope, found.subjects)
        await _events(guard, erasure, person, found)
        await _statements(guard, erasure, person, found)
        await _read_again(scope, found)
        await _unlink(person.clicks)
        await claims.dirty_customers(scope, [key for key in found.subjects if not key.startswith("sub:")])
        while await batch.fold(scope, AT_ONCE, careful=True):
            continue
        await _drop_subjects(scope, person)
        return await _finish(scope, guard, erasure, person, found)


async def _forget(scope: Scope, subjects: Iterable[str]) -> None:
    for some in _portions(sorted(subjects)):
        await Claim.filter(subject__in=some, **scope.filter).delete()


async def _events(guard: Guard, erasure: Erasure, person: Person, found: Found) -> None:
    names = _pseudonyms(guard, person)
    for some in _portions(found.events):
        rows = await StripeEvent.filter(id__in=some)
        for row in rows:
            row.body, row.tombstone = words.raw(words.event(evidence.read(row.body), names)), erasure.id
        await StripeEvent.bulk_update(rows, fields=["body", "tombstone"], batch_size=AT_ONCE)


async def _statements(guard: Guard, erasure: Erasure, person: Person, found: Found) -> None:
    names = _pseudonyms(guard, person)
    for some in _portions(found.statements):
        rows = await Statement.filter(id__in=some)
        for row in rows:
            row.external_id = names.get(row.external_id or "", row.external_id)
            row.body, row.tombstone = words.statement(row.body), erasure.id
        await Statement.bulk_update(rows, fields=["external_id", "body", "tombstone"], batch_size=AT_ONCE)


def _pseudonyms(guard: Guard, person: Person) -> dict[str, str]:
    return suppression.pseudonyms(guard, person.marks)


async def _read_again(scope: Scope, found: Found) -> None:
    """Facts and claims made anew; what had not been read yet is read now."""
    for some in _portions([*found.events, *found.near_events]):
        await _take(scope, await evidence.pieces(scope, await StripeEvent.filter(id__in=some).order_by("id"), []))
    for some in _portions([*found.statements, *found.near_statements]):
        await _take(scope, await evidence.pieces(scope, [], await Statement.filter(id__in=some).order_by("id")))


async def _take(scope: Scope, pieces: Sequence[evidence.Piece]) -> None:
    await batch.store(scope, pieces)
    await evidence.mark(pieces)


async def _unlink(clicks: Sequence[Click]) -> None:
    """Clicks stay, and so do the counts of distinct visitors: each browser and visitor becomes another, of whom nothing is known."""
    browsers = {click.anonymous_id: f"anon_{secrets.token_hex(8)}" for click in clicks if click.anonymous_id}
    visitors = {click.visitor: secrets.token_hex(16) for click in clicks if click.visitor}
    for click in clicks:
        changed = words.click(click.url) | {
            "anonymous_id": browsers.get(click.anonymous_id or ""),
            "visitor": visitors.get(click.visitor or ""),
        }
        click.update_from_dict(changed)
    for some in _portions(clicks):
        await Click.bulk_update(some, fields=list(words.click("")), batch_size=AT_ONCE)


async def _drop_subjects(scope: Scope, person: Person) -> None:
    """The settler's own books name the person by the external id: whose customer is folded away by now."""
    if person.external_id is None:
        return
    key = f"ext:{person.external_id}"
    row = claims.customer_subject(scope, key)
    await Lookup.filter(key=key, **scope.filter).delete()
    await Lookup.filter(subject_id=row).delete()
    await Subject.filter(id=row, kind=SubjectKind.CUSTOMER).delete()


async def _finish(scope: Scope, guard: Guard, erasure: Erasure, person: Person, found: Found) -> datetime:
    if erasure.finished_at is not None:
        return erasure.finished_at
    name = person.external_id
    since = person.customer_id if name is None else customers.customer_id(scope, f"ext:{guard.pseudonym(name)}")
    erasure.pseudonym = since if await Customer.exists(id=since) else None
    erasure.finished_at = datetime.now(UTC)
    erasure.events, erasure.statements, erasure.clicks = len(found.events), len(found.statements), len(person.clicks)
    await erasure.save()
    return erasure.finished_at


async def _empty_log() -> None:
    """SQLite's file takes what was redacted, and the log beside it is emptied: it held pages of before, until somebody needed its place."""
    connection: BaseDBAsyncClient = Customer._meta.db
    if connection.capabilities.dialect == "sqlite":
        [told] = await connection.execute_query_dict("PRAGMA wal_checkpoint(TRUNCATE)")
        if told["busy"]:
            _log.warning("somebody reads the database: what was erased stays in the file beside it until a next checkpoint")


def _portions(items: Sequence[T]) -> list[Sequence[T]]:
    return [items[start : start + AT_ONCE] for start in range(0, len(items), AT_ONCE)]
