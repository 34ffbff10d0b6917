"""clickledger workspaces: tenants of one installation."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from api.cli import running
from ingest import keys, workspaces
from ingest.models.workspace import Domain, Workspace

app = typer.Typer(no_args_is_help=True, help="Workspaces: tenants that share a server and never see each other's rows.")


@app.command()
def create(
    slug: Annotated[str, typer.Argument(help="Its short name: lower-case letters, digits and hyphens.")],
    domain: Annotated[list[str], typer.Option(help="A host name whose short links are its own; give it again for several.")],
    name: Annotated[str, typer.Option(help="What people call it; the slug unless said.")] = "",
) -> None:
    """Make a workspace and print an admin key for each of its modes, this once.

    Example: clickledger workspaces create acme --domain go.acme.example
    """

    async def work(_: object) -> tuple[str, str]:
        made = await workspaces.ensure(slug, name=name or None, domains=tuple(each.lower() for each in domain))
        live = await keys.create(workspace_id=made.id, livemode=True, scopes=["admin"], name="made with the workspace")
        test = await keys.create(workspace_id=made.id, livemode=False, scopes=["admin"], name="made with the workspace")
        return live[1], test[1]

    live, test = running.run(work)
    typer.echo(f"Live key  {live}\nTest key  {test}\nWebhook   /webhooks/stripe/{slug}")


@app.command("list")
def listed() -> None:
    """List the workspaces with their domains."""

    async def work(_: object) -> list[tuple[Workspace, list[str]]]:
        domains = await Domain.all()
        return [(each, [row.name for row in domains if row.workspace_id == each.id]) for each in await Workspace.all().order_by("id")]

    table = Table("slug", "name", "currency", "domains", box=None, pad_edge=False)
    for each, domains in running.run(work):
        table.add_row(each.slug, each.name, each.currency, " ".join(domains))
    Console(width=None if Console().is_terminal else 240).print(table)
