"""`clickledger backfill` and `clickledger gaps`: what Stripe has and we do not."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress, TaskID, TextColumn

from api.cli import running
from api.cli.stripe import at_stripe
from api.settings import Settings
from ingest import accounts, workspaces
from ingest.backfill import bookmark, gaps, lists, reading
from ingest.backfill.bookmark import Bookmark
from ingest.backfill.gaps import Gap
from ingest.backfill.intake import Outcome, Owner
from ingest.backfill.lists import Span
from ingest.backfill.reading import Step
from ingest.errors import Invalid

BOOKMARK = Path("clickledger-backfill.json")
SHOWN = 10
"""Missing ids that a report names of each list."""
_FORMATS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ"]

Since = Annotated[
    datetime | None, typer.Option(metavar="TIME", formats=_FORMATS, help="From this time on, UTC; 30 days ago where it is not said.")
]
Until = Annotated[datetime | None, typer.Option(metavar="TIME", formats=_FORMATS, help="Up to this time, UTC; now where it is not said.")]
Named = Annotated[str | None, typer.Option("--account", metavar="ACCOUNT", help="A connected account `acct_…` instead of the key's own.")]
Slug = Annotated[str, typer.Option("--workspace", help="The workspace, by its slug.")]


def backfill(
    since: Since = None,
    until: Until = None,
    account: Named = None,
    file: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="Events or objects, one JSON value a line; no network.")
    ] = None,
    live: Annotated[bool, typer.Option("--live/--test", help="With --file: the mode of objects that do not say theirs.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count what is missing, and store nothing.")] = False,
    workspace: Slug = workspaces.DEFAULT,
) -> None:
    """Fetch what Stripe has and we do not. Again changes nothing; a run that died goes on where it stopped.

    Within 30 days the events themselves are read, and the result equals live delivery. For what is older, sessions, invoices, charges,
    refunds, disputes and customers are read as they are today: metadata that was changed since is not as it was.
    """

    async def work(settings: Settings) -> Counter[Outcome]:
        workspace_id = (await running.workspace(workspace)).id
        if file is not None:
            return await _from_file(file, workspace_id, account=account, livemode=live, dry_run=dry_run)
        async with at_stripe(settings, workspace, account=account) as api:
            whose, name = await reading.owner(api, workspace_id, account=account, dry_run=dry_run)
            place = _place(name, since, until, livemode=api.livemode, dry_run=dry_run)
            with _progress() as tell:
                return await reading.from_stripe(api, whose, place, tell=tell)

    tally = running.run(work)
    for outcome in Outcome:
        if tally[outcome] or outcome in (Outcome.STORED, Outcome.HELD):
            typer.echo(f"{tally[outcome]:>9}  {'would be ' if dry_run and outcome is Outcome.STORED else ''}{outcome.value}")
    if tally[Outcome.UNREADABLE] or tally[Outcome.NOT_OURS]:
        raise typer.Exit(1)


def find_gaps(since: Since = None, until: Until = None, account: Named = None, workspace: Slug = workspaces.DEFAULT) -> None:
    """Compare what Stripe has with what we hold, and change nothing. Exit code 1 if anything is missing."""

    async def work(settings: Settings) -> list[Gap]:
        workspace_id = (await running.workspace(workspace)).id
        async with at_stripe(settings, workspace, account=account) as api:
            whose, _ = await reading.owner(api, workspace_id, account=account, dry_run=True)
            return [gap async for gap in gaps.find(api, whose, _span(since, until))]

    found = running.run(work)
    for gap in found:
        typer.echo(f"{gap.name:<16} {gap.there:>9} at Stripe {len(gap.missing):>9} missing")
        for name in gap.missing[:SHOWN]:
            typer.echo(f"  {name}")
    if any(gap.missing for gap in found):
        typer.echo("Run `clickledger backfill` over the same time to fetch what is missing.")
        raise typer.Exit(1)


async def _from_file(file: Path, workspace_id: int, *, account: str | None, livemode: bool, dry_run: bool) -> Counter[Outcome]:
    found = await (accounts.find(account) if account else workspaces.primary_account(workspace_id))
    if found is None or found.workspace_id != workspace_id:
        raise Invalid("account", "NOT_CLAIMED", f"{account} is not this workspace's: run `clickledger accounts claim`")
    whose = Owner(workspace_id=workspace_id, account_id=found.id, source="file", dry_run=dry_run)
    with file.open("rb") as lines, _progress() as tell:
        return await reading.from_lines(lines, whose, livemode=livemode, tell=tell)


def _span(since: datetime | None, until: datetime | None) -> Span:
    end = until.replace(tzinfo=UTC) if until else datetime.now(UTC)
    start = since.replace(tzinfo=UTC) if since else end - lists.REACH
    if start >= end:
        raise Invalid("since", "INVALID", "must be before --until")
    return Span(start, end)


def _place(account: str, since: datetime | None, until: datetime | None, *, livemode: bool, dry_run: bool) -> Bookmark:
    """Where to begin: where a run that died stopped, unless other times are asked for."""
    now = datetime.now(UTC)
    left = None if dry_run else bookmark.resume(BOOKMARK, account=account, livemode=livemode, now=now)
    span = left.span if left and not (since or until) else _span(since, until)
    if left and left.span.since == span.since and (until is None or left.span.until == span.until):
        typer.echo(f"Going on with the run of {left.started_at:%Y-%m-%d %H:%M} UTC.", err=True)
        return left
    return Bookmark(account=account, livemode=livemode, span=span, started_at=now, path=None if dry_run else BOOKMARK)


@contextmanager
def _progress() -> Iterator[Callable[[Step], None]]:
    """A line for each list while it is read, on standard error; none where nobody looks."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description:<16}"), TextColumn("{task.completed:,.0f} read"), TextColumn("{task.fields[new]:,} new"))
    tasks: dict[str, TaskID] = {}
    new: Counter[str] = Counter()
    with Progress(*columns, console=console, disable=not console.is_terminal) as shown:

        def tell(step: Step) -> None:
            new[step.name] += step.taken[Outcome.STORED]
            if step.name not in tasks:
                tasks[step.name] = shown.add_task(step.name, total=None, new=0)
            shown.update(tasks[step.name], advance=step.taken.total(), new=new[step.name])

        yield tell
