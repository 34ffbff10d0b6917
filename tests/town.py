"""A town: one workspace with two accounts and two links, beside another workspace, to which whole lives are told and settled.

Evidence goes in by the doors that the server uses and is settled by the server's own settler; only its commits are fewer.
"""

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from tortoise.transactions import in_transaction

from ingest import statements
from ingest.models.evidence import Click, Rate, RateSource, Statement
from ingest.models.facts import Subject
from ingest.models.rollups import RollupDelta
from ingest.models.workspace import Account, Link
from ingest.settle import batch
from ingest.settle.due import anywhere
from tests import story
from tests.lives import Life
from tests.story import PAID_AT, Books, Story
from tests.teller import Clicked, Happening, Heard, Told

PASSES = 10_000
"""Far more than a town has pieces of evidence."""
CUTS = 8
"""Places at most, on an order's way, at which the settler has some passes."""
_RECORD = {
    "lead": statements.record_lead,
    "sale": statements.record_sale,
    "profile": statements.record_profile,
    "attach": statements.record_attach,
    "detach": statements.record_detach,
}


class Town:
    """The workspace and what surrounds it."""

    def __init__(self, tale: Story, links: Sequence[Link], accounts: Sequence[int]) -> None:
        self.tale, self.links, self.accounts = tale, links, accounts

    async def books(self, runs: Sequence[Sequence[Happening]], seed: int = 0) -> Books:
        """The books after these runs of happenings; between two of them the settler gets somewhere, and seldom to its end."""
        rng = random.Random(seed)
        await self.tale.forget()
        await Click.all().delete()
        await RollupDelta.all().delete()
        for number, run in enumerate(runs):
            if number:
                await _some_passes(rng)
            await self._told_at_once(run)
        await _settled()
        assert await story.failures() == []
        assert await Subject.filter(error__isnull=False).values_list("error", flat=True) == []
        return await story.books(self.tale.workspace.id)

    async def _told_at_once(self, run: Sequence[Happening]) -> None:
        """Clicks commit by themselves; the rest of a run has one commit, since the settler sees it at its end alone."""
        for clicked in (happening for happening in run if isinstance(happening, Clicked)):
            await self.happen(clicked)
        async with in_transaction():
            for happening in (each for each in run if not isinstance(each, Clicked)):
                await self.happen(happening)

    async def happen(self, happening: Happening) -> None:
        if isinstance(happening, Clicked):
            more: Any = {"link": self.links[happening.link], "bot": happening.bot, "anonymous_id": happening.browser}
            await self.tale.click_with(happening.click_id, at=happening.at, **more)
        elif isinstance(happening, Heard):
            await self.tale.hear(happening.event, account_id=self.accounts[happening.account])
        else:
            await self._told(happening)

    async def _told(self, told: Told) -> None:
        """A statement's own id is random where it is not derived: the same life keeps the same one."""
        row = await _RECORD[told.kind](self.tale.workspace.id, told.livemode, told.said, at=told.at)
        if "invoiceId" not in told.said:
            await Statement.filter(id=row.id).update(uid=told.uid)


async def found() -> Town:
    """An empty town, with rates of every few days, of currencies with 2, 0 and 3 decimals."""
    tale, other = await story.begin(), await story.begin("other")
    link = await Link.create(id="link_two", workspace_id=tale.workspace.id, domain="*", key="two", url="https://shop.example/two")
    second = await Account.create(workspace_id=tale.workspace.id, stripe_account="acct_2")
    primary = await Account.get(workspace_id=tale.workspace.id, is_primary=True)
    await RateSource.create(source="ECB", base="EUR", complete_to=datetime(2030, 1, 1, tzinfo=UTC))
    days = range(-3, 400, 5)
    rates = [(code, day, f"{whole}{day % 7}") for code, whole in (("USD", "1.1"), ("JPY", "16.37"), ("KWD", "0.33")) for day in days]
    await Rate.bulk_create(
        [Rate(source="ECB", currency=code, published_at=PAID_AT + timedelta(days=day), per_base=rate) for code, day, rate in rates]
    )
    return Town(tale, [tale.link, link, other.link], [primary.id, second.id])


def told_tidily(lives: Sequence[Life]) -> list[list[Happening]]:
    """One life after the other, each in its natural order, settled at the end."""
    return [[happening for life in lives for happening in life.happenings]]


def told_untidily(lives: Sequence[Life], seed: int) -> list[list[Happening]]:
    """Everything shuffled across all lives, some of Stripe's events again and again, in runs that cut each life in many places."""
    rng = random.Random(seed)
    told = [happening for life in lives for happening in life.happenings]
    told += [happening for happening in told if isinstance(happening, Heard) and rng.random() < 0.2]
    rng.shuffle(told)
    cuts = sorted(rng.randrange(len(told) + 1) for _ in range(rng.randint(1, CUTS)))
    return [told[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(told)], strict=True)]


async def _some_passes(rng: random.Random) -> None:
    for scope in await anywhere():
        for _ in range(rng.choice((1, 1, 2))):
            await batch.settle(scope, rng.choice((1, 10, 100)))


async def _settled() -> None:
    """Until nothing waits; a settler that never comes to rest is a fault of its own."""
    for _ in range(PASSES):
        scopes = await anywhere()
        if not scopes:
            return
        for scope in scopes:
            assert await batch.settle(scope)
    raise AssertionError(f"still not at rest: {scopes}")
