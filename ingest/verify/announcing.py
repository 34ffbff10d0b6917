"""Compares a ledger with the stream that announced it: a reader of the stream must end up with the sales that are there.

Where the beginning of a stream was cut off, what it told is held as a sum: the sales that no later change speaks of must add up to it.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from tortoise.backends.base.client import BaseDBAsyncClient

from ingest.models.ledger import Change, Sale
from ingest.models.stream import ChangeCut
from ingest.told import Tally, Told, tally
from ingest.verify import reading

_PAGE = 500
_SCOPES = """
SELECT workspace_id, livemode FROM sale UNION SELECT workspace_id, livemode FROM change UNION SELECT workspace_id, livemode FROM change_cut
"""


@dataclass(slots=True)
class Stream:
    """What the stream of one workspace and mode says."""

    cut: int = 0
    """The number of the last change that is gone; 0 where none is."""
    ends: Tally = field(default_factory=Tally)
    """The sales that a reader ends up with."""
    there: dict[str, bool] = field(default_factory=dict)
    """Whether each sale that a change speaks of is one of them."""
    missing: list[str] = field(default_factory=list)


async def unannounced(connection: BaseDBAsyncClient) -> AsyncIterator[tuple[str, bool]]:
    """Sales that the change stream does not end with, and (true) those that it ends with though they are not there.

    The ids that the stream of one workspace and mode speaks of are held in memory at a time.
    """
    for scope in await connection.execute_query_dict(_SCOPES):
        where = f"workspace_id = {int(scope['workspace_id'])} AND livemode = {'true' if scope['livemode'] else 'false'}"
        stream, held, at_odds = await _read(connection, where), Tally(), False
        async for page in reading.pages(connection, Sale, ["id"], condition=where, size=_PAGE):
            held = held.plus(row["id"] for row in page)
            for row in page:
                if not stream.there.pop(row["id"], stream.cut > 0):
                    at_odds = True
                    yield row["id"], False
        for sale in [*stream.missing, *sorted(sale for sale, there in stream.there.items() if there)]:
            at_odds = True
            yield sale, True
        if held != stream.ends and not at_odds:
            yield "(what its changes add up to)", True


async def _read(connection: BaseDBAsyncClient, where: str) -> Stream:
    """The stream to its end. A number that is missing shows as a sale of that name."""
    stream = Stream()
    for cut in await reading.select(connection, ChangeCut, ["seq", "sales", "digest"], where):
        stream.cut, stream.ends = cut["seq"], tally(cut["sales"], cut["digest"])
    last, columns = stream.cut, ["seq", "kind", "sale_id", "data"]
    while page := await reading.select(connection, Change, columns, f"{where} AND seq > {{}} ORDER BY seq LIMIT {_PAGE}", [last]):
        for row in page:
            if row["seq"] != last + 1:
                stream.missing.append(f"(change {last + 1} is missing)")
            last, change = row["seq"], Told(row["kind"], row["sale_id"], row["data"])
            stream.there |= dict.fromkeys(change.ended, False) | ({change.sale_id: True} if change.stays else {})
            stream.ends = stream.ends.after([change])
    return stream
