"""Who is meant: pure folds of claims, which say the same in whatever order a database gives the claims."""

from dataclasses import replace
from datetime import timedelta
from itertools import permutations

from ingest.facts import Carrier
from ingest.fold.person import Told, external_at
from tests.story import PAID_AT

SAID = Told(
    subject="cus:1:cus_1",
    carrier=Carrier.CUSTOMER,
    external_id="user_1",
    click_id=None,
    email="ada@example.com",
    name=None,
    avatar=None,
    country=None,
    deleted=False,
    started_at=None,
    first_at=PAID_AT,
    first_source="evt_1",
    first_field="data.object.metadata.pimmsCustomerId",
    last_at=PAID_AT,
)


def test_of_two_events_that_said_one_id_in_one_second_the_same_is_shown_in_any_order() -> None:
    """An explanation shows where it was said; whole lives found it to show now the one and now the other."""
    claims = [
        SAID,
        replace(SAID, first_source="evt_2", email="eve@example.com"),
        replace(SAID, first_source="evt_2", email=None, first_field="data.object.metadata.pimmsClickId"),
        replace(SAID, external_id="user_0", first_source="evt_3"),
        replace(SAID, external_id="user_2", first_source="evt_0", first_at=PAID_AT + timedelta(hours=1)),
    ]

    for moment, shown in ((PAID_AT, claims[1]), (PAID_AT - timedelta(hours=1), claims[3]), (PAID_AT + timedelta(days=1), claims[4])):
        assert {external_at(order, moment) for order in permutations(claims)} == {shown}
