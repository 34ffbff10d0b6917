"""`clickledger stripe`: the webhook endpoint at Stripe, without the dashboard."""

from collections.abc import Awaitable, Callable
from typing import Annotated

import typer

from api.cli import running
from api.settings import SettingError, Settings
from ingest import askers, workspaces
from ingest.endpoints import OVERLAP
from ingest.models.workspace import Workspace
from ingest.stripe import install as installation
from ingest.stripe import wire
from ingest.stripe.client import Api
from ingest.stripe.install import Installed, Standing

app = typer.Typer(help="The webhook endpoint at Stripe: make it, look at it, renew its secret, take it away.", no_args_is_help=True)

Slug = Annotated[str, typer.Option("--workspace", help="The workspace, by its slug.")]
DID = {
    installation.Outcome.CREATED: "Made",
    installation.Outcome.UPDATED: "Corrected",
    installation.Outcome.UNCHANGED: "Left as it was",
    installation.Outcome.REPLACED: "Replaced by",
}


@app.command()
def install(
    url: Annotated[str, typer.Option(help="Where this server is reached, such as https://go.example.com.")],
    workspace: Slug = workspaces.DEFAULT,
) -> None:
    """Make the endpoint, with exactly the events that are read and a fixed API version. Again changes nothing."""
    _run(workspace, lambda api, found: _say_installed(installation.install(api, found, url)))


@app.command()
def status(workspace: Slug = workspaces.DEFAULT) -> None:
    """Show how the endpoint stands at Stripe; exit code 1 if it is not as it should be."""
    if not _run(workspace, lambda api, found: _say_standing(installation.status(api, found))):
        raise typer.Exit(1)


@app.command()
def rotate(workspace: Slug = workspaces.DEFAULT) -> None:
    """Put an endpoint with a new secret in place of the one that is there."""
    _run(workspace, _rotate)


@app.command()
def uninstall(workspace: Slug = workspaces.DEFAULT) -> None:
    """Take our endpoint away from Stripe."""
    _run(workspace, _uninstall)


def _run(slug: str, work: Callable[[Api, Workspace], Awaitable[bool]]) -> bool:
    """Do some work at Stripe for a workspace; whether all is well there."""

    async def run(settings: Settings) -> bool:
        async with at_stripe(settings, slug) as api:
            return await work(api, await running.workspace(slug))

    return running.run(run)


def at_stripe(settings: Settings, slug: str, *, account: str | None = None) -> Api:
    """Stripe, as that workspace's key sees it: its own account, or a connected one.

    Raises:
        SettingError: there is no key for it.
    """
    key = askers.key_for(settings.stripe_api_keys, slug)
    if key is None:
        said = (
            f"holds no key for the workspace {slug}" if settings.stripe_api_keys else "is not set; it takes a Stripe key, `sk_…` or `rk_…`"
        )
        raise SettingError("STRIPE_API_KEY", said)
    return Api(key.secret, base=settings.stripe_api_base, account=account)


async def _say_installed(work: Awaitable[Installed]) -> bool:
    done = await work
    typer.echo(f"{DID[done.outcome]} {done.endpoint} in {_mode(done.livemode)} mode of {done.account}.")
    typer.echo(f"  Address  {done.url}")
    typer.echo(f"  Events   {len(wire.EVENTS)}, exactly those that are read")
    typer.echo(f"  Version  {wire.API_VERSION}")
    typer.echo("  Secret   kept in the database; STRIPE_WEBHOOK_SECRET is not needed for this endpoint")
    if done.released:
        typer.echo(f"{done.released} events had waited for this account and go on now.")
    if done.strangers:
        typer.echo(f"Also at this address, made by somebody else and signed with another secret: {', '.join(done.strangers)}.")
    return True


async def _say_standing(work: Awaitable[list[Standing]]) -> bool:
    found = await work
    for one in found:
        typer.echo(f"{one.endpoint}  {one.state}  {_mode(one.livemode)} mode  {one.api_version}  {one.url}")
        if one.missing:
            typer.echo(f"  does not send: {', '.join(one.missing)}")
        if one.surplus:
            typer.echo(f"  sends what is not read: {', '.join(one.surplus)}")
    if not found:
        typer.echo("Nothing is installed. Run: clickledger stripe install --url https://…")
    elif not all(one.good for one in found):
        typer.echo("Run `clickledger stripe install` again to put it right.")
    return bool(found) and all(one.good for one in found)


async def _rotate(api: Api, workspace: Workspace) -> bool:
    made = await installation.rotate(api, workspace)
    typer.echo(f"{made.stripe_endpoint} stands in for the old endpoint, with a new secret.")
    typer.echo(f"The old secret stays good for {OVERLAP.total_seconds() / 3600:.0f} hours, for what is under way.")
    typer.echo("Stripe does not resend to the new endpoint what the old one had refused: `clickledger backfill` fetches it.")
    return True


async def _uninstall(api: Api, workspace: Workspace) -> bool:
    gone = await installation.uninstall(api, workspace)
    typer.echo(f"Took away {', '.join(gone)}." if gone else "Nothing was installed.")
    return True


def _mode(livemode: bool) -> str:
    return "live" if livemode else "test"
