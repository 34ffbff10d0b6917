"""A second database beside the connected one, and a view of the connected one that stands still.

Tortoise keeps on each model the name and the dialect of the database that was opened last; a second one gives them back when it closes.
"""

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.context import TortoiseContext, require_context
from tortoise.models import Model
from tortoise.transactions import in_transaction

from api import database
from ingest.models.workspace import Workspace

_KEPT_ON_MODELS = ("default_connection", "basetable", "basequery", "basequery_all_fields")
UNSAFE = "synchronous=OFF&journal_mode=MEMORY"
"""For a file that is thrown away: nothing of it need survive."""


@asynccontextmanager
async def snapshot() -> AsyncIterator[BaseDBAsyncClient]:
    """The connected database as it is now, for the length of the block; others may go on writing."""
    connection = Workspace._meta.db
    if connection.capabilities.dialect == "sqlite":
        await connection.execute_query("BEGIN")  # deferred: it takes no lock, and its first reading fixes what it sees
        try:
            await connection.execute_query("SELECT 1 FROM workspace")
            yield connection
        finally:
            await connection.execute_query("ROLLBACK")
        return
    async with in_transaction() as transaction:
        await transaction.execute_query("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield transaction


@asynccontextmanager
async def beside(url: str) -> AsyncIterator[BaseDBAsyncClient]:
    """Connect the models to another database for the length of the block."""
    former = _kept()
    try:
        async with TortoiseContext() as context:
            await context.init(config=database.configuration(url))
            await context.db().create_connection(with_db=True)
            yield context.db()
    finally:
        for model, values in former.items():
            for name, value in values.items():
                setattr(model._meta, name, value)


def _kept() -> dict[type[Model], dict[str, Any]]:
    apps = require_context().apps
    models = apps.get_models_iterable() if apps else ()
    return {model: {name: getattr(model._meta, name) for name in _KEPT_ON_MODELS} for model in models}


@asynccontextmanager
async def empty(url: str | None = None) -> AsyncIterator[BaseDBAsyncClient]:
    """An empty, migrated database beside the connected one: a temporary SQLite file where no address is given.

    Raises:
        ValueError: the database at that address holds something.
    """
    with tempfile.TemporaryDirectory(prefix="clickledger-") as folder:
        async with beside(url or f"sqlite://{Path(folder) / 'rebuilt.sqlite3'}?{UNSAFE}") as connection:
            await database.migrate()
            if await Workspace.exists():
                raise ValueError("the database to rebuild into is not empty")
            yield connection
