"""The evidence that names a person: every event and statement of a workspace is looked at, for no index knows what stands in a body."""

import json
from collections.abc import AsyncIterator, Collection, Iterable
from dataclasses import dataclass, replace

from ingest import bodies
from ingest.models.evidence import Statement, StripeEvent
from ingest.models.facts import Fact
from ingest.models.workspace import Account
from ingest.redact import marks
from ingest.redact.person import Person, payment_marks
from ingest.settle import claims, evidence
from ingest.settle.scope import Scope

AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Rows by number: those that name the person, and those that only speak of the same subscription or customer."""

    events: list[int]
    statements: list[int]
    near_events: list[int]
    near_statements: list[int]
    subjects: frozenset[str]
    """Every key that the evidence makes a claim of: their claims are made anew."""


async def widened(scope: Scope, person: Person) -> Person:
    """The person with every mark of the payments that name them anywhere: a guest's charge may tell a name and no address."""
    events, _ = await _events(scope, person)
    payments: set[str] = set()
    for start in range(0, len(events), AT_ONCE):
        rows = await Fact.filter(event_id__in=events[start : start + AT_ONCE]).only("id", "payment_id")
        payments |= {row.payment_id for row in rows}
    return replace(person, marks=person.marks | await payment_marks(sorted(payments)))


async def search(scope: Scope, person: Person) -> Found:
    """Everything in this workspace and mode that has to be read again once the person is out of it."""
    events, heard = await _events(scope, person)
    said, told = await _said(scope, person)
    others = (heard | told) - person.subjects
    return Found(
        events=events,
        statements=said,
        near_events=await _mentioning(scope, others, set(events)),
        near_statements=await _about(scope, others, set(said)),
        subjects=others | person.subjects,
    )


async def _events(scope: Scope, person: Person) -> tuple[list[int], frozenset[str]]:
    found, subjects = [], set()
    async for row in _rows(scope):
        if person.marks & marks.of_event(bodies.parse(row.body), row.account_id):
            found.append(row.id)
            subjects |= claims.subjects(await evidence.pieces(scope, [row], []))
    return found, frozenset(subjects)


async def _said(scope: Scope, person: Person) -> tuple[list[int], frozenset[str]]:
    account = await Account.get(workspace_id=scope.workspace_id, is_primary=True)
    found = [row async for row in _statements(scope) if row.id in person.statements or person.marks & marks.of_statement(row, account.id)]
    return [row.id for row in found], frozenset(claims.subjects(await evidence.pieces(scope, [], found)))


async def _mentioning(scope: Scope, subjects: Collection[str], but: Collection[int]) -> list[int]:
    """The other events whose bodies mention one of these subjects: more than needed at worst, for what is read again says the same."""
    needles = {needle for subject in subjects for needle in _spellings(subject.split(":")[-1] if subject[:4] != "ext:" else subject[4:])}
    if not needles:
        return []
    return [row.id async for row in _rows(scope) if row.id not in but and any(needle in row.body for needle in needles)]


def _spellings(name: str) -> Iterable[bytes]:
    """A name as JSON may spell it."""
    return name.encode(), json.dumps(name)[1:-1].encode()


async def _about(scope: Scope, subjects: Collection[str], but: Collection[int]) -> list[int]:
    externals = [subject.removeprefix("ext:") for subject in subjects if subject.startswith("ext:")]
    return [row.id for row in await Statement.filter(external_id__in=externals, **scope.filter).only("id") if row.id not in but]


async def _rows(scope: Scope) -> AsyncIterator[StripeEvent]:
    last = 0
    while some := await StripeEvent.filter(id__gt=last, **scope.filter).order_by("id").limit(AT_ONCE):
        for row in some:
            yield row
        last = some[-1].id


async def _statements(scope: Scope) -> AsyncIterator[Statement]:
    last = 0
    while some := await Statement.filter(id__gt=last, **scope.filter).order_by("id").limit(AT_ONCE):
        for row in some:
            yield row
        last = some[-1].id
