"""Which keys a subject looked up: what wakes it. And what to look for again because it was not there.

Most click ids that are not there never will be: a site that comes here from another product names one with each old payment. Ours carry
their time, and a click is committed within moments of it; so an id is looked for often while its time is near, and thoroughly, with all the
others, only when a click may have come late.
"""

import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.expressions import Q
from tortoise.transactions import in_transaction

from ingest import ids, sql
from ingest.models.evidence import Rate
from ingest.models.facts import WOKEN, Lookup, Subject
from ingest.models.workspace import Workspace
from ingest.quotes import SOURCES, Source
from ingest.settle.scope import Scope, bounded, wait_for_lease

BACK, AHEAD = timedelta(days=2), timedelta(hours=1)
"""How far from this hour the time of an id may be where the look is not thorough: a repeat has the id of its hour's beginning, clocks of
machines differ, and clicks that were spooled for a night are found by any process."""
_HOUR_S = 3_600
AT_ONCE = 500
"""Payments that one statement wakes for a rate."""
_RANGES = 50
"""Of one statement, each a look into an index."""
_LETTERS = 3
"""Of an id, in the index `lookup_awaited_click`: few enough that the times near now are a handful of beginnings. An id of another maker has
one of them once in some 25,000 times."""
_ALL = "lookup l JOIN click c ON c.id = substr(l.key, 7) AND c.bot = false WHERE l.awaited = true AND l.key LIKE 'click:%'"
_NEAR = """lookup l WHERE l.awaited = true AND substr(l.key, 1, {length}) IN ({beginnings})
AND (SELECT c.bot FROM click c WHERE c.id = substr(l.key, 7)) = false"""
"""No join: PostgreSQL has no statistics of a partial index, takes these few for thousands, and would read all clicks to join them."""


def heard(subject: str) -> str:
    """The key of what is said of a subscription: click ids, customer ids, its start. When it was first heard of is none of that."""
    return f"heard:{bounded(subject, 360)}"


def won(subject: str, moment: datetime) -> str:
    """The key of who would be credited otherwise if this subscription had been won before that moment. Keys sort as their moments do."""
    return f"won:{bounded(subject, 360)}@{moment.astimezone(UTC).isoformat(timespec='microseconds')}"


async def between(scope: Scope, moved: Iterable[tuple[str, datetime, datetime]]) -> set[str]:
    """Whom it concerns that the first that was heard of these subscriptions is earlier now: (subject, since, until)."""
    passed = [Q(key__gte=won(subject, since), key__lte=won(subject, until)) for subject, since, until in moved]
    found: set[str] = set()
    for start in range(0, len(passed), _RANGES):
        rows = Lookup.filter(Q(*passed[start : start + _RANGES], join_type=Q.OR), **scope.filter)
        found |= {str(name) for name in await rows.values_list("subject_id", flat=True)}
    return found


async def replace(scope: Scope, wanted: dict[str, dict[str, bool]]) -> None:
    """Make the look-ups of these subjects exactly these: subject -> key -> whether it is awaited. Only what differs is written."""
    held = {(row.subject_id, row.key): row for row in await sql.read(Lookup, subject_id=list(wanted))}
    right = {(subject, bounded(key)): awaited for subject, keys in wanted.items() for key, awaited in keys.items()}
    await sql.delete(Lookup, id=[row.id for at, row in held.items() if right.get(at) != row.awaited])
    fresh = [at for at, awaited in right.items() if at not in held or held[at].awaited != awaited]
    await sql.insert([Lookup(subject_id=subject, key=key, awaited=right[subject, key], **scope.filter) for subject, key in fresh])


def arrived(*, thorough: bool) -> str:
    """SQL for `FROM`: the look-ups `l` that await a click which is there by now; all of them, or those of ids whose time is near."""
    return _ALL if thorough else _near(int(time.time()) // _HOUR_S)


@lru_cache(maxsize=1)
def _near(hour: int) -> str:
    near = ids.click_beginnings(hour * _HOUR_S - BACK.total_seconds(), (hour + 1) * _HOUR_S + AHEAD.total_seconds(), _LETTERS)
    return _NEAR.format(length=len("click:") + _LETTERS, beginnings=", ".join(f"'click:{letters}'" for letters in near))


async def wake_for_clicks(scope: Scope, *, thorough: bool) -> None:
    """Mark as dirty whoever waited for a click that has since arrived: once, whatever comes of the folding.

    Only under the lease. A fold that is under way may have looked before the click was there, and ends by making its subject clean: a wake
    that came meanwhile would be undone, and its look-up no longer awaited.
    """
    mine = f"l.workspace_id = {int(scope.workspace_id)} AND l.livemode = {str(bool(scope.livemode)).lower()}"
    connection: BaseDBAsyncClient = Lookup._meta.db
    found = await connection.execute_query_dict(f"SELECT l.id, l.subject_id FROM {arrived(thorough=thorough)} AND {mine}")  # noqa: S608  # texts and numbers of ours
    await sql.update(Subject, WOKEN, id={row["subject_id"] for row in found})
    await sql.update(Lookup, {"awaited": False}, id=[row["id"] for row in found])


async def wake_for_rates() -> int:
    """Mark as dirty, in every workspace, the payments that wait for a rate. Called by whoever stores rates; returns how many.

    Some at a time, each time in a transaction of its own: whoever dies half way wakes all of them again when it starts. Who waits for a
    currency that its source has never had sleeps on: nothing that the source publishes of others helps.
    """
    quoted = {source.name: await _quoted(source) for source in SOURCES.values()}
    woken = 0
    for workspace in await Workspace.all().order_by("id"):
        for livemode in (False, True):
            scope = Scope(workspace.id, livemode)
            await _pass_a_settler(scope)
            woken += await _wake(scope, quoted.get(workspace.fx_source, []))
    return woken


async def _quoted(source: Source) -> list[str]:
    """The keys of its currencies. Each is looked for as it is, and no range of keys: in many a PostgreSQL `;` sorts before `:`."""
    found = await Rate.filter(source=source.name).distinct().values_list("currency", flat=True)
    return sorted(f"rate:{source.name}:{currency}" for currency in {source.base, *found})


async def _pass_a_settler(scope: Scope) -> None:
    """Wait for a batch that is under way: it may have looked for the rate before that was there, and its look-ups are not committed yet."""
    async with in_transaction() as connection:
        await wait_for_lease(connection, scope)


async def _wake(scope: Scope, keys: Sequence[str]) -> int:
    """Who waits for one of these, AT_ONCE at a time along the ids of look-ups."""
    woken, last = 0, 0
    while keys and (rows := await Lookup.filter(awaited=True, key__in=keys, id__gt=last, **scope.filter).order_by("id").limit(AT_ONCE)):
        await sql.update(Subject, WOKEN, id=[row.subject_id for row in rows])
        woken, last = woken + len(rows), rows[-1].id
    return woken
