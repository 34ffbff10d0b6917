"""clickledger keys: make, list and revoke API keys."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from api.cli import running
from ingest import keys, workspaces
from ingest.models.workspace import ApiKey

app = typer.Typer(no_args_is_help=True, help="API keys: make, list and revoke them. A key opens one workspace in one mode, live or test.")
Slug = Annotated[str, typer.Option("--workspace", help="The workspace, by its slug.")]


@app.command()
def create(
    name: Annotated[str, typer.Option(help="What it is for, such as `shop backend`.")],
    scope: Annotated[list[str], typer.Option(help="read, write, lead.write, sale.write or admin; give it again for several.")],
    test: Annotated[bool, typer.Option("--test", help="A key of test mode; without this, of live mode.")] = False,
    workspace: Slug = workspaces.DEFAULT,
) -> None:
    """Make a key and print it, this once: only its hash is kept.

    Example: clickledger keys create --name "shop backend" --scope lead.write --scope sale.write
    """

    async def work(_: object) -> str:
        owner = await running.workspace(workspace)
        _, plaintext = await keys.create(workspace_id=owner.id, livemode=not test, scopes=scope, name=name)
        return plaintext

    typer.echo(running.run(work))


@app.command("list")
def listed(workspace: Slug = workspaces.DEFAULT) -> None:
    """List a workspace's keys by their first and last characters."""

    async def work(_: object) -> list[ApiKey]:
        return await keys.listed((await running.workspace(workspace)).id)

    table = Table("id", "key", "name", "mode", "scopes", "made", "revoked", box=None, pad_edge=False)
    for key in running.run(work):
        mode, revoked = "live" if key.livemode else "test", f"{key.revoked_at:%Y-%m-%d %H:%M}" if key.revoked_at else ""
        table.add_row(key.id, key.hint, key.name, mode, " ".join(key.scopes), f"{key.created_at:%Y-%m-%d %H:%M}", revoked)
    Console(width=None if Console().is_terminal else 240).print(table)


@app.command()
def revoke(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="The key's id, `key_…`, as `keys list` shows it.")],
    workspace: Slug = workspaces.DEFAULT,
) -> None:
    """End a key, for good. Running servers refuse it within a second."""

    async def work(_: object) -> ApiKey:
        return await keys.revoke((await running.workspace(workspace)).id, key_id)

    key = running.run(work)
    typer.echo(f"revoked {key.id} {key.hint}")
