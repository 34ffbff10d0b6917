"""Customers and their leads: folds of claims and of the leads that sites reported, written as rows."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from ingest import facts, sql
from ingest.credit.decide import CLICK_ID
from ingest.fold import leads, person
from ingest.fold.leads import Step, Tracked
from ingest.fold.person import Profile, Told
from ingest.models.evidence import Click, Statement, StatementKind
from ingest.models.ledger import Sale
from ingest.models.people import Customer, Lead, StripeCustomer
from ingest.rollups import deltas
from ingest.settle import claims, lookups
from ingest.settle.scope import Scope

_PROFILE = ["external_id", "email", "email_key", "name", "avatar", "country", "stripe_customers", "first_seen_at", "deleted_at"]
_LEAD = ["customer_id", "click_id", "link_id", "event_name", "quantity", "metadata", "source", "at"]
_FOREVER = datetime.max.replace(tzinfo=UTC)


async def settle(scope: Scope, keys: Iterable[str]) -> set[str]:
    """Write the customers of these keys, their leads and what their Stripe customers point to.

    Returns the keys that name no customer (any more): `clean` takes their rows away once no sale points to them.
    """
    wanted = sorted(set(keys))
    if not wanted:
        return set()
    told = await _about(scope, wanted)
    if targets := {_target(key, told) for key in wanted if key.startswith("cus:")} - set(wanted):
        wanted = sorted([*wanted, *targets])
        told = await _about(scope, wanted)
    profiles = {key: found for key in wanted if (found := person.profile(key, told[key]))}
    await sql.insert([_customer(scope, key, found) for key, found in profiles.items()], unique=["id"], update=_PROFILE)
    await _write_stripe_customers(scope, wanted, told)
    tracked = await _tracked(scope, profiles)
    await write_leads(scope, {key: (customer_id(scope, key), leads.steps(tracked.get(key, ()), told[key])) for key in profiles})
    return {key for key in wanted if key not in profiles}


def customer_id(scope: Scope, key: str) -> str:
    return scope.id("cust", key)


async def _about(scope: Scope, keys: Sequence[str]) -> dict[str, list[Told]]:
    """For each key the claims that may speak of it: its own, those that name its external id, and their Stripe customers'."""
    externals = [key.removeprefix("ext:") for key in keys if key.startswith("ext:")]
    rows = await claims.matching(scope, subject=keys)
    rows += await claims.matching(scope, external_id=externals)
    pointing = {row.subject for row in rows if row.subject.startswith("cus:")} - set(keys)
    rows += await claims.matching(scope, subject=pointing)
    return _relevant(keys, list(dict.fromkeys(rows)))


def _relevant(keys: Iterable[str], rows: Sequence[Told]) -> dict[str, list[Told]]:
    named: dict[str, set[str]] = {}
    """The external ids, as keys, that each Stripe customer was ever said to be: all that is said of it speaks of them, too."""
    for row in rows:
        if row.external_id and row.subject.startswith("cus:"):
            named.setdefault(row.subject, set()).add(f"ext:{row.external_id}")
    told: dict[str, list[Told]] = {key: [] for key in keys}
    for row in rows:
        own = {f"ext:{row.external_id}"} if row.external_id else set()
        for key in {row.subject} | own | named.get(row.subject, set()):
            if key in told:
                told[key].append(row)
    return told


def _target(key: str, told: dict[str, list[Told]]) -> str:
    """The key of the customer that a Stripe customer points to now."""
    now = person.external_at(person.pointing(told[key]), _FOREVER)
    return f"ext:{now.external_id}" if now else key


def _customer(scope: Scope, key: str, found: Profile) -> Customer:
    return Customer(
        id=customer_id(scope, key),
        external_id=found.external_id,
        email=found.email,
        email_key=found.email.lower()[:320] if found.email else None,
        name=found.name,
        avatar=found.avatar,
        country=found.country,
        stripe_customers=list(found.stripe_customers),
        first_seen_at=found.first_seen_at,
        deleted_at=found.deleted_at,
        payment_id=None,
        **scope.filter,
    )


async def _write_stripe_customers(scope: Scope, keys: Sequence[str], told: dict[str, list[Told]]) -> None:
    rows = []
    for key in keys:
        if key.startswith("cus:"):
            _, account, stripe_id = key.split(":", 2)
            rows.append(
                StripeCustomer(
                    id=scope.id("scus", account, stripe_id),
                    account_id=int(account),
                    stripe_id=stripe_id,
                    customer_id=customer_id(scope, _target(key, told)),
                    **scope.filter,
                )
            )
    await sql.insert(rows, unique=["id"], update=["customer_id"])


async def _tracked(scope: Scope, keys: Iterable[str]) -> dict[str, list[Tracked]]:
    externals = [key.removeprefix("ext:") for key in keys if key.startswith("ext:")]
    found: dict[str, list[Tracked]] = {}
    for row in await sql.read(Statement, kind=StatementKind.LEAD, external_id=externals, **scope.filter):
        found.setdefault(f"ext:{row.external_id}", []).append(_lead(row))
    return found


def _lead(row: Statement) -> Tracked:
    body: dict[str, Any] = row.body
    return Tracked(
        uid=row.uid,
        event_name=body["eventName"],
        quantity=body.get("eventQuantity") or 1,
        click_id=body.get("clickId") or None,
        metadata=body.get("metadata") or {},
        deferred=body.get("mode") == "deferred",
        said_at=row.said_at,
    )


async def write_leads(scope: Scope, wanted: dict[str, tuple[str, tuple[Step, ...]]]) -> None:
    """Make the leads of these customers (key -> (customer id, steps)) what they should be; wait for clicks that are not there yet."""
    if not wanted:
        return
    clicks = await known_clicks({click for _, steps in wanted.values() for step in steps for click in step.clicks})
    rows = {row.id: row for _, (customer, steps) in wanted.items() for row in (_row(scope, customer, step, clicks) for step in steps)}
    held = {row.id: row for row in await sql.read(Lead, customer_id=[customer for customer, _ in wanted.values()], **scope.filter)}
    stale = [lead_id for lead_id in held if lead_id not in rows]
    await sql.delete(Lead, id=stale)
    different = [
        row for row in rows.values() if row.id not in held or any(getattr(row, name) != getattr(held[row.id], name) for name in _LEAD)
    ]
    await sql.insert(different, unique=["id"], update=_LEAD)
    gone = [held[lead_id] for lead_id in stale] + [held[row.id] for row in different if row.id in held]
    await deltas.append(scope, map(deltas.of_lead, gone), map(deltas.of_lead, different))
    await _await_clicks(scope, wanted, clicks)


async def known_clicks(stated: Iterable[str]) -> dict[str, Click]:
    """The clicks with these ids, of any workspace: one of another is there and is nobody's here. Bots left out: no lead came from one."""
    formed = [click_id for click_id in stated if CLICK_ID.fullmatch(click_id)]
    found = await sql.read(Click, ("id", "workspace_id", "link_id", "clicked_at"), id=formed, bot=False)
    return {click.id: click for click in found}


def _row(scope: Scope, customer: str, step: Step, clicks: dict[str, Click]) -> Lead:
    ours = (clicks[click_id] for click_id in step.clicks if click_id in clicks and clicks[click_id].workspace_id == scope.workspace_id)
    click = next(ours, None)
    return Lead(
        id=scope.id("lead", customer, step.key),
        customer_id=customer,
        click_id=click.id if click else None,
        link_id=click.link_id if click else None,
        event_name=step.event_name,
        quantity=step.quantity,
        metadata=step.metadata,
        source=step.source,
        at=step.at,
        **scope.filter,
    )


async def _await_clicks(scope: Scope, wanted: dict[str, tuple[str, tuple[Step, ...]]], clicks: dict[str, Click]) -> None:
    missing = {
        claims.customer_subject(scope, key): {
            f"click:{click}": True for step in steps for click in step.clicks if click not in clicks and CLICK_ID.fullmatch(click)
        }
        for key, (_, steps) in wanted.items()
        if key.startswith(("ext:", "cus:"))
    }
    await lookups.replace(scope, missing)


async def clean(scope: Scope, keys: Iterable[str]) -> set[str]:
    """Delete the rows of customers that are none, and return the keys of those that a sale still points to."""
    rows = {customer_id(scope, key): key for key in keys}
    if not rows:
        return set()
    kept = {sale.customer_id for sale in await sql.read(Sale, ("customer_id",), customer_id=list(rows), **scope.filter)}
    gone = [row for row in rows if row not in kept]
    await drop_leads(scope, gone)
    await sql.delete(Customer, id=gone)
    return {rows[row] for row in kept}


async def drop_leads(scope: Scope, customer_ids: Sequence[str]) -> None:
    """Delete the leads of these customers."""
    held = await sql.read(Lead, customer_id=customer_ids, **scope.filter)
    if held:
        await sql.delete(Lead, id=[lead.id for lead in held])
        await deltas.append(scope, map(deltas.of_lead, held), ())


def guest_lead(payment_completed_at: datetime, clicks: Sequence[str]) -> Step:
    """The lead of a guest who finished a Checkout."""
    return Step(
        key=leads.CHECKOUT,
        event_name=leads.CHECKOUT,
        quantity=1,
        metadata={},
        source="stripe",
        clicks=tuple(dict.fromkeys(clicks)),
        at=payment_completed_at,
    )


def guest(scope: Scope, key: str, payment_id: str, contact: facts.Contact, first_seen_at: datetime) -> Customer:
    """The row of a buyer who is known from one payment alone."""
    alone = Profile(
        external_id=None,
        email=contact.email,
        name=contact.name,
        avatar=None,
        country=contact.country,
        stripe_customers=(),
        first_seen_at=first_seen_at,
        deleted_at=None,
    )
    row = _customer(scope, key, alone)
    row.payment_id = payment_id
    return row
