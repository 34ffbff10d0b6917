"""The inbox: Stripe's events as they were signed, stored before anybody reads them.

One statement each; a second time changes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.functions import Count
from tortoise.transactions import in_transaction

from ingest.errors import Invalid, NotFound
from ingest.models.evidence import EventState, QuarantinedEvent, StripeEvent
from ingest.models.privacy import ErasureKey
from ingest.models.workspace import Account
from ingest.redact import suppression

GROUP = 64
"""Events of one INSERT; a body may have megabytes."""
_FIRST, _LAST = 0, 253_402_300_799  # 1970 to 9999: what both databases and datetime hold
ACCOUNT_LETTERS = 45
"""Twice what Stripe's names of accounts have; the quarantine's column has room for a workspace's number behind it."""


class Outcome(Enum):
    """What became of an event that was handed in."""

    RECORDED = "recorded"
    DUPLICATE = "duplicate"  # it is here already; nothing changed
    QUARANTINED = "quarantined"  # of an account that no workspace owns; kept until one claims it


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What an event says of itself, whatever it is about."""

    event_id: str
    type: str
    livemode: bool
    created_at: datetime
    api_version: str
    """Empty where it says none."""
    account: str | None
    """`acct_…` of an event that came through Connect."""


def envelope(event: Any) -> Envelope:
    """The envelope of a parsed event.

    Raises:
        Invalid: it is not an event with an object, or a field of it cannot be what Stripe says it is.
    """
    if not isinstance(event, dict):
        raise Invalid("body", "NOT_AN_EVENT", "must be one event, an object")
    if event.get("object") != "event":
        thin = event.get("object") == "v2.core.event"
        said = "is a thin event, which holds no object; choose snapshot events for this endpoint" if thin else "must be `event`"
        raise Invalid("object", "THIN_EVENT" if thin else "NOT_AN_EVENT", said)
    livemode, data = event.get("livemode"), event.get("data")
    if not isinstance(livemode, bool):
        raise Invalid("livemode", "INVALID", "must be true or false")
    if not isinstance(data, dict) or not isinstance(data.get("object"), dict):
        raise Invalid("data", "INVALID", "must hold an object")
    return Envelope(
        event_id=_named(event, "id", 255),
        type=_named(event, "type", 255),
        livemode=livemode,
        created_at=_moment(event.get("created")),
        api_version=_named(event, "api_version", 64) if event.get("api_version") is not None else "",
        account=_named(event, "account", ACCOUNT_LETTERS) if event.get("account") is not None else None,
    )


def _named(event: dict[str, Any], field: str, length: int) -> str:
    value = event.get(field)
    if not isinstance(value, str) or not 1 <= len(value) <= length or not value.isascii() or not value.isprintable():
        raise Invalid(field, "INVALID", f"must be 1 to {length} printable ASCII characters")
    return value


def _moment(created: Any) -> datetime:
    if type(created) is not int or not _FIRST <= created <= _LAST:
        raise Invalid("created", "INVALID", "must be whole seconds since 1970")
    return datetime.fromtimestamp(created, UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """An event that is handed in for an account that is known."""

    body: bytes
    said: Envelope
    workspace_id: int
    account_id: int
    source: str = "webhook"

    @property
    def key(self) -> tuple[int, bool, str, str]:
        """What makes it one event."""
        return self.account_id, self.said.livemode, self.said.event_id, self.said.api_version


_COLUMNS = {
    "workspace_id": "int", "account_id": "int", "livemode": "bool", "event_id": "text", "api_version": "text", "type": "text",
    "created_at": "timestamptz", "received_at": "timestamptz", "source": "text", "body": "bytea", "tombstone": "text",
}  # fmt: skip
_KEY = ("account_id", "livemode", "event_id", "api_version")
_STORE = (
    f"INSERT INTO stripe_event ({', '.join(_COLUMNS)}, state, attempts, parser_version)"  # noqa: S608  # names of ours
    f" SELECT {', '.join(_COLUMNS)}, 'stored', 0, 0 FROM {{rows}}"
    " WHERE {trusted} OR NOT EXISTS (SELECT 1 FROM erasure_key k WHERE k.workspace_id = v.workspace_id)"
    f" ON CONFLICT ({', '.join(_KEY)}) DO NOTHING RETURNING {', '.join(_KEY)}"
)
"""Events that nobody looked through for the erased, unless `trusted`, go in only where nobody was ever erased."""
_QUARANTINE = (
    "INSERT INTO quarantined_event (stripe_account, livemode, event_id, api_version, type, created_at, received_at, body)"
    " VALUES ({0}, {1}, {2}, {3}, {4}, {5}, {6}, {7})"
    " ON CONFLICT (stripe_account, livemode, event_id, api_version) DO NOTHING RETURNING id"
)
_RELEASE = (
    "INSERT INTO stripe_event (workspace_id, account_id, livemode, event_id, api_version, type, created_at, received_at, source, body,"
    " state, attempts, parser_version)"
    " SELECT account.workspace_id, account.id, q.livemode, q.event_id, q.api_version, q.type, q.created_at, q.received_at, 'webhook',"
    " q.body, 'stored', 0, 0 FROM quarantined_event q JOIN account ON account.stripe_account = {0}"
    " WHERE q.stripe_account IN ({0}, {1}) ORDER BY q.id"
    " ON CONFLICT (account_id, livemode, event_id, api_version) DO NOTHING RETURNING id"
)

_EMPTY = (
    "DELETE FROM quarantined_event WHERE stripe_account IN ({0}, {1}) AND EXISTS (SELECT 1 FROM account JOIN stripe_event e"
    " ON e.account_id = account.id AND e.livemode = quarantined_event.livemode AND e.event_id = quarantined_event.event_id"
    " AND e.api_version = quarantined_event.api_version WHERE account.stripe_account = {0})"
)
"""What is in an inbox, and nothing else: on PostgreSQL an event may have come since the statement before this one looked."""


async def store(body: bytes, said: Envelope, *, workspace_id: int, account_id: int, source: str = "webhook") -> Outcome:
    """Keep an event for an account that is known, without the people who were erased. When this returns, it is committed."""
    [outcome] = await store_all([Incoming(body=body, said=said, workspace_id=workspace_id, account_id=account_id, source=source)])
    return outcome


async def store_all(events: Sequence[Incoming]) -> list[Outcome]:
    """The same for several, at most GROUP of them, in one transaction; those of a workspace that erased somebody, one by one after it."""
    new = await _insert_events([(each, each.body, None) for each in events], trusted=False)
    outcomes = [_outcome(each, new) for each in events]
    missing = {each.workspace_id for each, outcome in zip(events, outcomes, strict=True) if outcome is Outcome.DUPLICATE}
    guarded = {key.workspace_id for key in await ErasureKey.filter(workspace_id__in=list(missing))} if missing else set()
    return [await _store_guarded(each) if each.workspace_id in guarded else outcome for each, outcome in zip(events, outcomes, strict=True)]


async def _store_guarded(event: Incoming) -> Outcome:
    guarding = await suppression.guard(event.workspace_id, livemode=event.said.livemode)
    body, tombstone = await suppression.of_event(guarding, event.body, event.account_id)
    return _outcome(event, await _insert_events([(event, body, tombstone)], trusted=True))


def _outcome(event: Incoming, new: set[tuple[int, bool, str, str]]) -> Outcome:
    """The first of several equal ones is the one that was recorded."""
    if event.key not in new:
        return Outcome.DUPLICATE
    new.remove(event.key)
    return Outcome.RECORDED


async def _insert_events(kept: Sequence[tuple[Incoming, bytes, str | None]], *, trusted: bool) -> set[tuple[int, bool, str, str]]:
    """The keys of those that were new."""
    now = datetime.now(UTC)
    in_order = sorted(kept, key=lambda each: each[0].key)  # as every writer does: else two who bring the same would wait for each other
    rows = [_row(each, body, tombstone, now) for each, body, tombstone in in_order]
    connection: BaseDBAsyncClient = StripeEvent._meta.db
    if connection.capabilities.dialect == "sqlite":
        one = f"({', '.join('?' * len(_COLUMNS))})"
        named = ", ".join(f"column{place} AS {name}" for place, name in enumerate(_COLUMNS, start=1))
        table = f"(SELECT {named} FROM (VALUES {', '.join([one] * len(rows))})) v"  # noqa: S608  # names of ours
        values: list[Any] = [value for row in rows for value in row]
    else:
        arrays = ", ".join(f"${place}::{kind}[]" for place, kind in enumerate(_COLUMNS.values(), start=1))
        table, values = f"unnest({arrays}) AS v({', '.join(_COLUMNS)})", list(zip(*rows, strict=True))
    new = await _inserted(_STORE.format(rows=table, trusted=str(trusted).lower()), values)
    return {(row["account_id"], bool(row["livemode"]), row["event_id"], row["api_version"]) for row in new}


def _row(event: Incoming, body: bytes, tombstone: str | None, now: datetime) -> tuple[Any, ...]:
    said = event.said
    named = (event.workspace_id, event.account_id, said.livemode, said.event_id, said.api_version, said.type, said.created_at)
    return (*named, now, event.source, body, tombstone)


def waiting_name(stripe_account: str, brought_by: int | None) -> str:
    """How the quarantine names an account: what a workspace's own endpoint brought is for that workspace alone, whoever claims the account.

    Whoever has a secret can sign an event of any account; no account's name holds an `@`.
    """
    return stripe_account if brought_by is None else f"{stripe_account}@{brought_by}"


async def quarantine(body: bytes, said: Envelope, *, stripe_account: str, brought_by: int | None = None) -> Outcome:
    """Keep an event for an account that nobody owns yet. `brought_by` is the workspace whose own endpoint it came to, if to any's."""
    values = [waiting_name(stripe_account, brought_by), said.livemode, said.event_id, said.api_version, said.type, said.created_at]
    await _insert(_QUARANTINE, [*values, datetime.now(UTC), body])
    return Outcome.QUARANTINED


async def release(stripe_account: str) -> int:
    """Move what waited for an account into its workspace's inbox; how many events were new there. Without an owner, nothing moves."""
    owner = await Account.get_or_none(stripe_account=stripe_account)
    if owner is None:
        return 0
    names = [stripe_account, waiting_name(stripe_account, owner.workspace_id)]
    async with in_transaction() as connection:
        moved = await _insert(_RELEASE, names, connection)
        await connection.execute_query(_numbered(_EMPTY, connection), names)
    return moved


async def owned() -> list[str]:
    """The accounts that somebody claimed and for which events still wait: a claim died before it let them in."""
    waiting = {name.partition("@")[0] for name in await quarantined()}
    return [str(account.stripe_account) for account in await Account.filter(stripe_account__in=list(waiting)).order_by("id")]


async def quarantined() -> dict[str, int]:
    """The accounts for which events wait, as `waiting_name` names them, and how many."""
    counted = (
        await QuarantinedEvent.annotate(count=Count("id"))
        .group_by("stripe_account")
        .order_by("stripe_account")
        .values_list("stripe_account", "count")
    )
    return {str(name): int(str(count)) for name, count in counted}


async def replay(workspace_id: int, event_pk: int, *, livemode: bool | None = None) -> None:
    """Have the settler read an event again, as if it had just come. `settled_at` stays: it says that its former facts must go first.

    Raises:
        NotFound: no such event here.
    """
    mode: dict[str, Any] = {} if livemode is None else {"livemode": livemode}
    changed = await StripeEvent.filter(id=event_pk, workspace_id=workspace_id, **mode).update(
        state=EventState.STORED, reason=None, error=None, attempts=0, next_try_at=None
    )
    if not changed:
        raise NotFound("event", str(event_pk))


async def waiting() -> tuple[int, timedelta]:
    """How many events wait for the settler, and for how long the oldest has."""
    count = await StripeEvent.filter(state=EventState.STORED).count()
    first = await StripeEvent.filter(state=EventState.STORED).order_by("received_at").first()
    return count, timedelta(0) if first is None else datetime.now(UTC) - first.received_at


async def _insert(statement: str, values: list[Any], connection: BaseDBAsyncClient | None = None) -> int:
    """How many rows were new. Read from RETURNING: on PostgreSQL the count that Tortoise gives of an INSERT is always 0."""
    connection = connection or QuarantinedEvent._meta.db
    return len(await _inserted(_numbered(statement, connection), values, connection))


async def _inserted(statement: str, values: list[Any], connection: BaseDBAsyncClient | None = None) -> list[dict[str, Any]]:
    return await (connection or StripeEvent._meta.db).execute_query_dict(statement, values)


def _numbered(statement: str, connection: BaseDBAsyncClient) -> str:
    sign = "?" if connection.capabilities.dialect == "sqlite" else "$"
    return statement.format(*(f"{sign}{number}" for number in range(1, 12)))
