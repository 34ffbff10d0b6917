"""clickledger scenario: tell a story to a ledger of its own, offline, and compare what the ledger then says with what was expected."""

import asyncio
import random
import shutil
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from api import database
from ingest.errors import Invalid
from ingest.scenario import comparing, finding, reading, telling
from ingest.scenario.comparing import Line
from ingest.scenario.reading import Chapter, Piece, Scenario


def scenario(
    files: Annotated[list[Path], typer.Argument(help="YAML files, as docs/scenarios.md describes.", exists=True, dir_okay=False)],
    orders: Annotated[int, typer.Option(min=0, help="Tell each story in so many more orders, chosen at random, always the same ones.")] = 0,
) -> None:
    """Tell clicks, leads and Stripe events to a fresh ledger and compare what it says. Touches no database of yours and no network.

    Ends with code 1 where anything differs. Example: clickledger scenario refund.yaml --orders 20
    """
    told = [(path, _read(path)) for path in files]
    differences = sum(_shown(path, each, asyncio.run(_every_telling(each, orders))) for path, each in told)
    if differences:
        raise typer.Exit(1)


def _read(path: Path) -> Scenario:
    try:
        return reading.read(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise Invalid(str(path), "NOT_UTF8", "is not text") from error
    except Invalid as error:
        raise Invalid(f"{path}: {error.field}", error.code, error.message) from error


async def _every_telling(told: Scenario, orders: int) -> list[Line]:
    """The lines of the file's own order, and those of other orders that differ from what is expected."""
    with tempfile.TemporaryDirectory(prefix="clickledger-scenario-") as folder:
        empty = Path(folder, "empty.sqlite3")
        async with database.connected(f"sqlite://{empty}"):
            await database.migrate()
        lines = await _telling(empty, told, told.chapters)
        for number in range(1, orders + 1):
            shuffled = Chapter(_shuffled(told.pieces, number), told.expected)
            lines += [
                Line(f"order {number}: {line.what}", line.expected, line.found)
                for line in await _telling(empty, told, (shuffled,))
                if not line.agrees
            ]
        return lines


def _shuffled(pieces: tuple[Piece, ...], number: int) -> tuple[Piece, ...]:
    return tuple(random.Random(number).sample(pieces, len(pieces)))  # noqa: S311  # an order to try, not a secret


async def _telling(empty: Path, told: Scenario, chapters: tuple[Chapter, ...]) -> list[Line]:
    """The lines of one telling, in a database of its own; faults of the ledger itself are lines that differ."""
    path = empty.with_name("telling.sqlite3")
    shutil.copy(empty, path)
    lines: list[Line] = []
    async with database.connected(f"sqlite://{path}"):
        world = await telling.prepare(told)
        for chapter in chapters:
            for piece in chapter.pieces:
                await telling.tell(world, piece)
            await telling.settled()
            lines += comparing.lines(chapter.expected, await finding.found(world), world.clock)
        lines += [Line("fault", None, fault) for fault in await finding.faults()]
    return lines


def _shown(path: Path, told: Scenario, lines: list[Line]) -> int:
    """Print what was expected and found; how many lines differ."""
    console = Console(width=None if Console().is_terminal else 240)
    wrong = sum(not line.agrees for line in lines)
    console.print(f"{escape(str(path))}: {escape(told.title)}", highlight=False)
    table = Table("", "", "expected", "found", box=None, pad_edge=False)
    for line in lines:
        sign = "[green]ok[/]" if line.agrees else "[red]NO[/]"
        table.add_row(sign, escape(line.what), escape(str(line.expected)), escape(str(line.found)))
    console.print(table)
    console.print(f"{wrong} of {len(lines)} differ\n" if wrong else f"all {len(lines)} agree\n", highlight=False)
    return wrong
