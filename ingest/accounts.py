"""Stripe accounts: which workspace owns which `acct_…`. What came for an account before anybody claimed it waits in quarantine."""

import asyncio
import re
from collections.abc import Callable

from tortoise.exceptions import IntegrityError

from ingest import inbox
from ingest.errors import Invalid
from ingest.models.workspace import Account

_STRIPE_ACCOUNT = re.compile(r"acct_[A-Za-z0-9]{1,40}")


async def find(stripe_account: str) -> Account | None:
    return await Account.get_or_none(stripe_account=stripe_account)


async def listed(workspace_id: int) -> list[Account]:
    """A workspace's accounts, the primary one first."""
    return await Account.filter(workspace_id=workspace_id).order_by("-is_primary", "id")


async def claim(workspace_id: int, stripe_account: str, *, primary: bool = False) -> tuple[Account, int]:
    """Give an account to a workspace; the account, and how many events came out of quarantine for it.

    `primary` says that it is the account of the workspace's own endpoint, so that its events by Connect and by that endpoint
    meet. The claim is committed before the quarantine is emptied: an event that arrives between finds its owner. Who dies between leaves
    the rest to `let_in`.

    Raises:
        Invalid: not an account id; another workspace's; or the primary account is another one.
    """
    if not _STRIPE_ACCOUNT.fullmatch(stripe_account):
        raise Invalid("account", "INVALID_ACCOUNT", "a Stripe account is named acct_ and letters or digits")
    account = await find(stripe_account)
    if account is None:
        account = await (_name_primary if primary else _add)(workspace_id, stripe_account)
    if account.workspace_id != workspace_id:
        raise Invalid("account", "TAKEN", f"{stripe_account} belongs to another workspace")
    if primary and not account.is_primary:
        raise Invalid("account", "TAKEN", f"{stripe_account} is claimed already, beside the primary account")
    return account, await inbox.release(stripe_account)


async def let_in(wake: Callable[[], None]) -> None:
    """Let in, once, what still waits for accounts that are claimed; beside everything else a server does."""
    moved = [await inbox.release(name) for name in await inbox.owned()]
    if any(moved):
        wake()
    await asyncio.Event().wait()


async def _add(workspace_id: int, stripe_account: str) -> Account:
    try:
        return await Account.create(workspace_id=workspace_id, stripe_account=stripe_account)
    except IntegrityError:  # claimed in this very moment; `claim` looks at whose it is
        return await Account.get(stripe_account=stripe_account)


async def _name_primary(workspace_id: int, stripe_account: str) -> Account:
    try:
        await Account.filter(workspace_id=workspace_id, is_primary=True, stripe_account=None).update(stripe_account=stripe_account)
    except IntegrityError:
        return await Account.get(stripe_account=stripe_account)
    account = await Account.get(workspace_id=workspace_id, is_primary=True)
    if account.stripe_account != stripe_account:
        raise Invalid("account", "TAKEN", f"the primary account is {account.stripe_account}")
    return account
