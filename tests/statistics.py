"""What a planner knows of tables that a test has filled, as it would know it where people run this."""

from ingest.models.workspace import Workspace


async def take() -> None:
    """PostgreSQL's autovacuum would, within minutes. On SQLite nobody does: there `api.planner` has told what there is to know."""
    connection = Workspace._meta.db
    if connection.capabilities.dialect != "sqlite":
        await connection.execute_script("ANALYZE")
