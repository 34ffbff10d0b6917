"""Tells a scenario in every order: each must end in what the file expects, and all in the same ledger, row for row."""

import itertools
import random
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest
from tortoise.transactions import in_transaction

from ingest import fx
from ingest.models.evidence import Click, QuarantinedEvent, Rate, RateSource, Statement, StripeEvent
from ingest.models.facts import Claim, Fact, Lookup, PaymentKey, Subject
from ingest.models.ledger import Change
from ingest.models.rollups import SETS, RollupDelta
from ingest.models.workspace import Account, Link
from ingest.scenario import comparing, finding, telling
from ingest.scenario.reading import Piece, Scenario
from ingest.scenario.telling import World
from tests import story
from tests.story import LEDGER, Books

FOLDER = Path(__file__).parent
FILES = {path.stem: path.read_text() for path in sorted(FOLDER.glob("*.yaml"))}
"""Name -> text."""
ALL_ORDERS_OF = 6
"""Pieces of which every order is tried: a file with more would need another way."""
_EVIDENCE = (Change, Lookup, Claim, Fact, PaymentKey, Subject, Statement, StripeEvent, QuarantinedEvent, Click, Rate, RateSource)


def orders(pieces: Sequence[Piece]) -> Iterator[tuple[Piece, ...]]:
    assert len(pieces) <= ALL_ORDERS_OF
    return itertools.permutations(pieces)


async def as_told(scenario: Scenario) -> World:
    """Chapter by chapter, each compared."""
    world = await telling.prepare(scenario)
    for number, chapter in enumerate(scenario.chapters, 1):
        for piece in chapter.pieces:
            await telling.tell(world, piece)
        await telling.settled()
        await _agrees(world, chapter.expected, f"chapter {number}")
    return world


async def in_every_order(world: World, scenario: Scenario) -> None:
    """Every order of all that happened, settled somewhere in its middle, ends alike."""
    first, rows = await _books(world), await _rows(world)
    for number, order in enumerate(orders(scenario.pieces)):
        await forget()
        cut = random.Random(number).randrange(len(order))
        for place, piece in enumerate(order):
            if place == cut:
                await telling.settled()
            await telling.tell(world, piece)
        await telling.settled()
        if await _rows(world) != rows:  # say what differs in the scenario's words where they can
            told = [(piece.section, piece.position) for piece in order]
            await _agrees(world, scenario.expected, f"order {number} {told} cut at {cut}")
            assert await _books(world) == first, f"order {number}: {told} cut at {cut}"
            pytest.fail(f"order {number}: {told} cut at {cut}")


async def _agrees(world: World, expected: Mapping[str, object], when: str) -> None:
    lines = comparing.lines(expected, await finding.found(world), world.clock)
    wrong = [f"{line.what}: expected {line.expected!r}, found {line.found!r}" for line in lines if not line.agrees]
    if wrong:
        pytest.fail("\n".join([when, *wrong]), pytrace=False)
    assert await finding.faults() == [], when


async def _books(world: World) -> dict[str, Books]:
    return {slug: await story.books(row.id) for slug, row in world.workspaces.items()}


async def _rows(world: World) -> list[list[list[str]]]:
    return [await story.rows(row.id) for row in world.workspaces.values()]


async def forget() -> None:
    """Empty everything but the workspaces and their links."""
    async with in_transaction() as connection:
        await connection.execute_script(
            "".join(f'DELETE FROM "{table._meta.db_table}";' for table in (*reversed(LEDGER), *_EVIDENCE, RollupDelta, *SETS))
        )  # names of our tables
        await Link.all().update(archived_at=None)
        await Account.filter(stripe_account="acct_claimed").update(stripe_account=None)
    fx._remembered.clear()  # what it remembers is right for as long as no rate is forgotten
