"""The demo as it is played: the whole story through the server's front doors, then each answer beside what was worked out by hand."""

import asyncio

import aiohttp
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from api.cli.demo import answers, script
from api.cli.demo.doors import Doors
from api.cli.running import CommandError

_CREATE = """
mutation Create($input: LinkCreateInput!) { linkCreate(input: $input) { link { id shortLink } userErrors { field code message } } }
"""


async def play(run: str, address: str, key: str, secret: str, workspace: str) -> bool:
    """Whether every answer was as expected.

    Raises:
        CommandError: no server answers there, or it refused a part of the story.
    """
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
