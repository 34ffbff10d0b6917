"""clickledger rates: fetch exchange rates now, and see how far each source is known and what waits for one."""

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from api import rates
from api.cli import running
from api.settings import Settings
from ingest.models.evidence import RateSource
from ingest.rates import feed, waiting
from ingest.rates.waiting import Lack, Waiting

app = typer.Typer(no_args_is_help=True, help="Exchange rates: fetch them now, see how far each source is known and which sales wait.")
_LACKS = {
    Lack.SOURCE: "there is no such source",
    Lack.CURRENCY: "the source does not have this currency: choose another, or a file of your own",
    Lack.TIME: "the source is not known to that time yet",
}


@app.command()
def update() -> None:
    """Fetch what every chosen source has published. Running servers settle the sales that waited for it.

    Example: CLICKLEDGER_FX_FILE=rates.csv clickledger rates update
    """

    async def work(settings: Settings) -> list[feed.Update]:
        feeds = rates.feeds(settings)
        return [await feed.update(source, feeds) for source in feeds.sources]

    looked = running.run(work)
    for look in looked:
        typer.echo(f"{look.source}: {look.error or f'{look.learned} new rates'}; {_known(look.complete_to)}")
    if any(look.error for look in looked):
        raise typer.Exit(1)


@app.command()
def show() -> None:
    """Show each source of rates, and the sales that wait for one."""

    async def work(_: object) -> tuple[list[RateSource], list[Waiting]]:
        return await RateSource.all().order_by("source"), await waiting.listed()

    sources, lines = running.run(work)
    console = Console(width=None if Console().is_terminal else 240)
    console.print(_sources(sources) if sources else "no source was asked yet: run `clickledger rates update` or `clickledger serve`")
    console.print(_waiting(lines) if lines else "no sale waits for a rate")


def _known(complete_to: object) -> str:
    return "nothing is known" if complete_to is None else f"known complete to {complete_to:%Y-%m-%d %H:%M:%S} UTC"


def _sources(sources: list[RateSource]) -> Table:
    table = Table("source", "base", "known", "asked", "error", box=None, pad_edge=False)
    for each in sources:
        asked = f"{each.checked_at:%Y-%m-%d %H:%M}" if each.checked_at else ""
        table.add_row(each.source, each.base, _known(each.complete_to), asked, escape(each.error or ""))
    return table


def _waiting(lines: list[Waiting]) -> Table:
    table = Table("workspace", "mode", "sales", "from", "to", "source", "since", "why", box=None, pad_edge=False)
    for line in lines:
        mode, since = "live" if line.livemode else "test", f"{line.first_paid_at:%Y-%m-%d %H:%M}"
        table.add_row(line.workspace, mode, str(line.sales), line.currency, line.target, line.source, since, _LACKS[line.lack])
    return table
