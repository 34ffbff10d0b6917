"""clickledger links: make, list and archive short links."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from api.cli import running
from api.settings import Settings
from ingest import links, workspaces
from ingest.models.workspace import Link

app = typer.Typer(no_args_is_help=True, help="Short links: make, list and archive them.")
Slug = Annotated[str, typer.Option("--workspace", help="The workspace, by its slug.")]


@app.command()
def create(
    url: Annotated[str, typer.Argument(metavar="URL", help="Where it leads: an http or https address.")],
    key: Annotated[str | None, typer.Option(help="What stands after the host; random without this.")] = None,
    domain: Annotated[str | None, typer.Option(help="A domain of the workspace; its first one without this.")] = None,
    track: Annotated[
        bool | None, typer.Option("--track/--no-track", help="Send click ids on to the destination; as the workspace says.")
    ] = None,
    utm_source: Annotated[str | None, typer.Option(help="Added to the destination where it has none.")] = None,
    utm_medium: Annotated[str | None, typer.Option(help="The same.")] = None,
    utm_campaign: Annotated[str | None, typer.Option(help="The same.")] = None,
    workspace: Slug = workspaces.DEFAULT,
) -> None:
    """Make a link and print its short address.

    Example: clickledger links create https://shop.example/pricing --key spring --utm-source newsletter
    """
    draft = links.Draft(
        url=url, key=key, domain=domain, track_conversion=track, utm_source=utm_source, utm_medium=utm_medium, utm_campaign=utm_campaign
    )

    async def work(settings: Settings) -> str:
        link = await links.create((await running.workspace(workspace)).id, draft)
        return links.short_link(link, origin=settings.public_url)

    typer.echo(running.run(work))


@app.command("list")
def listed(
    archived: Annotated[bool, typer.Option("--archived", help="The archived ones too.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most this many, the newest.")] = 100,
    workspace: Slug = workspaces.DEFAULT,
) -> None:
    """List a workspace's newest links."""

    async def work(settings: Settings) -> list[tuple[Link, str]]:
        found = await links.listed((await running.workspace(workspace)).id, limit=limit, archived=archived)
        return [(link, links.short_link(link, origin=settings.public_url)) for link in found]

    table = Table("id", "short link", "leads to", "made", "archived", box=None, pad_edge=False)
    for link, short in running.run(work):
        ended = f"{link.archived_at:%Y-%m-%d %H:%M}" if link.archived_at else ""
        table.add_row(link.id, short, link.url, f"{link.created_at:%Y-%m-%d %H:%M}", ended)
    Console(width=None if Console().is_terminal else 240).print(table)


@app.command()
def archive(
    link_id: Annotated[str, typer.Argument(metavar="ID", help="The link's id, `link_…`, as `links list` shows it.")],
    workspace: Slug = workspaces.DEFAULT,
) -> None:
    """Take a link down. Running servers stop following it within a second; its clicks and sales stay."""

    async def work(settings: Settings) -> str:
        link = await links.archive((await running.workspace(workspace)).id, link_id)
        return links.short_link(link, origin=settings.public_url)

    typer.echo(f"archived {running.run(work)}")
