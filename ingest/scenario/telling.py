"""Tells a scenario to a database: its workspaces first, then each piece as it would have come in at the edge."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any

import orjson

from ingest import accounts, clicks, fx, ids, inbox, links, quotes, settler, statements, workspaces
from ingest.clicks import Seen
from ingest.errors import Invalid
from ingest.models.evidence import Statement
from ingest.models.workspace import Link, Workspace
from ingest.scenario.moments import moment, offset
from ingest.scenario.reading import DEFAULT, Piece, Scenario
from ingest.settle import lookups

API_VERSION = "2026-10-28.endive"
_TIMES = frozenset({"created", "paid_at", "start_date", "at"})
"""Fields of Stripe's objects in which an offset is a time, and not text."""


@dataclass(frozen=True, slots=True)
class World:
    """Where a scenario takes place: its workspaces, and the click id of each click's name."""

    clock: datetime
    workspaces: Mapping[str, Workspace]
    clicks: Mapping[str, str]


async def prepare(scenario: Scenario) -> World:
    """Make the workspaces and the links of a scenario in the connected database."""
    made = {slug: await _workspace(slug, settings) for slug, settings in scenario.workspaces.items()}
    told = [piece.said for piece in scenario.pieces if piece.section == "clicks"]
    world = World(scenario.clock, made, {said["name"]: _click_id(said, scenario.clock) for said in told})
    for slug, name in sorted({(said.get("workspace", DEFAULT), said.get("link", DEFAULT)) for said in told}):
        await _link(workspace(world, slug), slug, name)
    return world


async def _workspace(slug: str, settings: Mapping[str, Any]) -> Workspace:
    made = await (workspaces.ensure_default() if slug == DEFAULT else workspaces.ensure(slug))
    if "account" in settings:
        await accounts.claim(made.id, settings["account"], primary=True)
    return await workspaces.update(made.id, {name: value for name, value in settings.items() if name != "account"})


async def _link(owner: Workspace, slug: str, name: str) -> None:
    await Link.create(id=link_id(slug, name), workspace_id=owner.id, domain="*", key=name, url="https://shop.example/")


def link_id(slug: str, name: str) -> str:
    return ids.derived("link", slug, name)


def _click_id(said: Mapping[str, Any], clock: datetime) -> str:
    """The same name always gives the same id."""
    secret = int.from_bytes(blake2b(str(said["name"]).encode(), digest_size=8).digest(), "big")
    return ids.click_id(_at(said["at"], clock).timestamp(), secret=secret)


def workspace(world: World, slug: str) -> Workspace:
    if slug not in world.workspaces:
        raise Invalid("workspace", "UNKNOWN", f"the scenario has no workspace {slug!r}")
    return world.workspaces[slug]


async def tell(world: World, piece: Piece) -> None:
    """Let one piece happen. Nothing is settled yet.

    Raises:
        Invalid: it says what cannot be taken.
    """
    owner = workspace(world, piece.said.get("workspace", DEFAULT))
    await _TELLERS[piece.section](world, owner, piece)


async def settled() -> None:
    """Settle all that waits."""
    await settler.settle_everything()


def _at(value: Any, clock: datetime) -> datetime:
    found = moment(value, clock)
    if found is None:
        raise Invalid("at", "INVALID", f"{value!r} is neither an offset from the clock, such as -1d or +2h30m, nor a date and time")
    return found


async def _tell_click(world: World, owner: Workspace, piece: Piece) -> None:
    said, slug = piece.said, piece.said.get("workspace", DEFAULT)
    its = link_id(slug, said.get("link", DEFAULT))
    at, bot = _at(said["at"], world.clock), bool(said.get("bot", False))
    click = Seen(id=world.clicks[said["name"]], workspace_id=owner.id, link_id=its, clicked_at=at, url="https://shop.example/", bot=bot)
    await clicks.insert([click])


async def _tell_lead(world: World, owner: Workspace, piece: Piece) -> None:
    body = _wire(world, piece, event="eventName", email="customerEmail", name="customerName")
    row = await statements.record_lead(owner.id, _livemode(piece), {"eventName": "Sign up", **body}, at=_at(piece.said["at"], world.clock))
    await _named(row, piece)


async def _tell_tracked_sale(world: World, owner: Workspace, piece: Piece) -> None:
    body = _wire(world, piece, amount="amount", currency="currency", invoice="invoiceId", processor="paymentProcessor", event="eventName")
    row = await statements.record_sale(owner.id, _livemode(piece), body, at=_at(piece.said["at"], world.clock))
    if "invoice" not in piece.said:  # the id of one with an invoice is derived from that already
        await _named(row, piece)


def _wire(world: World, piece: Piece, **names: str) -> dict[str, Any]:
    """What the site would have sent: our names of the fields -> those of the wire."""
    said = {names[name]: value for name, value in piece.said.items() if name in names}
    click = piece.said.get("click")
    return {**said, "externalId": piece.said["customer"], **({"clickId": world.clicks.get(click, click)} if click else {})}


async def _tell_attach(world: World, owner: Workspace, piece: Piece) -> None:
    record = statements.record_attach if piece.section == "attached" else statements.record_detach
    body = {"payment": piece.said["payment"], "clickId": world.clicks.get(piece.said["click"], piece.said["click"])}
    await _named(await record(owner.id, _livemode(piece), body, at=_at(piece.said["at"], world.clock)), piece)


async def _named(row: Statement, piece: Piece) -> None:
    """A statement's random name is one of its own in each telling; here it is that of its place, so that tellings can be compared."""
    await Statement.filter(id=row.id).update(uid=ids.derived("stm", piece.position))


async def _tell_event(world: World, owner: Workspace, piece: Piece) -> None:
    event = event_of(world, piece)
    said, body = inbox.envelope(event), orjson.dumps(event)
    account = await (accounts.find(said.account) if said.account else workspaces.primary_account(owner.id))
    if account is None:
        await inbox.quarantine(body, said, stripe_account=said.account or "")
    else:
        await inbox.store(body, said, workspace_id=account.workspace_id, account_id=account.id)


def event_of(world: World, piece: Piece) -> dict[str, Any]:
    """The event as Stripe would send it; an object that does not say when it was made was made when the event was."""
    said: dict[str, Any] = _stripes(world, piece.said)
    optional = {name: said[name] for name in ("account",) if name in said}
    return {
        "id": said.get("id", f"evt_{piece.position}"),
        "object": "event",
        "api_version": said.get("api_version", API_VERSION),
        "created": said["created"],
        "livemode": _livemode(piece),
        "type": said["type"],
        "data": {"object": {"created": said["created"], **said["object"]}, "previous_attributes": said.get("previous_attributes", {})},
        **optional,
    }


def _stripes(world: World, value: Any, name: str = "") -> Any:
    """A value as Stripe writes it: times in seconds since 1970, `<name>` of a click as its id."""
    if isinstance(value, Mapping):
        return {str(key): _stripes(world, item, str(key)) for key, item in value.items()}
    if isinstance(value, list):
        return [_stripes(world, item) for item in value]
    if isinstance(value, datetime) or (name in _TIMES and isinstance(value, str) and offset(value) is not None):
        return int(_at(value, world.clock).timestamp())
    if isinstance(value, str):
        for click, its_id in world.clicks.items():
            value = value.replace(f"<{click}>", its_id)
    return value


async def _tell_rates(world: World, _: Workspace, piece: Piece) -> None:
    said = piece.said
    if said["source"] not in quotes.SOURCES:
        raise Invalid("source", "UNKNOWN", f"{said['source']!r} is none of {', '.join(quotes.SOURCES)}")
    until = _at(said["complete_to"], world.clock)
    rates = [fx.published(row["currency"], _at(row["at"], world.clock), str(row["rate"])) for row in said["published"]]
    await fx.learn(quotes.SOURCES[said["source"]], rates, lambda known_to, _: max(until, known_to or until))
    await lookups.wake_for_rates()


async def _tell_claim(_: World, owner: Workspace, piece: Piece) -> None:
    await accounts.claim(owner.id, piece.said["account"], primary=True)


async def _tell_archived(_: World, owner: Workspace, piece: Piece) -> None:
    await links.archive(owner.id, link_id(piece.said.get("workspace", DEFAULT), piece.said["link"]))


def _livemode(piece: Piece) -> bool:
    return bool(piece.said.get("livemode", False))


_TELLERS: Mapping[str, Callable[[World, Workspace, Piece], Awaitable[None]]] = {
    "clicks": _tell_click,
    "leads": _tell_lead,
    "tracked_sales": _tell_tracked_sale,
    "events": _tell_event,
    "rates": _tell_rates,
    "claims": _tell_claim,
    "attached": _tell_attach,
    "detached": _tell_attach,
    "archived": _tell_archived,
}
