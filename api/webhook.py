"""POST /webhooks/stripe[/{workspace}]: verify, store, commit, and only then 200.

Nothing of a body is believed before its signature is good.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from prometheus_client import Counter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from api import signatures
from api.errors import Malformed, Unavailable
from ingest import accounts, bodies, endpoints, inbox, workspaces
from ingest.deliveries import Deliveries
from ingest.endpoints import Receiver
from ingest.errors import Invalid, NotFound
from ingest.inbox import Envelope, Incoming, Outcome
from ingest.settle.scope import Scope

PATIENCE_SECONDS = 10.0
"""How long Stripe waits for the database before it is told to come again."""


@dataclass(slots=True)
class Receivers:
    """Receivers looked up a moment ago. A signature that does not fit has them looked up again: a new secret works at once."""

    configured: tuple[str, ...]
    life_seconds: float = 30.0
    pause_seconds: float = 1.0
    _known: dict[str, tuple[float, Receiver]] = field(default_factory=dict)

    async def find(self, slug: str, *, younger_than: float | None = None) -> Receiver:
        """The receiver of a workspace.

        Raises:
            NotFound: no such workspace.
        """
        known = self._known.get(slug)
        if known is not None and time.monotonic() - known[0] < (self.life_seconds if younger_than is None else younger_than):
            return known[1]
        receiver = await endpoints.receiver(slug, self.configured if slug == workspaces.DEFAULT else ())
        if receiver is None:
            raise NotFound("workspace", slug)
        self._known[slug] = (time.monotonic(), receiver)
        return receiver

    async def find_again(self, slug: str) -> Receiver:
        """The same, not older than `pause_seconds`: a flood of wrong signatures costs one look-up in that time."""
        return await self.find(slug, younger_than=self.pause_seconds)


async def receive(request: Request) -> Response:
    """One event of Stripe's."""
    slug = request.path_params.get("workspace", workspaces.DEFAULT)
    body = await request.body()
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            receiver = await _verified(request, slug, body)
            outcome = await _stored(request, body, receiver)
    except TimeoutError as error:
        raise Unavailable("the database does not answer; send it again") from error
    events: Counter = request.app.state.metrics.events
    events.labels(outcome.value).inc()
    return JSONResponse({"received": True, "outcome": outcome.value})


async def _verified(request: Request, slug: str, body: bytes) -> Receiver:
    """The receiver whose secret signed this body.

    Raises:
        NotFound: no such workspace.
        Unavailable: it has no secret to verify with.
        Malformed: no secret of it signed this.
    """
    receivers: Receivers = request.app.state.receivers
    header, receiver = request.headers.get("stripe-signature"), await receivers.find(slug)
    if signatures.verified(body, header, receiver.good_secrets(datetime.now(UTC))):
        return receiver
    receiver = await receivers.find_again(slug)
    secrets = receiver.good_secrets(datetime.now(UTC))
    if not secrets:
        raise Unavailable(_no_secret(slug))
    if not signatures.verified(body, header, secrets):
        raise Malformed("the Stripe-Signature header does not fit this body, or its time is more than five minutes off")
    return receiver


def _no_secret(slug: str) -> str:
    install = "run `clickledger stripe install --url https://…`"
    if slug == workspaces.DEFAULT:
        return f"no signing secret: set STRIPE_WEBHOOK_SECRET to the endpoint's whsec_…, or {install}"
    return f"no signing secret for the workspace {slug}: {install} for it"


async def _stored(request: Request, body: bytes, receiver: Receiver) -> Outcome:
    said = _said(body)
    if said.account is not None and said.account != receiver.stripe_account:
        return await _stored_for(request, said.account, body, said, receiver)
    return await _delivered(request, Incoming(body=body, said=said, workspace_id=receiver.workspace_id, account_id=receiver.account_id))


async def _delivered(request: Request, event: Incoming) -> Outcome:
    deliveries: Deliveries = request.app.state.deliveries
    outcome = await deliveries.store(event)
    if outcome is Outcome.RECORDED:
        request.app.state.settler.wake(Scope(event.workspace_id, event.said.livemode))
    return outcome


def _said(body: bytes) -> Envelope:
    try:
        return inbox.envelope(bodies.parse(body))
    except Invalid as error:
        raise Malformed(f"{error.field} {error.message}", field=error.field) from error


async def _stored_for(request: Request, stripe_account: str, body: bytes, said: Envelope, receiver: Receiver) -> Outcome:
    """An event of a connected account. The operator's own endpoint may bring any workspace's; a workspace's, only its own."""
    account, anywhere = await accounts.find(stripe_account), "workspace" not in request.path_params
    if account is not None and (anywhere or account.workspace_id == receiver.workspace_id):
        return await _delivered(request, Incoming(body=body, said=said, workspace_id=account.workspace_id, account_id=account.id))
    outcome = await inbox.quarantine(body, said, stripe_account=stripe_account, brought_by=None if anywhere else receiver.workspace_id)
    if account is None and await accounts.find(stripe_account) is not None and await inbox.release(stripe_account):
        request.app.state.settler.wake()
        return Outcome.RECORDED  # claimed in this very moment
    return outcome


ROUTES: Sequence[BaseRoute] = [
    Route("/webhooks/stripe", receive, methods=["POST"], name="webhook"),
    Route("/webhooks/stripe/{workspace}", receive, methods=["POST"], name="workspace_webhook"),
]
