"""clickledger migrate: bring the database to this release."""

import asyncio

import typer

from api import database, settings
from api.settings import Settings
from ingest import workspaces


def migrate() -> None:
    """Bring the database (DATABASE_URL) to the newest tables. `serve` does this too; several at once wait for one another."""
    applied = asyncio.run(_migrated(settings.from_environment()))
    for name in applied:
        typer.echo(f"applied {name}")
    if not applied:
        typer.echo("nothing to apply")


async def _migrated(chosen: Settings) -> list[str]:
    async with database.connected(chosen.database_url, pool_size=2):
        applied = await database.migrate()
        await workspaces.ensure_default(fx_source=chosen.fx_source, domain=chosen.domain)
    return applied
