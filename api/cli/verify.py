"""clickledger verify: make the ledger again from evidence, elsewhere and in another order, and show every difference."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from tortoise.backends.base.client import BaseDBAsyncClient

from api import elsewhere
from api.cli import running
from api.settings import Settings
from ingest.verify import comparing, rebuilding
from ingest.verify import waiting as lagging
from ingest.verify.comparing import Difference
from ingest.verify.rebuilding import Order
from ingest.verify.waiting import Waiting

BLOCK = 1_000
_POLL_SECONDS = 0.2


def verify(
    into: Annotated[str | None, typer.Option(metavar="URL", help="An empty database to rebuild in; a temporary SQLite file else.")] = None,
    seed: Annotated[int | None, typer.Option(help="Shuffle by this number; without one the evidence is read backwards.")] = None,
    wait: Annotated[float, typer.Option(help="Seconds to wait for a running settler to come up.")] = 60.0,
) -> None:
    """Prove the ledger: rebuild it from evidence in an empty database, in another order, and compare every row. Code 1 on a difference.

    Servers may run meanwhile: what is compared is the ledger of one moment.
    """
    order = Order(seed=seed)

    async def work(_: Settings) -> int:
        async with _quiet(wait) as here:
            _tell(await lagging.waiting(here), order)
            try:
                async with elsewhere.empty(into) as rebuilt:
                    return await _proved(here, rebuilt, order)
            except ValueError as error:
                raise running.CommandError(str(error)) from error

    if running.run(work):
        raise typer.Exit(1)


@asynccontextmanager
async def _quiet(seconds: float) -> AsyncIterator[BaseDBAsyncClient]:
    """A moment at which the settler is between two batches and behind in nothing."""
    until = time.monotonic() + seconds
    while True:
        async with elsewhere.snapshot() as here:
            behind = (await lagging.waiting(here)).behind
            if not behind:
                yield here
                return
        if time.monotonic() > until:
            raise running.CommandError(f"the settler is behind by {behind} steps: is a server running? `clickledger serve` settles them")
        await asyncio.sleep(_POLL_SECONDS)


def _tell(waiting: Waiting, order: Order) -> None:
    typer.echo(f"reading the evidence again, {order}")
    left_out = waiting.events + waiting.statements
    if left_out:
        typer.echo(f"left out: {waiting.events} events and {waiting.statements} statements that arrived and are not settled yet, or failed")
    if waiting.faults:
        typer.echo(f"{waiting.faults} payments or customers could not be folded: their rows are old")


async def _proved(here: BaseDBAsyncClient, rebuilt: BaseDBAsyncClient, order: Order) -> int:
    """Rebuild, compare, and print; how many differences there are."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("evidence", total=None)
        count = await rebuilding.rebuild(here, order, size=BLOCK, report=lambda done, total: bar.update(task, completed=done, total=total))
        found = 0
        async for difference in comparing.differences(here, rebuilt):
            typer.echo(_line(difference))
            found += 1
    typer.echo(
        f"{count} pieces of evidence, {len(comparing.TABLES)} tables, the rollups and the change stream: {found or 'no'} differences"
    )
    return found


def _line(difference: Difference) -> str:
    return f"{difference.table} {difference.id} {difference.column}: here {difference.here!r}, rebuilt {difference.rebuilt!r}"
