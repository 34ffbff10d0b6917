"""Running a command: its settings, its database, and its faults as one line on standard error."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import NoReturn, TypeVar

import typer

from api import database, settings
from api.settings import Settings
from ingest import workspaces
from ingest.models.workspace import Workspace

T = TypeVar("T")


class CommandError(Exception):
    """A command that cannot go on; its text is the one line that people see."""


def run(work: Callable[[Settings], Awaitable[T]]) -> T:
    """What `work` returns, with the database connected and migrated.

    Raises:
        SettingError: a setting is wrong.
        CommandError: there is no database, or it lacks migrations.
    """
    chosen = settings.from_environment()
    if chosen.sqlite_path is not None and not Path(chosen.sqlite_path).exists():
        raise CommandError(f"there is no database {chosen.database_shown} yet: run `clickledger migrate` or `clickledger serve`")
    return asyncio.run(_connected(chosen, work))


async def _connected(chosen: Settings, work: Callable[[Settings], Awaitable[T]]) -> T:
    async with database.connected(chosen.database_url, pool_size=2):
        missing = await database.unapplied()
        if missing:
            raise CommandError(f"the database lacks {len(missing)} migrations ({missing[0]} …): run `clickledger migrate`")
        return await work(chosen)


async def workspace(slug: str) -> Workspace:
    """The workspace that a command names.

    Raises:
        NotFound: there is none.
    """
    return await workspaces.find(slug)


def fail(error: BaseException, *, code: int = 1) -> NoReturn:
    """End the process with one line that says why."""
    line = " ".join((str(error) or type(error).__name__).split())
    typer.echo(f"clickledger: {line}", err=True)
    raise SystemExit(code)
