"""Which of the operator's Stripe keys asks for which account, and the loops that do so.

A key asks for its own account, and as a platform for the accounts that a workspace claimed beside it, with the header `Stripe-Account`.
A key that names a workspace asks for that one; a key that names none, for every workspace without a key of its own.
Source: https://docs.stripe.com/connect/authentication
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime

import structlog

from ingest import accounts, enrich, workspaces
from ingest.backfill import reading
from ingest.backfill.intake import Owner
from ingest.enrich import Place
from ingest.errors import Invalid, NotFound
from ingest.models.workspace import Account, Workspace
from ingest.stripe.client import Api
from ingest.stripe.errors import KeyRefused, TryLater

TRIES = 3
"""Of one request: a question that fails is asked again minutes later anyhow."""
_EVERY_SECONDS, _REFUSED_SECONDS = 10.0, 3_600.0
_log = structlog.get_logger("clickledger.enrich")


@dataclass(frozen=True, slots=True)
class Key:
    """A Stripe key, and the workspace that it is for by slug; None: any that has no key of its own. Never logged."""

    secret: str = field(repr=False)
    workspace: str | None = None


def key_for(keys: Sequence[Key], slug: str) -> Key | None:
    """The key of that workspace: its own before one of nobody's."""
    own = [key for key in keys if key.workspace == slug]
    return next(iter(own or [key for key in keys if key.workspace is None]), None)


@dataclass(slots=True)
class Asked:
    """An account that a key asks for."""

    api: Api
    whose: Owner
    place: Place = field(default_factory=Place)
    pause_until: float = 0.0


class Asker:
    """One key and the accounts that it asks for, which are looked for again in every round: another may be claimed."""

    def __init__(self, key: Key, *, base: str, named: frozenset[str], wake: Callable[[], None]) -> None:
        """`named`: the workspaces that have a key of their own."""
        self._key, self._base, self._named, self._wake = key, base, named, wake
        self._own: str | None = None
        """The account that the key belongs to, once Stripe has said it."""
        self._owned_from = 0.0
        """When it is next seen to that a workspace owns that account."""
        self._asked: dict[int, Asked] = {}
        self._open = AsyncExitStack()

    async def run(self) -> None:
        """Notice and ask; goes on until it is cancelled."""
        async with self._open:
            api = await self._connection(None)
            while True:
                rest = await self._round(api)
                await asyncio.sleep(rest)

    async def _connection(self, account: str | None) -> Api:
        return await self._open.enter_async_context(Api(self._key.secret, base=self._base, account=account, tries=TRIES))

    async def _round(self, api: Api) -> float:
        """One round over the accounts; how long to rest."""
        try:
            await self._find(api)
        except TryLater as refused:
            return max(_EVERY_SECONDS, refused.wait_seconds or 0.0)
        except KeyRefused as refused:  # its own words may quote the key
            _log.warning("Stripe cannot be asked", status=refused.status)
            return _REFUSED_SECONDS
        return min([await self._ask(asked) for asked in self._asked.values()], default=_EVERY_SECONDS)

    async def _find(self, api: Api) -> None:
        """Whom there is to ask for. Nobody is known before Stripe has said whose the key is."""
        self._own = self._own or str((await api.account())["id"])
        await self._see_to_own(api, self._own)
        for row in await self._claimed():
            if row.id not in self._asked:
                its = api if row.stripe_account == self._own else await self._connection(row.stripe_account)
                self._asked[row.id] = Asked(its, Owner(workspace_id=row.workspace_id, account_id=row.id, source="api"))

    async def _see_to_own(self, api: Api, stripe_account: str) -> None:
        """The key's own account becomes its workspace's, if nobody owns it. A platform that sells nothing itself needs none."""
        clock = asyncio.get_running_loop().time
        if self._owned_from > clock():
            return
        self._owned_from = clock() + _REFUSED_SECONDS
        try:
            await reading.owner(api, await self._home(stripe_account))
        except (Invalid, NotFound) as error:
            _log.warning("Stripe is not asked for the key's own account", error=str(error))

    async def _home(self, stripe_account: str) -> int:
        """The workspace whose account the key's own is, or becomes."""
        if self._key.workspace is not None:
            return (await workspaces.find(self._key.workspace)).id
        found = await accounts.find(stripe_account)
        return found.workspace_id if found else (await workspaces.find(workspaces.DEFAULT)).id

    async def _claimed(self) -> list[Account]:
        """The accounts of the workspaces that the key is for: its own, and those that it may be a platform for."""
        whose = Workspace.exclude(slug__in=list(self._named)) if self._key.workspace is None else Workspace.filter(slug=self._key.workspace)
        rows = Account.filter(workspace_id__in=[row.id for row in await whose], stripe_account__isnull=False)
        return await rows.order_by("-is_primary", "id")

    async def _ask(self, asked: Asked) -> float:
        """What is due for one account; how long it may rest then. One that refuses keeps no other waiting."""
        clock = asyncio.get_running_loop().time
        if asked.pause_until > clock():
            return min(_EVERY_SECONDS, asked.pause_until - clock())
        try:
            if await enrich.notice(asked.whose, asked.place, livemode=asked.api.livemode, now=datetime.now(UTC)):
                pause = 0.0
            else:
                pause = _EVERY_SECONDS
            if found := await enrich.ask(asked.api, asked.whose, now=datetime.now(UTC)):
                _log.info("Stripe told what no event had", objects=found)
                self._wake()
        except TryLater as refused:
            pause = max(_EVERY_SECONDS, refused.wait_seconds or 0.0)
        except KeyRefused as refused:
            _log.warning("Stripe cannot be asked for an account", account=asked.whose.account_id, status=refused.status)
            pause = _REFUSED_SECONDS
        asked.pause_until = clock() + pause
        return min(pause, _EVERY_SECONDS)


async def run(keys: Sequence[Key], base: str, wake: Callable[[], None]) -> None:
    """Ask with every key, each at its own pace; goes on until it is cancelled."""
    named = frozenset(key.workspace for key in keys if key.workspace is not None)
    async with asyncio.TaskGroup() as asking:
        for key in keys:
            asking.create_task(Asker(key, base=base, named=named, wake=wake).run())
