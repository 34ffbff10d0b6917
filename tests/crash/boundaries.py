"""The named moments around each commit at which a crash is made: a function of the server, and whether it dies before or after it.

A name here is the only thing that the server's code owes these tests: one that is renamed there fails to arm.
"""

from typing import Literal, NamedTuple


class Boundary(NamedTuple):
    """`module:function`, and the side of it on which the process dies."""

    where: str
    side: Literal["before", "after"]


CAPTURE = {
    "click.before_flush": Boundary("ingest.clicks:insert", "before"),
    "click.committed": Boundary("ingest.clicks:insert", "after"),
    "inbox.before_insert": Boundary("ingest.inbox:_insert_events", "before"),
    "inbox.committed": Boundary("ingest.inbox:_insert_events", "after"),
    "statement.before_insert": Boundary("ingest.statements:_kept", "before"),
    "statement.committed": Boundary("ingest.statements:_kept", "after"),
}
"""Between evidence, its commit and its answer."""
SETTLE = {
    "settle.leased": Boundary("ingest.settle.batch:_lease", "after"),
    "settle.read": Boundary("ingest.settle.evidence:unread", "after"),
    "settle.merged": Boundary("ingest.settle.joining:_merge", "after"),
    "settle.facts": Boundary("ingest.settle.joining:place", "after"),
    "settle.claims": Boundary("ingest.settle.claims:store", "after"),
    "settle.marked": Boundary("ingest.settle.evidence:mark", "after"),
    "settle.customers": Boundary("ingest.settle.customers:settle", "after"),
    "settle.sale_without_credits": Boundary("ingest.settle.ledger:_create", "before"),
    "settle.replaced": Boundary("ingest.settle.ledger:_replace", "after"),
    "settle.counted": Boundary("ingest.rollups.deltas:append", "after"),
    "settle.announced": Boundary("ingest.settle.ledger:_announce", "after"),
    "settle.lookups": Boundary("ingest.settle.lookups:replace", "after"),
    "settle.before_commit": Boundary("ingest.settle.batch:fold", "after"),
    "settle.committed": Boundary("ingest.settle.batch:_attempt", "after"),
}
"""Inside the settler's transaction, step by step, and on both sides of its commit."""
COMPACT = {
    "compact.added": Boundary("ingest.rollups.compacting:_put", "after"),
    "compact.committed": Boundary("ingest.rollups.compacting:compact", "after"),
}
"""While differences are summed into buckets, and right after."""
SPOOL = {
    "spool.before_write": Boundary("ingest.spool:Spool.append", "before"),
    "spool.written": Boundary("ingest.spool:Spool.append", "after"),
    "spool.stored": Boundary("ingest.clicks:_drained", "after"),
    "spool.removed": Boundary("ingest.spool:Segment.remove", "after"),
}
"""While clicks wait on the disk for a database that is away."""
ALL = {**CAPTURE, **SETTLE, **COMPACT, **SPOOL}
