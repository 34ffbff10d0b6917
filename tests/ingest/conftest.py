"""A Stripe over real HTTP, for whatever asks it or installs something there."""

from collections.abc import Iterator

import pytest

from tests import fake_stripe
from tests.fake_stripe import FakeStripe


@pytest.fixture
def stripe() -> Iterator[FakeStripe]:
    with fake_stripe.running() as fake:
        yield fake
