"""What became of the facts: none that was acknowledged may be missing, and the books must be those of an undisturbed run."""

import asyncio
import json
import random
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tortoise.models import Model

from api.database import connected
from ingest import inbox, links, workspaces
from ingest.models.evidence import Click, Statement, StatementKind, StripeEvent
from ingest.models.facts import Subject
from ingest.models.workspace import Link
from ingest.settle import due
from ingest.settler import settle_everything
from tests import counting, proof, story, stripe_events
from tests.crash.traffic import KEY, Traffic
from tests.story import Books

SETTLE_SECONDS = 60.0
_EVIDENCE: tuple[type[Model], ...] = (Link, Click, Statement)


async def link(url: str) -> None:
    """The one link that everybody follows."""
    async with connected(url):
        workspace = await workspaces.ensure_default()
        await links.create(workspace.id, links.Draft(url="https://shop.example/spring", key=KEY))


async def lost(url: str, folder: Path, traffic: Traffic) -> list[str]:
    """Facts that were acknowledged and are nowhere."""
    async with connected(url):
        held = await _held(folder)
    return sorted(f"{kind} {name}" for kind, names in traffic.acknowledged.items() for name in names - held[kind])


async def _held(folder: Path) -> Mapping[str, set[str]]:
    said = await Statement.all()
    return {
        "click": {str(name) for name in await Click.all().values_list("id", flat=True)} | spooled(folder),
        "event": {str(name) for name in await StripeEvent.all().values_list("event_id", flat=True)},
        "lead": {str(row.external_id) for row in said if row.kind is StatementKind.LEAD},
        "sale": {str(row.body.get("invoiceId")) for row in said if row.kind is StatementKind.SALE},
    }


def spooled(folder: Path) -> set[str]:
    """Ids of clicks that wait on the disk."""
    paths = (folder / "clickledger-spool").glob("clicks-*.jsonl")
    lines = [line for path in paths for line in path.read_bytes().split(b"\n")[:-1]]
    return {json.loads(line)["id"] for line in lines}


async def settled(url: str, folder: Path) -> None:
    """Wait until the running server has nothing left to do."""
    async with connected(url), asyncio.timeout(SETTLE_SECONDS):
        while await is_unsettled(folder):  # noqa: ASYNC110  # another process
            await asyncio.sleep(0.1)


async def is_unsettled(folder: Path) -> bool:
    """Whether the server on the connected database has something left to do."""
    return bool(await due.anywhere() or await Subject.filter(dirty=True).exists() or spooled(folder))


async def differences(url: str, traffic: Traffic, empty: Path, *, seed: int = 0) -> list[str]:
    """How the books differ from those of an undisturbed run, from what they must be, and from what their changes tell."""
    async with connected(url):
        books = await story.books(1)
        faults = [f"failed: {event}" for event in await story.failures()]
        if await story.announced(1) != {sale["id"] for sale in books.sales}:
            faults.append("the change stream ends elsewhere")
        faults += [f"rollup {each}" for each in await counting.strayed(1)]
        faults += [f"verify {each}" for each in await proof.differences(empty, empty.parent)]
        evidence = {table: [_columns(row) for row in await table.all()] for table in _EVIDENCE}
    calm = await _undisturbed(empty, traffic, evidence, seed)
    made = {(sale["currency"], sale["gross_minor"], sale["net_minor"], sale["click_id"]) for sale in books.sales}
    faults += [f"not as told: {each}" for each in made ^ traffic.expected]
    if len(books.sales) != len(traffic.clicks) or len(traffic.clicks) != traffic.begun:
        faults.append(f"{len(books.sales)} sales of {len(traffic.clicks)} customers who paid, of {traffic.begun} who came")
    return faults + [f"table {name}" for name in books.tables if books.tables[name] != calm.tables[name]]


def _columns(row: Model) -> dict[str, Any]:
    return {name: getattr(row, name) for name in row._meta.db_fields}


async def _undisturbed(empty: Path, traffic: Traffic, evidence: Mapping[type[Model], list[dict[str, Any]]], seed: int) -> Books:
    """The same evidence told to another database: SQLite, in one process that nobody disturbs, in another order.

    Events are those that were sent, not those that arrived; clicks and statements carry the server's own time and are taken as they are.
    """
    path = empty.with_name("undisturbed.sqlite3")
    shutil.copy(empty, path)
    async with connected(f"sqlite://{path}"):
        workspace = await workspaces.ensure_default()
        account = await workspaces.primary_account(workspace.id)
        for table, rows in evidence.items():
            await table.bulk_create([table(**{**row, **({"settled": False} if table is Statement else {})}) for row in rows])
        for event in random.Random(seed).sample(traffic.events, len(traffic.events)):
            await inbox.store(stripe_events.raw(event), inbox.envelope(event), workspace_id=workspace.id, account_id=account.id)
        await settle_everything()
        return await story.books(workspace.id)
