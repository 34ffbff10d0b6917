"""Asking Stripe what no event told: which session or invoice a payment belongs to, since the basil version says neither.

A question is asked outside of any transaction, a while after the payment turned up alone, because the event that links it is mostly on
its way. The answer is kept as evidence, and what was answered is never asked again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from ingest.backfill import intake, lists
from ingest.backfill.intake import Owner
from ingest.backfill.lists import Source
from ingest.models.facts import PaymentKey
from ingest.models.privacy import Enquiry
from ingest.settle.evidence import wait
from ingest.stripe.client import Api, Json
from ingest.stripe.errors import Gone, KeyRefused, StripeRefused, TryLater

GRACE = timedelta(minutes=2)
"""How long a payment may stand alone before Stripe is asked."""
AT_ONCE = 100
PAUSE_SECONDS = 0.1
"""Between two questions: a tenth of what Stripe allows. Source: https://docs.stripe.com/rate-limits"""
_SESSION, _INVOICE_PAYMENT, _CHARGE = (lists.OBJECTS[lists.BY_OBJECT[name]] for name in ("checkout.session", "invoice_payment", "charge"))


async def _one_charge(api: Api, name: str) -> list[Json]:
    return [await api.charge(name)]


ASKED: Mapping[str, tuple[Source, Callable[[Api, str], Awaitable[list[Json]]]]] = {
    "sessions": (_SESSION, lambda api, name: api.sessions_of(name)),
    "payments": (_INVOICE_PAYMENT, lambda api, name: api.invoice_payments(intent=name)),
    "charge": (_CHARGE, _one_charge),
}
"""What can be asked, of which objects the answer is, and how."""
_LINKS = {"sessions": ("session:", "invoice:"), "payments": ("session:", "invoice:"), "charge": ("intent:", "session:", "invoice:")}
"""What makes a question needless: another key of the same payment."""
_ALONE = """
SELECT k.id, k.key FROM payment_key k WHERE k.account_id = {account} AND k.livemode = {livemode} AND k.id > {after}
AND k.key LIKE '{kind}:%' AND NOT EXISTS (SELECT 1 FROM payment_key o WHERE o.payment_id = k.payment_id AND ({links}))
{more} ORDER BY k.id LIMIT {limit}
"""
_UNSEEN = "AND NOT EXISTS (SELECT 1 FROM fact f WHERE f.payment_id = k.payment_id AND f.kind = 'charge')"


@dataclass(slots=True)
class Place:
    """How far the payments have been looked through: kept in memory, for the questions themselves are in the database."""

    intents: int = 0
    charges: int = 0


async def notice(whose: Owner, place: Place, *, livemode: bool, now: datetime) -> int:
    """Write down the questions that payments which stand alone raise; how many are new or known."""
    intents = await _alone(whose, "intent", "sessions", place.intents, livemode=livemode)
    charges = await _alone(whose, "charge", "charge", place.charges, livemode=livemode)
    place.intents, place.charges = max([place.intents, *intents]), max([place.charges, *charges])
    asked = [f"{what}:{name}" for name in intents.values() for what in ("payments", "sessions")]
    asked += [f"charge:{name}" for name in charges.values()]
    rows = [
        Enquiry(workspace_id=whose.workspace_id, account_id=whose.account_id, livemode=livemode, question=question, next_try_at=now + GRACE)
        for question in asked
    ]
    await Enquiry.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


async def _alone(whose: Owner, kind: str, what: str, after: int, *, livemode: bool) -> dict[int, str]:
    links = " OR ".join(f"o.key LIKE '{link}%'" for link in _LINKS[what])
    statement = _ALONE.format(
        account=whose.account_id,
        livemode=str(livemode).lower(),
        after=after,
        kind=kind,
        links=links,
        more=_UNSEEN if what == "charge" else "",
        limit=AT_ONCE,
    )
    rows = await PaymentKey._meta.db.execute_query_dict(statement)
    return {row["id"]: row["key"].partition(":")[2] for row in rows}


async def ask(api: Api, whose: Owner, *, now: datetime, pause_seconds: float = PAUSE_SECONDS) -> int:
    """Ask what is due, one after the other; how many objects the answers held.

    Raises:
        KeyRefused: the key may not ask.
        TryLater: Stripe wants to be left alone for a while; the question waits longer each time.
    """
    found = 0
    due = Enquiry.filter(account_id=whose.account_id, livemode=api.livemode, answered_at=None, next_try_at__lte=now)
    for row in await due.order_by("next_try_at", "id").limit(AT_ONCE):
        if await _needless(row):
            await _answered(row, 0, now)
            continue
        try:
            found += await _asked(api, whose, row, now)
        except TryLater as refused:
            await _put_off(row, refused, now)
            raise
        await asyncio.sleep(pause_seconds)
    return found


async def _needless(row: Enquiry) -> bool:
    """Whether an event has told it since."""
    what, _, name = row.question.partition(":")
    key = f"{'charge' if what == 'charge' else 'intent'}:{name}"
    its = await PaymentKey.filter(account_id=row.account_id, livemode=row.livemode, key=key).first()
    others = await PaymentKey.filter(payment_id=its.payment_id).values_list("key", flat=True) if its else []
    return any(str(other).startswith(_LINKS[what]) for other in others)


async def _asked(api: Api, whose: Owner, row: Enquiry, now: datetime) -> int:
    what, _, name = row.question.partition(":")
    source, question = ASKED[what]
    try:
        objects = await question(api, name)
    except Gone:
        objects = []
    except (KeyRefused, TryLater):
        raise
    except StripeRefused as refused:  # nothing that asking again would change
        await _answered(row, 0, now, error=refused.message)
        return 0
    await intake.take([lists.as_event(source, each, livemode=api.livemode, now=now) for each in objects if source.worth(each)], whose)
    await _answered(row, len(objects), now)
    return len(objects)


async def _answered(row: Enquiry, found: int, now: datetime, *, error: str | None = None) -> None:
    row.answered_at, row.next_try_at, row.found, row.error = now, None, found, error and error[:500]
    row.attempts += 1
    await row.save()


async def _put_off(row: Enquiry, refused: TryLater, now: datetime) -> None:
    row.attempts += 1
    row.next_try_at, row.error = now + wait(row.attempts), refused.message[:500]
    await row.save()
