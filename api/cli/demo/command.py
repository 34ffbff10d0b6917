"""clickledger demo: tell a running server a story, then ask it what happened."""

import asyncio
import secrets
from typing import Annotated, Any

import typer

from api.cli import running
from api.cli.demo import bodies
from ingest import keys, workspaces
from ingest.models.workspace import WebhookEndpoint


def demo(
    url: Annotated[str, typer.Option(help="The running server.")] = "",
    key: Annotated[str, typer.Option(help="A test admin key; without one, the demo makes its own in the server's database.")] = "",
    secret: Annotated[str, typer.Option(help="A webhook secret; without one, the demo makes its own in the server's database.")] = "",
    workspace: Annotated[str, typer.Option("--workspace", help="The workspace, by its slug.")] = workspaces.DEFAULT,
) -> None:
    """Fill a running server through its front doors, in test mode, and compare what it answers with figures worked out by hand.

    It sends links, clicks of six weeks, a lead, and signed Stripe events of a dozen buyers: checkouts, subscriptions, a Payment Link,
    refunds, four currencies, events late, repeated and out of order. Run it as often as you like: each run stands apart.
    """
    from api.cli.demo import playing  # by who plays, since its HTTP client takes long to load

    run = f"demo{secrets.token_hex(3)}"
    given = bool(secret)
    address, key, secret = _opened(run, url, key, secret, workspace)
    try:
        right = asyncio.run(playing.play(run, address, key, secret, workspace))
    finally:
        if not given:
            running.run(lambda _: _forget_secret(run))
    typer.echo(f"\nLook around at {address}/graphiql with the test key {key}")
    if not right:
        raise typer.Exit(1)


def _opened(run: str, url: str, key: str, secret: str, workspace: str) -> tuple[str, str, str]:
    """The server's address, a key and a secret: those given, else new ones, put where the server reads them."""

    async def work(settings: Any) -> tuple[str, str, str]:
        address = url or f"http://{settings.host}:{settings.port}"
        owner = await running.workspace(workspace)
        made = key or (await keys.create(workspace_id=owner.id, livemode=False, scopes=["admin"], name=f"demo {run}"))[1]
        return address.rstrip("/"), made, secret or await _own_secret(owner.id, run, address)

    if url and key and secret:
        return url.rstrip("/"), key, secret
    return running.run(work)


async def _own_secret(workspace_id: int, run: str, address: str) -> str:
    """A webhook secret of the demo's own, for test mode alone."""
    made = f"whsec_{secrets.token_hex(24)}"
    await WebhookEndpoint.create(
        workspace_id=workspace_id, stripe_endpoint=f"we_{run}", livemode=False, url=address, secret=made, api_version=bodies.API_VERSION
    )
    return made


async def _forget_secret(run: str) -> None:
    """Take the demo's secret away: a webhook without a secret of yours says again what to set."""
    await WebhookEndpoint.filter(stripe_endpoint=f"we_{run}").delete()
