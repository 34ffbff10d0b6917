"""Which keys a subject looked up: what wakes it. And what to look for again because it was not there."""

from tortoise.transactions import in_transaction

from ingest.models.facts import Lookup, Subject
from ingest.settle.scope import Scope, bounded

_ARRIVED = """
SELECT l.id, l.subject_id FROM lookup l JOIN click c ON c.id = substr(l.key, 7) AND c.bot = false
WHERE l.awaited = true AND l.key LIKE 'click:%' AND l.workspace_id = {workspace} AND l.livemode = {livemode}
"""


async def replace(scope: Scope, wanted: dict[str, dict[str, bool]]) -> None:
    """Make the look-ups of these subjects exactly these: subject -> key -> whether it is awaited. Only what differs is written."""
    if not wanted:
        return
    held = {(row.subject_id, row.key): row for row in await Lookup.filter(subject_id__in=list(wanted))}
    right = {(subject, bounded(key)): awaited for subject, keys in wanted.items() for key, awaited in keys.items()}
    stale = [row.id for at, row in held.items() if right.get(at) != row.awaited]
    if stale:
        await Lookup.filter(id__in=stale).delete()
    fresh = [at for at, awaited in right.items() if at not in held or held[at].awaited != awaited]
    await Lookup.bulk_create([Lookup(subject_id=subject, key=key, awaited=right[subject, key], **scope.filter) for subject, key in fresh])


async def wake_for_clicks(scope: Scope) -> None:
    """Mark as dirty whoever waited for a click that has since arrived: once, whatever comes of the folding."""
    async with in_transaction() as connection:
        query = _ARRIVED.format(workspace=int(scope.workspace_id), livemode=str(bool(scope.livemode)).lower())
        found = await connection.execute_query_dict(query)
    if found:
        await Subject.filter(id__in=list({row["subject_id"] for row in found})).update(dirty=True, next_try_at=None)
        await Lookup.filter(id__in=[row["id"] for row in found]).update(awaited=False)


async def wake_for_rates() -> int:
    """Mark as dirty, in every workspace, the payments that wait for a rate. Called by whoever stores rates; returns how many."""
    waiting = await Lookup.filter(awaited=True, key__startswith="rate:").values_list("subject_id", flat=True)
    if waiting:
        await Subject.filter(id__in=list(set(waiting))).update(dirty=True, next_try_at=None)
    return len(set(waiting))
