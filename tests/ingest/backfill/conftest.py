"""The client that asks Stripe, and whose account it asks about."""

from collections.abc import AsyncIterator

import pytest

from ingest import workspaces
from ingest.backfill import reading
from ingest.backfill.intake import Owner
from ingest.stripe.client import Api
from tests.fake_stripe import FakeStripe


@pytest.fixture
async def api(stripe: FakeStripe) -> AsyncIterator[Api]:
    async with Api(stripe.key, base=stripe.url, tries=2, first_wait_seconds=0.001) as asking:
        yield asking


@pytest.fixture
async def whose(database: str, api: Api) -> Owner:
    workspace = await workspaces.ensure_default()
    found, _ = await reading.owner(api, workspace.id)
    return found
