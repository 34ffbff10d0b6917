"""What a database has not settled yet: a rebuild leaves it out, or waits until the settler has come up."""

from dataclasses import dataclass

from tortoise.backends.base.client import BaseDBAsyncClient

from ingest.settle import lookups
from ingest.verify import reading

_BEHIND = (
    "subject WHERE dirty = true AND error IS NULL",
    "stripe_event WHERE state = 'stored' AND settled_at IS NOT NULL",
    lookups.arrived(thorough=True),
)
"""Half-way states, which last for moments while a settler runs: rows to be folded, events read again, clicks that someone waited for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Counts of what is not in the ledger."""

    events: int
    """Stored and not settled yet, or not settled because they failed."""
    statements: int
    faults: int
    """Payments and customers whose fold failed."""
    behind: int
    """What the settler is about to do: while there is any, the ledger is between two states."""


async def waiting(connection: BaseDBAsyncClient) -> Waiting:
    return Waiting(
        events=await reading.count(connection, "stripe_event WHERE state IN ('stored', 'failed')"),
        statements=await reading.count(connection, "statement WHERE settled = false"),
        faults=await reading.count(connection, "subject WHERE error IS NOT NULL"),
        behind=sum([await reading.count(connection, statement) for statement in _BEHIND]),
    )
