"""Locks that somebody else has: what a writer then does, on both databases."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg


@asynccontextmanager
async def held(url: str, on_postgres: str) -> AsyncIterator[None]:
    """The file's one lock on SQLite; on PostgreSQL what this statement locks. Another connection has it for the length of the block."""
    if url.startswith("sqlite://"):
        other = sqlite3.connect(url.removeprefix("sqlite://"), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")
        other.close()
        return
    connection = await asyncpg.connect(url)
    async with connection.transaction():
        await connection.execute(on_postgres)
        yield
    await connection.close()
