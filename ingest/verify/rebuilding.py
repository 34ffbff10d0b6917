"""Makes the ledger once more: copies the evidence of one database into an empty one, in another order, and settles it there.

Evidence is taken in blocks, so memory stays bounded, and settled between them. Its loader is its own: it shares nothing with the inbox.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.models import Model

from ingest import settler
from ingest.models.evidence import Click, EventState, Rate, RateSource, Statement, StripeEvent
from ingest.models.workspace import Account, Link, Ruleset, Workspace
from ingest.settle import lookups
from ingest.verify import reading
from ingest.verify.reading import Row

TENANTS: tuple[type[Model], ...] = (Workspace, Account, Ruleset, Link)
_SETTLED: dict[type[Model], str] = {
    StripeEvent: "state IN ('settled', 'ignored')",
    Statement: "settled = true",
    Click: "true",
    Rate: "true",
}
"""Which rows of each kind of evidence have come into the ledger."""
_AFRESH: dict[type[Model], Row] = {
    StripeEvent: {"state": EventState.STORED, "reason": None, "error": None, "attempts": 0, "next_try_at": None, "settled_at": None},
    Statement: {"settled": False, "error": None, "attempts": 0, "next_try_at": None},
}
"""What the settler had written beside the evidence."""
Report = Callable[[int, int], None]
"""Told how much of the evidence is settled again, and of how much."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """The order in which evidence is read again: backwards, or shuffled by a seed together with clicks and rates."""

    seed: int | None = None

    def __str__(self) -> str:
        return "backwards, the latest evidence first" if self.seed is None else f"shuffled by seed {self.seed}"

    def blocks(self, found: Sequence["Block"]) -> list["Block"]:
        """The blocks in this order."""
        if self.seed is None:
            return list(reversed(found))
        shuffled = list(found)
        random.Random(self.seed).shuffle(shuffled)  # noqa: S311  # an order that can be had again, not a secret
        return shuffled

    def rows(self, found: Sequence[Row]) -> list[Row]:
        """The rows of one block in this order."""
        if self.seed is None:
            return list(reversed(found))
        shuffled = list(found)
        random.Random(f"{self.seed} {found[0]['id']}").shuffle(shuffled)  # noqa: S311  # as above
        return shuffled


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A run of rows of one table, by id."""

    table: type[Model]
    first: Any
    last: Any
    count: int


async def rebuild(here: BaseDBAsyncClient, order: Order, *, size: int, report: Report) -> int:
    """Settle all of this database's settled evidence into the connected, empty one; how many pieces of evidence that were."""
    for table in TENANTS:
        async for page in reading.pages(here, table, _columns(table)):
            await _create(table, page)
    blocks = order.blocks(await _blocks(here, size))
    total, done = sum(block.count for block in blocks), 0
    last_rates = max((place for place, block in enumerate(blocks) if block.table is Rate), default=None)
    if last_rates is None:
        await _know_rates(here)
    for place, block in enumerate(blocks):
        await _load(here, block, order)
        if place == last_rates:
            await _know_rates(here)
        await settler.settle_everything()
        done += block.count
        report(done, total)
    await settler.settle_everything()
    return total


async def _blocks(here: BaseDBAsyncClient, size: int) -> list[Block]:
    """Clicks and rates stand last: reversed, they come first, as a ledger that only lacks its settling would have them."""
    return [
        Block(table=table, first=page[0]["id"], last=page[-1]["id"], count=len(page))
        for table in (StripeEvent, Statement, Click, Rate)
        async for page in reading.pages(here, table, ["id"], condition=_SETTLED[table], size=size)
    ]


async def _load(here: BaseDBAsyncClient, block: Block, order: Order) -> None:
    table = block.table
    condition = f"{_SETTLED[table]} AND id BETWEEN {{}} AND {{}} ORDER BY id"
    rows = await reading.select(here, table, _columns(table), condition, [block.first, block.last])
    if table is Click:
        await _create(table, order.rows(rows))
        return
    # Numbered anew: the settler reads evidence by number, and this is to be another order.
    fresh = [{name: value for name, value in row.items() if name != "id"} | _AFRESH.get(table, {}) for row in order.rows(rows)]
    await _create(table, fresh)


async def _know_rates(here: BaseDBAsyncClient) -> None:
    """Say how far each source is known, now that its rates are here, and wake the sales that waited."""
    await _create(RateSource, await reading.select(here, RateSource, _columns(RateSource)))
    await lookups.wake_for_rates()


async def _create(table: type[Model], rows: Sequence[Row]) -> None:
    await table.bulk_create([table(**row) for row in rows], batch_size=200)


def _columns(table: type[Model]) -> list[str]:
    return sorted(table._meta.db_fields)
