"""These tests empty and fill their database thousands of times: it need not survive a power cut. What the last order left is proved."""

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from api.database import connected
from tests.conftest import prove


@pytest.fixture
async def database(database_url: str, engine: str, sqlite_template: Path, tmp_path: Path) -> AsyncIterator[str]:
    """A connected database that never waits for the disk; its address."""
    if engine == "sqlite":
        database_url = f"{database_url}?synchronous=OFF&journal_mode=MEMORY"
    else:
        connection = await asyncpg.connect(database_url.replace("postgres://", "postgresql://"))
        await connection.execute(f'ALTER DATABASE "{await connection.fetchval("SELECT current_database()")}" SET synchronous_commit = off')
        await connection.close()
    async with connected(database_url, everywhere=True):
        yield database_url
        await prove(sqlite_template, tmp_path)
