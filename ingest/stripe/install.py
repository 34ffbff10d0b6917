"""Our endpoint at Stripe: made, checked, replaced and taken away, so that nobody needs to manage a webhook.

Stripe shows an endpoint's secret once, when it is made. So it is kept at once; and an endpoint of ours whose secret was lost is made anew.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from urllib.parse import urlsplit, urlunsplit

from ingest import accounts
from ingest.errors import Invalid, NotFound
from ingest.models.workspace import WebhookEndpoint, Workspace
from ingest.stripe import wire
from ingest.stripe.client import Api, Json
from ingest.stripe.errors import Gone

MARK = "clickledger"
"""The metadata key by which we know an endpoint as ours."""
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class Outcome(Enum):
    """What an installation did."""

    CREATED = "created"
    UPDATED = "updated"  # its address, its events or its state were not as they should be
    UNCHANGED = "unchanged"
    REPLACED = "replaced"  # another version, a lost secret, or a rotation: a new endpoint stands in for the old


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """The endpoint of a workspace after an installation."""

    outcome: Outcome
    endpoint: str
    url: str
    livemode: bool
    account: str
    released: int
    """Events that had waited for this account."""
    strangers: tuple[str, ...]
    """Endpoints of this address that somebody else made: their events are signed by secrets that we do not hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How an endpoint of ours stands at Stripe."""

    endpoint: str
    url: str
    livemode: bool
    state: str
    """Stripe's `enabled` or `disabled`; `gone` where Stripe no longer has it."""
    api_version: str
    missing: tuple[str, ...]
    """Events that we read and it does not send."""
    surplus: tuple[str, ...]

    @property
    def good(self) -> bool:
        return self.state == "enabled" and not self.missing and self.api_version == wire.API_VERSION


def address(url: str, slug: str) -> str:
    """The webhook's full address: a bare host gets the workspace's own path.

    Raises:
        Invalid: not an address that Stripe can call.
    """
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        raise Invalid("url", "INVALID_URL", "Stripe calls https addresses alone, such as https://go.example.com")
    if not parts.hostname or parts.query or parts.fragment:
        raise Invalid("url", "INVALID_URL", "must be an address such as https://go.example.com")
    path = parts.path if parts.path.strip("/") else f"/webhooks/stripe/{slug}"
    return urlunsplit((parts.scheme, parts.netloc, path, "", ""))


async def install(api: Api, workspace: Workspace, url: str) -> Installed:
    """Make the workspace's endpoint, or make it as it should be. Again changes nothing.

    Raises:
        Invalid: an address that cannot be, or a Stripe account of another workspace.
        StripeRefused: Stripe did not do it.
    """
    wanted = address(url, workspace.slug)
    stripe_account = str((await api.account())["id"])
    _, released = await accounts.claim(workspace.id, stripe_account, primary=True)
    there = {str(endpoint["id"]): endpoint for endpoint in await api.endpoints()}
    kept = await _kept(api, workspace)
    if kept and kept.stripe_endpoint in there and _ours(there[kept.stripe_endpoint]):
        outcome = await _mend(api, kept, there[kept.stripe_endpoint], wanted)
    else:
        kept, outcome = await _replace(api, workspace, wanted, old=kept)
    await _sweep(api, workspace, there.values(), kept=kept)
    return Installed(
        outcome=outcome,
        endpoint=kept.stripe_endpoint,
        url=wanted,
        livemode=kept.livemode,
        account=stripe_account,
        released=released,
        strangers=tuple(name for name, found in there.items() if found["url"] == wanted and MARK not in found["metadata"]),
    )


async def rotate(api: Api, workspace: Workspace) -> WebhookEndpoint:
    """A new endpoint with a new secret in place of the one that is there; the old secret stays good for what is under way.

    Raises:
        NotFound: nothing is installed.
    """
    old = await _kept(api, workspace)
    if old is None:
        raise NotFound("endpoint of workspace", workspace.slug)
    new, _ = await _replace(api, workspace, old.url, old=old)
    return new


async def uninstall(api: Api, workspace: Workspace) -> list[str]:
    """Take our endpoints away from Stripe; their ids. The secrets stay good for a while, for what is under way."""
    rows = await _all_kept(api, workspace)
    for row in rows:
        await _retire(api, row)
    return [row.stripe_endpoint for row in rows]


async def status(api: Api, workspace: Workspace) -> list[Standing]:
    there = {endpoint["id"]: endpoint for endpoint in await api.endpoints()}
    return [_standing(row, there.get(row.stripe_endpoint)) for row in await _all_kept(api, workspace)]


def _standing(row: WebhookEndpoint, found: Json | None) -> Standing:
    events = frozenset(found["enabled_events"]) if found else frozenset()
    return Standing(
        endpoint=row.stripe_endpoint,
        url=found["url"] if found else row.url,
        livemode=row.livemode,
        state=found["status"] if found else "gone",
        api_version=(found or {}).get("api_version") or row.api_version,
        missing=() if "*" in events else tuple(name for name in wire.EVENTS if name not in events),
        surplus=tuple(sorted(events - set(wire.EVENTS))),
    )


def _ours(found: Json) -> bool:
    """An endpoint's version is set when it is made and never after."""
    return found.get("api_version") == wire.API_VERSION


async def _all_kept(api: Api, workspace: Workspace) -> list[WebhookEndpoint]:
    return await WebhookEndpoint.filter(workspace_id=workspace.id, livemode=api.livemode, retired_at=None).order_by("-id")


async def _kept(api: Api, workspace: Workspace) -> WebhookEndpoint | None:
    rows = await _all_kept(api, workspace)
    return rows[0] if rows else None


async def _mend(api: Api, row: WebhookEndpoint, found: Json, url: str) -> Outcome:
    if found["url"] == url and set(found["enabled_events"]) == set(wire.EVENTS) and found["status"] == "enabled":
        return Outcome.UNCHANGED
    await api.update_endpoint(row.stripe_endpoint, url=url, events=wire.EVENTS)
    row.url = url
    await row.save(update_fields=["url"])
    return Outcome.UPDATED


async def _replace(api: Api, workspace: Workspace, url: str, *, old: WebhookEndpoint | None) -> tuple[WebhookEndpoint, Outcome]:
    """The new one is made and kept before the old one goes: no event falls between them."""
    made = await api.create_endpoint(
        url=url, events=wire.EVENTS, description=f"Clickledger, {workspace.slug}", metadata={MARK: workspace.slug}
    )
    row = await WebhookEndpoint.create(
        workspace_id=workspace.id,
        stripe_endpoint=made["id"],
        livemode=made["livemode"],
        url=url,
        secret=made["secret"],
        api_version=made.get("api_version") or wire.API_VERSION,
    )
    if old is None:
        return row, Outcome.CREATED
    await _retire(api, old)
    return row, Outcome.REPLACED


async def _retire(api: Api, row: WebhookEndpoint) -> None:
    await _delete(api, row.stripe_endpoint)
    row.retired_at = datetime.now(UTC)
    await row.save(update_fields=["retired_at"])


async def _delete(api: Api, endpoint: str) -> None:
    try:
        await api.delete_endpoint(endpoint)
    except Gone:
        return  # somebody took it away already


async def _sweep(api: Api, workspace: Workspace, there: Iterable[Json], *, kept: WebhookEndpoint) -> None:
    """Take away what an installation that died left behind: an older endpoint, or one of this address whose secret was never kept."""
    for row in await _all_kept(api, workspace):
        if row.id != kept.id:
            await _retire(api, row)
    known = {row.stripe_endpoint for row in await WebhookEndpoint.filter(workspace_id=workspace.id)}
    for found in there:  # another server's endpoint may bear our mark too, but not our address
        if found["metadata"].get(MARK) == workspace.slug and found["url"] == kept.url and found["id"] not in known:
            await _delete(api, found["id"])
