"""Who sent the buyer, and who the buyer is: what each carrier says, and where it stood."""

from datetime import UTC, datetime
from typing import Any

import pytest

from ingest.facts import Carrier, Claim, Parsed, Said
from ingest.stripe.parser import parse
from tests import stripe_events as stripe
from tests.stripe_objects import ERAS, NOON

INVOICE_ERAS = list(ERAS)
AT_NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def one(parsed: Parsed) -> Any:
    """The first fact: of the event's own object."""
    return parsed.facts[0].fact


def claims(parsed: Parsed, subject: str) -> list[Claim]:
    return [claim for claim in parsed.claims if claim.subject == subject]


def test_the_click_of_the_first_invoice_is_its_subscriptions_and_that_of_a_renewal_is_its_own() -> None:
    clicked = {"pimmsClickId": "Abcdefghij012345"}

    first = parse(stripe.invoice_paid(billing_reason="subscription_create", subscription="sub_1", metadata=clicked))
    renewal = parse(stripe.invoice_paid(billing_reason="subscription_cycle", subscription="sub_1", metadata=clicked))

    assert [claim.field for claim in claims(first, "sub:sub_1")] == ["data.object.metadata.pimmsClickId"]
    assert claims(renewal, "sub:sub_1") == []
    assert one(renewal).said == (Said(field="data.object.metadata.pimmsClickId", click_id="Abcdefghij012345"),)


def test_where_the_subscriptions_snapshot_stood_is_kept() -> None:
    clicked = {"dubClickId": "Abcdefghij012345", "dubCustomerId": "user-7"}

    fields = {}
    for era in ERAS:
        (claim,) = claims(parse(stripe.invoice_paid(era=era, subscription="sub_1", subscription_metadata=clicked)), "sub:sub_1")
        fields[era] = claim.field
        assert (claim.click_id, claim.external_id) == ("Abcdefghij012345", "user-7")

    assert fields == {
        "2016": "data.object.lines.data.0.metadata.dubClickId",
        "2020-08-27": "data.object.lines.data.0.metadata.dubClickId",
        "acacia": "data.object.subscription_details.metadata.dubClickId",
        "basil": "data.object.parent.subscription_details.metadata.dubClickId",
        "endive": "data.object.parent.subscription_details.metadata.dubClickId",
    }


def test_the_session_that_began_a_subscription_speaks_for_it() -> None:
    parsed = parse(
        stripe.session_completed(
            mode="subscription", subscription="sub_1", client_reference_id="pimms_id_Abcdefghij012345", customer="cus_1"
        )
    )

    (claim,) = claims(parsed, "sub:sub_1")
    assert (claim.carrier, claim.click_id, claim.field) == (Carrier.SESSION, "Abcdefghij012345", "data.object.client_reference_id")
    assert parsed.facts[0].keys == ("session:cs_1", "subscription_create:sub_1")
    assert claims(parsed, "cus:cus_1")[0].click_id is None


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("pimms_id_Abcdefghij012345", "Abcdefghij012345"),
        ("dub_id_Abcdefghij012345", "Abcdefghij012345"),
        ("pimms_id_pimms_id_x", "pimms_id_x"),
        ("pimms_id_" + "x" * 300, "x" * 255),
        ("pimms_id_", None),
        ("order-17", None),
        (17, None),
    ],
)
def test_a_client_reference_is_a_click_only_behind_the_prefix(reference: Any, said: str | None) -> None:
    fact = one(parse(stripe.session_completed(client_reference_id=reference)))

    assert [one.click_id for one in fact.said] == ([said] if said else [])


@pytest.mark.parametrize("make", [stripe.session_completed, stripe.payment_intent_succeeded, stripe.invoice_paid, stripe.charge_succeeded])
def test_every_carrier_says_a_click_and_a_customer_and_where(make: Any) -> None:
    parsed = parse(make(metadata={"pimmsClickId": "Abcdefghij012345", "pimmsCustomerId": "user-7", "other": "x"}, email="ada@example.com"))

    assert one(parsed).said == (
        Said(field="data.object.metadata.pimmsClickId", click_id="Abcdefghij012345"),
        Said(field="data.object.metadata.pimmsCustomerId", external_id="user-7"),
    )
    (claim,) = claims(parsed, "ext:user-7")
    assert (claim.email, claim.click_id, claim.field) == ("ada@example.com", None, "data.object.metadata.pimmsCustomerId")


def test_hostile_metadata_is_text_and_an_endless_id_is_none() -> None:
    fact = one(parse(stripe.session_completed(metadata={"pimmsClickId": "\x00'; DROP--\ud800", "pimmsCustomerId": "x" * 500})))

    assert [one.click_id for one in fact.said] == ["\ue0000000'; DROP--\ue000d800"]


def test_a_customer_is_one_claim_that_holds_both_ids() -> None:
    parsed = parse(stripe.customer_updated(metadata={"pimmsCustomerId": "user-7", "pimmsClickId": "Abcdefghij012345"}, at=NOON))

    assert parsed.claims == (
        Claim(
            subject="cus:cus_1",
            carrier=Carrier.CUSTOMER,
            at=AT_NOON,
            field="data.object.metadata.pimmsClickId",
            external_id="user-7",
            click_id="Abcdefghij012345",
            email="ada@example.com",
            name="Ada",
            country="GB",
        ),
    )


def test_a_deleted_customer_says_so_and_a_silent_one_is_still_a_claim() -> None:
    created, deleted = parse(stripe.customer_created()), parse(stripe.customer_deleted())

    assert [(claim.deleted, claim.field) for claim in created.claims + deleted.claims] == [(False, "data.object"), (True, "data.object")]


@pytest.mark.parametrize("era", INVOICE_ERAS)
def test_a_subscription_says_when_it_began_even_without_metadata(era: str) -> None:
    (claim,) = parse(stripe.subscription_created(era=era, start_date=NOON - 60, created=NOON)).claims

    assert (claim.subject, claim.carrier, claim.click_id) == ("sub:sub_1", Carrier.SUBSCRIPTION, None)
    assert claim.started_at == datetime(2026, 1, 1, 11, 59, tzinfo=UTC)
