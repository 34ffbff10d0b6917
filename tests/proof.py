"""What `clickledger verify` does, for a test's own database: the ledger made again from evidence, in another order, and compared."""

import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import TypeAlias

from tortoise.backends.base.client import BaseDBAsyncClient

from api import elsewhere
from ingest.models.workspace import Workspace
from ingest.verify import comparing, rebuilding
from ingest.verify.comparing import Difference
from ingest.verify.rebuilding import Order

BACKWARDS = Order()
Empty: TypeAlias = Callable[[], AbstractAsyncContextManager[BaseDBAsyncClient]]


@asynccontextmanager
async def empty(template: Path, folder: Path) -> AsyncIterator[BaseDBAsyncClient]:
    """An empty database beside the test's own, which it gives; migrated by copying a file that is."""
    here, path = Workspace._meta.db, folder / "rebuilt.sqlite3"
    shutil.copy(template, path)
    async with elsewhere.beside(f"sqlite://{path}?{elsewhere.UNSAFE}"):
        yield here
    path.unlink()


async def found(here: BaseDBAsyncClient, order: Order = BACKWARDS, *, block: int = 7) -> list[Difference]:
    """Every difference between a ledger and the one that its evidence makes in this order, settled after each few pieces."""
    await rebuilding.rebuild(here, order, size=block, report=lambda done, total: None)
    return [difference async for difference in comparing.differences(here, Workspace._meta.db)]


async def differences(template: Path, folder: Path, order: Order = BACKWARDS) -> list[Difference]:
    """The same, of the connected database as it is now."""
    async with empty(template, folder) as here:
        return await found(here, order)
