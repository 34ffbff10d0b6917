"""Webhook endpoints: which secrets sign for a workspace, and whose events they may bring."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ingest import workspaces
from ingest.models.workspace import Account, WebhookEndpoint, Workspace

OVERLAP = timedelta(hours=24)
"""How long a secret stays good after a rotation replaced its endpoint."""


@dataclass(frozen=True, slots=True)
class Secret:
    """A signing secret; never logged, so its repr says nothing."""

    value: str
    good_until: datetime | None = None

    def __repr__(self) -> str:
        return "Secret(…)"


@dataclass(frozen=True, slots=True)
class Receiver:
    """A workspace as its webhook sees it."""

    workspace_id: int
    account_id: int
    stripe_account: str | None
    """Of the primary account, where it is known."""
    secrets: tuple[Secret, ...]

    def good_secrets(self, now: datetime) -> list[str]:
        return [secret.value for secret in self.secrets if secret.good_until is None or now < secret.good_until]


async def receiver(slug: str, configured: Iterable[str] = ()) -> Receiver | None:
    """The receiver of that slug with its stored secrets behind the `configured` ones; None where there is no such workspace."""
    workspace = await Workspace.get_or_none(slug=slug) if workspaces.is_slug(slug) else None
    if workspace is None:
        return None
    account = await Account.get(workspace_id=workspace.id, is_primary=True)
    since = datetime.now(UTC) - OVERLAP
    stored = [
        Secret(endpoint.secret, None if endpoint.retired_at is None else endpoint.retired_at + OVERLAP)
        for endpoint in await WebhookEndpoint.filter(workspace_id=workspace.id).order_by("-id")
        if endpoint.retired_at is None or endpoint.retired_at > since
    ]
    return Receiver(workspace.id, account.id, account.stripe_account, (*(Secret(value) for value in configured), *stored))
