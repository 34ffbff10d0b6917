"""The webhook's signatures and secrets: which are good, for how long, and what is refused."""

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx2
import pytest
from starlette.applications import Starlette

from api.settings import Settings
from ingest import endpoints, workspaces
from ingest.models.evidence import StripeEvent
from ingest.models.workspace import WebhookEndpoint
from tests.api.hooks import HOOK, an_event, caller, endpoint_of, post
from tests.conftest import WEBHOOK_SECRET
from tests.stripe_events import sign


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "t=1,v1=00",
        "nonsense",
        "t=,v1=",
        "t=99999999999999999999999999,v1=" + "0" * 64,
        "v1=" + "0" * 64,
        "t=" + "9" * 5_000,
        "t=é,v1=é",
        "t=1" + ",v1=0" * 1_000,
    ],
)
async def test_a_wrong_signature_is_refused(client: httpx2.AsyncClient, signature: str) -> None:
    answer = await client.post(HOOK, content=an_event(), headers={b"stripe-signature": signature.encode()})

    assert answer.status_code == 400
    assert await StripeEvent.all().count() == 0


async def test_a_good_signature_of_another_body_is_refused(client: httpx2.AsyncClient) -> None:
    answer = await post(client, an_event(), signature=sign(an_event(), WEBHOOK_SECRET))

    assert answer.status_code == 400


@pytest.mark.parametrize(("off", "status"), [(-290, 200), (-310, 400), (290, 200), (310, 400), (86_400, 400)])
async def test_a_signature_is_good_for_five_minutes_on_both_sides(client: httpx2.AsyncClient, off: int, status: int) -> None:
    answer = await post(client, an_event(), at=time.time() + off)

    assert answer.status_code == status


async def test_one_good_signature_of_several_is_enough(client: httpx2.AsyncClient) -> None:
    body, other = an_event(), "0" * 64
    moment, good = sign(body, WEBHOOK_SECRET).split(",")

    answer = await post(client, body, signature=f"{moment},v1={other},{good},v0={other}")

    assert answer.status_code == 200


async def test_without_a_secret_the_webhook_says_what_to_set(settings: Settings, database: str) -> None:
    async with caller(replace(settings, webhook_secrets=())) as client:
        answer = await post(client, an_event())

    assert answer.status_code == 503
    assert "STRIPE_WEBHOOK_SECRET" in answer.json()["error"]["message"]


@pytest.mark.parametrize(("secret", "status"), [("whsec_old", 200), ("whsec_new", 200), ("whsec_wrong", 400)])
async def test_while_secrets_rotate_both_are_good(settings: Settings, database: str, secret: str, status: int) -> None:
    async with caller(replace(settings, webhook_secrets=("whsec_old", "whsec_new"))) as client:
        answer = await post(client, an_event(), secret=secret)

    assert answer.status_code == status


async def test_a_stored_secret_works_at_once_and_a_retired_one_for_a_day(app: Starlette, client: httpx2.AsyncClient) -> None:
    app.state.receivers.pause_seconds = 0.0
    await post(client, an_event())  # the receiver is known from here on
    now, workspace = datetime.now(UTC), await workspaces.find("default")
    for name, retired_at in {"new": None, "retired": now - timedelta(hours=23), "gone": now - endpoints.OVERLAP}.items():
        await WebhookEndpoint.create(
            workspace_id=workspace.id,
            stripe_endpoint=name,
            livemode=True,
            url="",
            secret=f"whsec_{name}",
            api_version="",
            retired_at=retired_at,
        )

    statuses = {name: (await post(client, an_event(), secret=f"whsec_{name}")).status_code for name in ("new", "retired", "gone")}

    assert statuses == {"new": 200, "retired": 200, "gone": 400}


@pytest.mark.parametrize("livemode", [True, False])
@pytest.mark.parametrize("signs", ["live", "test"])
async def test_no_secret_is_chosen_by_the_mode_that_a_body_says(client: httpx2.AsyncClient, livemode: bool, signs: str) -> None:
    """Any known secret of the endpoint verifies, and the mode is what the verified body says."""
    _, path = await endpoint_of("live")
    workspace = await workspaces.find("live")
    await WebhookEndpoint.create(
        workspace_id=workspace.id, stripe_endpoint="we_test", livemode=False, url="", secret="whsec_test_mode", api_version=""
    )

    answer = await post(client, an_event(livemode=livemode), path=path, secret={"live": "whsec_live", "test": "whsec_test_mode"}[signs])

    assert (answer.status_code, (await StripeEvent.get()).livemode) == (200, livemode)
