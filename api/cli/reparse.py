"""clickledger reparse: read again what an older release has read."""

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from api.cli import running
from api.settings import Settings
from ingest import reparse as again
from ingest import settler


def reparse() -> None:
    """Read every event of the past again with this release's parser. Servers may run; one that was cut off goes on where it stopped.

    A server does the same by itself after it was upgraded: this shows how far it is, and helps.
    """

    async def work(_: Settings) -> int:
        columns = (TextColumn("events"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=Console(stderr=True)) as bar:
            task, done = bar.add_task("events", total=None), 0
            async for progress in again.reparse(settler.settle_everything):
                bar.update(task, completed=progress.done, total=progress.total)
                done = progress.done
        return done

    typer.echo(f"{running.run(work)} events read again")
