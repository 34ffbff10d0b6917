"""Taking events of a list or a file into the inbox: the same way in as a webhook's, and nothing twice."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from tortoise.transactions import in_transaction

from ingest import inbox
from ingest.errors import Invalid
from ingest.inbox import Envelope
from ingest.models.evidence import StripeEvent
from ingest.stripe import wire


class Outcome(Enum):
    """What became of an event."""

    STORED = "stored"  # new here; in a dry run, it would be
    HELD = "held"  # here already, in whatever version
    NOT_READ = "not read"  # it says nothing of money or people
    UNREADABLE = "unreadable"  # not an event
    NOT_OURS = "not ours"  # of an account that this workspace does not own


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Whose inbox it is, and how the events come."""

    workspace_id: int
    account_id: int
    source: str
    dry_run: bool = False


async def take(events: Sequence[Any], owner: Owner) -> Counter[Outcome]:
    """Store those events that are new, all in one transaction."""
    looked = [(event, _look(event)) for event in events]
    held = await _held([said.event_id for _, said in looked if isinstance(said, Envelope)], owner)
    tally: Counter[Outcome] = Counter(said for _, said in looked if isinstance(said, Outcome))
    new: list[tuple[Any, Envelope]] = []
    for event, said in looked:
        if isinstance(said, Envelope):
            known = (said.event_id, said.livemode) in held
            tally[Outcome.HELD if known else Outcome.STORED] += 1
            held.add((said.event_id, said.livemode))
            new += [] if known else [(event, said)]
    if new and not owner.dry_run:
        await _store(new, owner)
    return tally


def _look(event: Any) -> Envelope | Outcome:
    try:
        said = inbox.envelope(event)
    except Invalid:
        return Outcome.UNREADABLE
    return said if wire.kind(said.type) else Outcome.NOT_READ


async def _held(event_ids: list[str], owner: Owner) -> set[tuple[str, bool]]:
    """Which of these are here. Lists render an event in the account's version, an endpoint in its own: either is enough."""
    rows = await StripeEvent.filter(account_id=owner.account_id, event_id__in=event_ids).values_list("event_id", "livemode")
    return {(str(event_id), bool(livemode)) for event_id, livemode in rows}


async def _store(events: list[tuple[Any, Envelope]], owner: Owner) -> None:
    """In the inbox's order, which is every writer's: two who bring the same events each in their own would wait for each other for ever."""
    async with in_transaction():
        for event, said in sorted(events, key=lambda each: (each[1].livemode, each[1].event_id, each[1].api_version)):
            body = json.dumps(event, separators=(",", ":")).encode()
            await inbox.store(body, said, workspace_id=owner.workspace_id, account_id=owner.account_id, source=owner.source)
