"""clickledger erase: take a person out of everything that is held."""

import getpass
from pathlib import Path
from typing import Annotated

import typer

from api.cli import running
from api.settings import Settings
from ingest import erase as erasing
from ingest import workspaces
from ingest.erase import Erased
from ingest.models.people import Customer
from ingest.text import escape


def erase(
    customer: Annotated[str, typer.Argument(metavar="CUSTOMER", help="The customer: `cust_…`, or your own id of them.")],
    live: Annotated[bool, typer.Option("--live/--test", help="Which mode they are of.")] = True,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask first.")] = False,
    workspace: Annotated[str, typer.Option("--workspace", help="The workspace, by its slug.")] = workspaces.DEFAULT,
) -> None:
    """Remove a person from rows, bodies, explanations and what comes in later. Every total stays. It cannot be undone."""
    if not yes and not typer.confirm(f"Erase {customer} for good?"):
        raise typer.Exit(1)

    async def work(settings: Settings) -> Erased:
        workspace_id = (await running.workspace(workspace)).id
        row = await Customer.filter(workspace_id=workspace_id, livemode=live, external_id=escape(customer)).first()
        name = customer if row is None else row.id
        return await erasing.erase(workspace_id, live, name, by=f"command line: {_who()}", folder=Path(settings.spool))

    done = running.run(work)
    typer.echo(
        f"{done.id}, {done.at:%Y-%m-%d %H:%M} UTC: {done.events} events, {done.statements} statements, {done.clicks} clicks redacted"
    )
    if done.customer_id:
        typer.echo(f"what they paid stands under {done.customer_id}")


def _who() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
