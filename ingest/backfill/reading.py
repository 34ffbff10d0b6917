"""A backfill: what Stripe has and we do not, from its lists or from a file, through the same inbox as every webhook.

Within 30 days the events themselves are read, so the result equals live delivery. Beyond, objects are read: their state and metadata
are those of today.
"""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from ingest import accounts, bodies, workspaces
from ingest.backfill import intake, lists
from ingest.backfill.bookmark import Bookmark
from ingest.backfill.intake import Outcome, Owner
from ingest.backfill.lists import Source, Span
from ingest.errors import Invalid
from ingest.stripe.client import Api, Json
from ingest.stripe.errors import StripeRefused

LINES_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Step:
    """One page or one bundle of lines, taken in."""

    name: str
    taken: Counter[Outcome]


async def owner(api: Api, workspace_id: int, *, account: str | None = None, dry_run: bool = False) -> tuple[Owner, str]:
    """Whose events the key will bring, and that account's Stripe id.

    Raises:
        Invalid: the account is not this workspace's.
    """
    stripe_account = account or str((await api.account())["id"])
    found = await accounts.find(stripe_account)
    if found is None and account is None:
        found = await workspaces.primary_account(workspace_id)
        if found.stripe_account is None and not dry_run:
            found, _ = await accounts.claim(workspace_id, stripe_account, primary=True)
        elif found.stripe_account is not None:
            raise Invalid("account", "TAKEN", f"the key is of {stripe_account}, the workspace's account is {found.stripe_account}")
    if found is None or found.workspace_id != workspace_id:
        raise Invalid("account", "NOT_CLAIMED", f"{stripe_account} is not this workspace's: run `clickledger accounts claim`")
    return Owner(workspace_id=workspace_id, account_id=found.id, source="backfill", dry_run=dry_run), stripe_account


async def from_stripe(api: Api, whose: Owner, bookmark: Bookmark, *, tell: Callable[[Step], None]) -> Counter[Outcome]:
    """Read everything that the bookmark's span needs and that is not read yet."""
    tally: Counter[Outcome] = Counter()
    for source, span in lists.plan(bookmark.span, bookmark.started_at):
        place = lists.place(source, span)
        if place in bookmark.finished:
            continue
        async for page in _pages(api, source, span, bookmark):
            taken = await intake.take(_events(source, page, livemode=api.livemode), whose)
            bookmark.move(place, page[-1]["id"])
            tell(Step(source.name, taken))
            tally += taken
        bookmark.finish(place)
    bookmark.close()
    return tally


async def _pages(api: Api, source: Source, span: Span, bookmark: Bookmark) -> AsyncIterator[list[Json]]:
    """The list from where it was left; from its start if what was read last is gone since."""
    place = lists.place(source, span)
    after = bookmark.after.get(place)
    try:
        async for page in api.pages(source.path, after=after, created=span.asked, **source.asked):
            yield page
    except StripeRefused as refused:
        if refused.code != "resource_missing" or place not in bookmark.after:
            raise
        bookmark.restart(place)
        async for page in api.pages(source.path, created=span.asked, **source.asked):
            yield page


def _events(source: Source, page: list[Json], *, livemode: bool) -> list[Json]:
    if not source.type:
        return page
    now = datetime.now(UTC)
    return [lists.as_event(source, found, livemode=livemode, now=now) for found in page if source.worth(found)]


async def from_lines(lines: Iterable[bytes], whose: Owner, *, livemode: bool, tell: Callable[[Step], None]) -> Counter[Outcome]:
    """Read an export of events, objects or lists of them, one JSON value a line, without a network."""
    tally: Counter[Outcome] = Counter()
    for bundle in _bundles(lines):
        taken = await _take_lines(bundle, whose, livemode=livemode)
        tell(Step("lines", taken))
        tally += taken
    return tally


def _bundles(lines: Iterable[bytes]) -> Iterable[list[bytes]]:
    bundle: list[bytes] = []
    for line in lines:
        if line.strip():
            bundle.append(line)
        if len(bundle) == LINES_AT_ONCE:
            yield bundle
            bundle = []
    if bundle:
        yield bundle


async def _take_lines(bundle: list[bytes], whose: Owner, *, livemode: bool) -> Counter[Outcome]:
    """Events of a connected account go to that account, if it is this workspace's; all others to the owner's."""
    by_account: dict[str | None, list[Any]] = {}
    for event in (event for line in bundle for event in _of_line(line, livemode=livemode)):
        account = event.get("account") if isinstance(event, dict) else None
        by_account.setdefault(account if isinstance(account, str) else None, []).append(event)
    tally: Counter[Outcome] = Counter()
    for account, events in by_account.items():
        found = None if account is None else await accounts.find(account)
        if found is not None and found.workspace_id == whose.workspace_id:
            tally += await intake.take(events, replace(whose, account_id=found.id))
        elif account is None:
            tally += await intake.take(events, whose)
        else:
            tally[Outcome.NOT_OURS] += len(events)
    return tally


def _of_line(line: bytes, *, livemode: bool) -> list[Any]:
    """The events that a line holds. A value that is none comes back as it is, to be counted as unreadable."""
    try:
        value = bodies.parse(line)
    except bodies.Unreadable:
        return [None]
    listed = isinstance(value, dict) and value.get("object") == "list" and isinstance(value.get("data"), list)
    return [_as_event(found, livemode=livemode) for found in (value["data"] if listed else [value])]


def _as_event(found: Any, *, livemode: bool) -> Any:
    source = lists.of_object(found) if isinstance(found, dict) else None
    return found if source is None else lists.as_event(source, found, livemode=livemode, now=datetime.now(UTC))
