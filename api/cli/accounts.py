"""clickledger accounts: which Stripe accounts belong to a workspace."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from api.cli import running
from ingest import accounts, inbox, workspaces
from ingest.models.workspace import Account

app = typer.Typer(no_args_is_help=True, help="Stripe accounts of Connect: claim one for a workspace, see whose they are and what waits.")
Slug = Annotated[str, typer.Option("--workspace", help="The workspace, by its slug.")]


@app.command()
def claim(
    account: Annotated[str, typer.Argument(metavar="ACCOUNT", help="The Stripe account, `acct_…`.")],
    primary: Annotated[bool, typer.Option("--primary", help="It is the account of the workspace's own webhook endpoint.")] = False,
    workspace: Slug = workspaces.DEFAULT,
) -> None:
    """Give a Stripe account to a workspace. Events that came for it before leave the quarantine and are settled."""

    async def work(_: object) -> int:
        _, moved = await accounts.claim((await running.workspace(workspace)).id, account, primary=primary)
        return moved

    typer.echo(f"{account} belongs to {workspace}; {running.run(work)} events left the quarantine")


@app.command("list")
def listed(workspace: Slug = workspaces.DEFAULT) -> None:
    """List a workspace's accounts, and the accounts of nobody for which events wait."""

    async def work(_: object) -> tuple[list[Account], dict[str, int]]:
        owned = await accounts.listed((await running.workspace(workspace)).id)
        return owned, await inbox.quarantined()

    owned, waiting = running.run(work)
    table = Table("account", "workspace", "", box=None, pad_edge=False)
    for account in owned:
        table.add_row(account.stripe_account or "(not known yet)", workspace, "primary" if account.is_primary else "")
    for name, count in waiting.items():
        stripe_account, _, brought_by = name.partition("@")
        table.add_row(
            stripe_account, "nobody's", f"{count} events wait" + (f" for workspace {brought_by} to claim it" if brought_by else "")
        )
    Console(width=None if Console().is_terminal else 240).print(table)
