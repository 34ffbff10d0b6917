"""Gaps: what Stripe has and the books do not, list by list. It reads alone and changes nothing."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime

from ingest.backfill import lists
from ingest.backfill.intake import Owner
from ingest.backfill.lists import Source, Span
from ingest.models.evidence import StripeEvent
from ingest.models.facts import Claim, Fact
from ingest.stripe import wire
from ingest.stripe.client import Api


@dataclass(frozen=True, slots=True)
class Gap:
    """One list at Stripe, compared with what we hold."""

    name: str
    there: int
    missing: tuple[str, ...]
    """The ids that Stripe has and we do not, newest first."""


async def find(api: Api, whose: Owner, span: Span, *, now: datetime | None = None) -> AsyncIterator[Gap]:
    """Events of the span as far back as Stripe lists them, then the objects made in it. What waits to be settled counts as missing."""
    reach = (now or datetime.now(UTC)) - lists.REACH
    if span.until > reach:
        for source in lists.EVENTS:
            yield await _compare(api, whose, source, Span(max(span.since, reach), span.until))
    for source in lists.OBJECTS:
        yield await _compare(api, whose, source, span)


async def _compare(api: Api, whose: Owner, source: Source, span: Span) -> Gap:
    there, missing = 0, []
    async for page in api.pages(source.path, created=span.asked, **source.asked):
        found = [str(one["id"]) for one in page if source.worth(one)]
        held = await _held(found, whose, source, livemode=api.livemode)
        there += len(found)
        missing += [one for one in found if one not in held]
    return Gap(source.name, there, tuple(missing))


async def _held(found: list[str], whose: Owner, source: Source, *, livemode: bool) -> set[str]:
    here = {"account_id": whose.account_id, "livemode": livemode}
    kind = wire.kind(source.type)
    if kind is None:
        rows = await StripeEvent.filter(event_id__in=found, **here).values_list("event_id", flat=True)
    elif kind in ("customer", "subscription"):
        short = "cus" if kind == "customer" else "sub"
        subjects = {f"{short}:{whose.account_id}:{one}": one for one in found}
        said = await Claim.filter(workspace_id=whose.workspace_id, livemode=livemode, carrier=kind, subject__in=list(subjects)).values_list(
            "subject", flat=True
        )
        return {subjects[str(subject)] for subject in said}
    else:
        rows = await Fact.filter(kind=kind, object_id__in=found, **here).values_list("object_id", flat=True)
    return {str(row) for row in rows}
