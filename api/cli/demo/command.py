"""clickledger demo: tell a running server a story, then ask it what happened."""

import asyncio
import secrets
from typing import Annotated, Any

import aiohttp
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from api.cli import running
from api.cli.demo import answers, bodies, script
from api.cli.demo.doors import Doors
from api.cli.running import CommandError
from ingest import keys, workspaces
from ingest.models.workspace import WebhookEndpoint

_CREATE = """
mutation Create($input: LinkCreateInput!) { linkCreate(input: $input) { link { id shortLink } userErrors { field code message } } }
"""


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
    run = f"demo{secrets.token_hex(3)}"
    given = bool(secret)
    address, key, secret = _opened(run, url, key, secret, workspace)
    try:
        right = asyncio.run(_play(run, address, key, secret, workspace))
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


async def _play(run: str, address: str, key: str, secret: str, workspace: str) -> bool:
    try:
        async with aiohttp.ClientSession(address, timeout=aiohttp.ClientTimeout(total=30)) as session:
            doors = Doors(session, key=key, secret=secret, workspace=workspace)
            await _tell(doors, run)
            return await _compare(doors, run)
    except aiohttp.ClientConnectionError as error:
        raise CommandError(f"no server answers at {address}: start one with `make serve` or name it with --url ({error})") from error


async def _tell(doors: Doors, run: str) -> None:
    """Send the whole story, with a bar for each part of it."""
    with _progress() as bar:
        paths: dict[str, str] = {}
        for name, key in bar.track(_named(run), description="Links"):
            paths[name] = await _link(doors, name, key)
        click: dict[str, str] = {}
        for each in bar.track(list(script.clicks()), description="Clicks"):
            click[each.who] = await _click(doors, f"{run}-{each.link}", each)
        for lead in bar.track(list(script.leads()), description="Leads"):
            external_id = f"{run}_{lead.who}"
            await doors.track("lead", clickId=click[lead.who], externalId=external_id, eventName=lead.event_name)
        for event in bar.track(list(script.events(run, click)), description="Stripe events"):
            await doors.deliver(event)
    if await doors.visit(paths["archive"], script.BOT) != 302:
        raise CommandError("a short link did not redirect")


def _progress() -> Progress:
    return Progress(TextColumn("{task.description:14}"), BarColumn(), MofNCompleteColumn())


def _named(run: str) -> list[tuple[str, str]]:
    return [(name, f"{run}-{name}") for name in script.LINKS]


async def _link(doors: Doors, name: str, key: str) -> str:
    """Make a link and return the path of its short address."""
    made = (await doors.ask(_CREATE, input={"key": key, **script.LINKS[name]}))["linkCreate"]
    if made["userErrors"]:
        raise CommandError(f"the link {key} was refused: {made['userErrors'][0]['message']}")
    return f"/{key}"


async def _click(doors: Doors, key: str, each: script.Click) -> str:
    said = {
        "domain": "*",
        "key": key,
        "clickedAt": each.at.isoformat(),
        "userAgent": each.agent,
        "country": each.country,
        "referrer": each.referer,
    }
    return str((await doors.track("click", **{name: value for name, value in said.items() if value is not None}))["clickId"])


async def _compare(doors: Doors, run: str) -> bool:
    """Ask until everything is settled, two minutes at the most, then show what was expected beside what was answered.

    A server that has just started reads years of exchange rates first.
    """
    rows: list[answers.Row] = []
    for _ in range(240):
        rows = [row async for row in answers.rows(doors, run)]
        if all(row.right for row in rows):
            break
        await asyncio.sleep(0.5)
    table = Table("", "expected", "answered", "", title="What happened, by hand and by GraphQL", title_justify="left")
    for row in rows:
        table.add_row(row.what, row.expected, row.answered, "[green]yes[/]" if row.right else "[red]no[/]")
    Console(width=None if Console().is_terminal else 200).print(table)
    wrong = sum(not row.right for row in rows)
    typer.echo(f"{len(rows) - wrong} of {len(rows)} answers are as expected.")
    return not wrong
