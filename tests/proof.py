"""What `clickledger verify` does, for a test's own database: the ledger made again from evidence, in another order, and compared."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tortoise.backends.base.client import BaseDBAsyncClient

from api import elsewhere
from ingest.models.facts import Claim, Fact, Lookup, PaymentKey, Subject
from ingest.models.ledger import Change
from ingest.models.workspace import Workspace
from ingest.verify import comparing, rebuilding
from ingest.verify.comparing import Difference
from ingest.verify.rebuilding import Order
from tests.story import LEDGER

BOOKS = (*reversed(LEDGER), Change, Lookup, Claim, Fact, PaymentKey, Subject)
"""Every table that is made of evidence, in an order in which their rows can go."""
BACKWARDS = Order()


@asynccontextmanager
async def empty(template: Path, folder: Path) -> AsyncIterator[BaseDBAsyncClient]:
    """An empty database beside the test's own; migrated by copying a file that is."""
    path = folder / "rebuilt.sqlite3"
    shutil.copy(template, path)
    async with elsewhere.beside(f"sqlite://{path}?{elsewhere.UNSAFE}") as connection:
        yield connection
    path.unlink()


async def found(rebuilt: BaseDBAsyncClient, here: BaseDBAsyncClient, order: Order = BACKWARDS, *, block: int = 7) -> list[Difference]:
    """Every difference between the ledger and the one that its evidence makes in this order, settled after each few pieces."""
    await rebuilding.rebuild(here, order, size=block, report=lambda done, total: None)
    return [difference async for difference in comparing.differences(here, rebuilt)]


async def differences(template: Path, folder: Path, order: Order = BACKWARDS) -> list[Difference]:
    """The same, of the connected database as it is now."""
    here = Workspace._meta.db
    async with empty(template, folder) as rebuilt:
        return await found(rebuilt, here, order)
