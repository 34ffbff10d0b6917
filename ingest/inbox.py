"""The inbox: Stripe's events as they were signed, stored before anybody reads them.

One statement each; a second time changes nothing.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.functions import Count
from tortoise.transactions import in_transaction

from ingest.errors import Invalid, NotFound
from ingest.models.evidence import EventState, QuarantinedEvent, StripeEvent
from ingest.redact import suppression

_FIRST, _LAST = 0, 253_402_300_799  # 1970 to 9999: what both databases and datetime hold


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
        account=_named(event, "account", 64) if event.get("account") is not None else None,
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


_STORE = (
    "INSERT INTO stripe_event (workspace_id, account_id, livemode, event_id, api_version, type, created_at, received_at, source, body,"
    " tombstone, state, attempts, parser_version)"
    " VALUES ({0}, {1}, {2}, {3}, {4}, {5}, {6}, {7}, {8}, {9}, {10}, 'stored', 0, 0)"
    " ON CONFLICT (account_id, livemode, event_id, api_version) DO NOTHING RETURNING id"
)
_QUARANTINE = (
    "INSERT INTO quarantined_event (stripe_account, livemode, event_id, api_version, type, created_at, received_at, body)"
    " VALUES ({0}, {1}, {2}, {3}, {4}, {5}, {6}, {7})"
    " ON CONFLICT (stripe_account, livemode, event_id, api_version) DO NOTHING RETURNING id"
)
_RELEASE = (
    "INSERT INTO stripe_event (workspace_id, account_id, livemode, event_id, api_version, type, created_at, received_at, source, body,"
    " state, attempts, parser_version)"
    " SELECT account.workspace_id, account.id, q.livemode, q.event_id, q.api_version, q.type, q.created_at, q.received_at, 'webhook',"
    " q.body, 'stored', 0, 0 FROM quarantined_event q JOIN account ON account.stripe_account = q.stripe_account"
    " WHERE q.stripe_account = {0} ORDER BY q.id"
    " ON CONFLICT (account_id, livemode, event_id, api_version) DO NOTHING RETURNING id"
)

_EMPTY = (
    "DELETE FROM quarantined_event WHERE stripe_account = {0}"
    " AND EXISTS (SELECT 1 FROM account WHERE account.stripe_account = quarantined_event.stripe_account)"
)


async def store(body: bytes, said: Envelope, *, workspace_id: int, account_id: int, source: str = "webhook") -> Outcome:
    """Keep an event for an account that is known, without the people who were erased. When this returns, it is committed."""
    guarding = await suppression.guard(workspace_id, livemode=said.livemode)
    body, tombstone = await suppression.of_event(guarding, body, account_id)
    values = [workspace_id, account_id, said.livemode, said.event_id, said.api_version, said.type, said.created_at]
    stored = await _insert(_STORE, [*values, datetime.now(UTC), source, body, tombstone])
    return Outcome.RECORDED if stored else Outcome.DUPLICATE


async def quarantine(body: bytes, said: Envelope, *, stripe_account: str) -> Outcome:
    """Keep an event for an account that nobody owns yet; one that is owned by the time it is stored goes on at once."""
    values = [stripe_account, said.livemode, said.event_id, said.api_version, said.type, said.created_at]
    await _insert(_QUARANTINE, [*values, datetime.now(UTC), body])
    return Outcome.QUARANTINED


async def release(stripe_account: str) -> int:
    """Move what waited for an account into its workspace's inbox; how many events were new there. Without an owner, nothing moves."""
    async with in_transaction() as connection:
        moved = await _insert(_RELEASE, [stripe_account], connection)
        await connection.execute_query(_numbered(_EMPTY, connection), [stripe_account])
    return moved


async def quarantined() -> dict[str, int]:
    """The accounts of nobody, and how many events wait for each."""
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
    """Rows that were new. Read from RETURNING: on PostgreSQL the count that Tortoise gives of an INSERT is always 0."""
    connection = connection or QuarantinedEvent._meta.db
    return len(await connection.execute_query_dict(_numbered(statement, connection), values))


def _numbered(statement: str, connection: BaseDBAsyncClient) -> str:
    sign = "?" if connection.capabilities.dialect == "sqlite" else "$"
    return statement.format(*(f"{sign}{number}" for number in range(1, 12)))
