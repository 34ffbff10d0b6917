"""What a Stripe event says, in every era's shape."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from ingest.facts import Carrier, ChargeFact, Claim, DisputeFact, IntentFact, InvoiceFact, Parsed, RefundFact, SessionFact
from ingest.stripe import wire
from ingest.stripe.errors import Unreadable
from ingest.stripe.parser import parse
from tests import stripe_events as stripe
from tests import stripe_money, stripe_objects
from tests.stripe_objects import ERAS, NOON

INVOICE_ERAS = list(ERAS)
SESSION_ERAS = [era for era in ERAS if era != "2016"]
AT_NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def one(parsed: Parsed) -> Any:
    """The first fact: of the event's own object."""
    return parsed.facts[0].fact


def claims(parsed: Parsed, subject: str) -> list[Claim]:
    return [claim for claim in parsed.claims if claim.subject == subject]


@pytest.mark.parametrize("era", SESSION_ERAS)
def test_a_paid_session_says_the_same_in_every_era(era: str) -> None:
    parsed = parse(
        stripe.session_completed("cs_1", era=era, amount=6_500, tax=1_000, shipping=500, discount=200, intent="pi_1", customer="cus_1")
    )

    fact: SessionFact = one(parsed)
    assert (fact.amount_minor, fact.currency, fact.paid_at) == (6_500, "USD", AT_NOON)
    assert (fact.tax_minor, fact.shipping_minor, fact.discount_minor) == (1_000, 500, 200)
    assert parsed.facts[0].keys == ("session:cs_1", "intent:pi_1")
    assert claims(parsed, "cus:cus_1")[0].email == "ada@example.com"


@pytest.mark.parametrize("era", INVOICE_ERAS)
def test_the_first_invoice_of_a_subscription_says_the_same_in_every_era(era: str) -> None:
    clicked = {"pimmsClickId": "Abcdefghij012345"}

    parsed = parse(
        stripe.invoice_paid(
            "in_1", era=era, paid=2_000, tax=300, billing_reason="subscription_create", subscription="sub_1", subscription_metadata=clicked
        )
    )

    fact: InvoiceFact = one(parsed)
    assert (fact.paid_minor, fact.currency, fact.tax_minor, fact.paid_at, fact.status) == (2_000, "USD", 300, AT_NOON, "paid")
    assert (fact.subscription_id, fact.customer_id) == ("sub_1", "cus_1")
    assert [(claim.click_id, claim.carrier) for claim in claims(parsed, "sub:sub_1")] == [("Abcdefghij012345", Carrier.INVOICE)]


@pytest.mark.parametrize("era", SESSION_ERAS)
def test_only_the_first_invoice_is_joined_to_its_subscription(era: str) -> None:
    first = parse(stripe.invoice_paid("in_1", era=era, billing_reason="subscription_create", subscription="sub_1"))
    renewal = parse(stripe.invoice_paid("in_2", era=era, billing_reason="subscription_cycle", subscription="sub_1"))

    assert first.facts[0].keys == ("invoice:in_1", "subscription_create:sub_1")
    assert renewal.facts[0].keys == ("invoice:in_2",)
    assert one(renewal).subscription_id == "sub_1"


@pytest.mark.parametrize("era", ["2016", "2020-08-27", "acacia"])
def test_old_objects_name_each_other(era: str) -> None:
    invoice = parse(stripe.invoice_paid("in_1", era=era, intent="pi_1", charge="ch_1"))
    charge = parse(stripe.charge_succeeded("ch_1", era=era, invoice="in_1"))
    intent = parse(stripe.payment_intent_succeeded("pi_1", era=era, charge="ch_1", invoice="in_1"))

    assert {"invoice:in_1", "charge:ch_1"} <= set(invoice.facts[0].keys)
    assert charge.facts[0].keys == ("charge:ch_1", "invoice:in_1")
    assert intent.facts[0].keys == ("intent:pi_1", "charge:ch_1", "invoice:in_1")


def test_since_basil_the_invoice_payment_names_all_three() -> None:
    by_intent = parse(stripe.invoice_payment_paid("inpay_1", invoice="in_1", intent="pi_1"))
    by_charge = parse(stripe.invoice_payment_paid("inpay_2", invoice="in_1", charge="py_1"))

    assert by_intent.facts[0].keys == ("invoice_payment:inpay_1", "invoice:in_1", "intent:pi_1")
    assert by_charge.facts[0].keys == ("invoice_payment:inpay_2", "invoice:in_1", "charge:py_1")


@pytest.mark.parametrize("era", ["2020-08-27", "acacia", "basil", "endive"])
def test_adaptive_pricing_keeps_the_merchants_amount_and_the_buyers_beside_it(era: str) -> None:
    fact = one(parse(stripe.session_completed(era=era, amount=5_000, currency="usd", presentment=("eur", 4_600))))

    assert (fact.currency, fact.amount_minor, fact.presentment_currency, fact.presentment_minor) == ("USD", 5_000, "EUR", 4_600)
    assert fact.tax_minor == 0


def test_the_buyers_tax_is_not_taken_for_the_merchants() -> None:
    fact = one(parse(stripe.session_completed(era="acacia", tax=800, presentment=("eur", 4_600))))

    assert (fact.tax_minor, fact.shipping_minor) == (None, 0)


@pytest.mark.parametrize(
    ("event", "paid", "completed"),
    [
        (stripe.session_completed(), True, True),
        (stripe.session_completed(payment_status="unpaid"), False, True),
        (stripe.session_completed(payment_status="no_payment_required", amount=0), False, True),
        (stripe.session_async_succeeded(), True, True),
        (stripe.session_async_failed(), False, False),
        (stripe.session_expired(), False, False),
    ],
    ids=["paid", "unpaid", "free", "succeeded later", "failed later", "expired"],
)
def test_a_session_is_paid_when_its_event_shows_it_paid(event: dict[str, Any], paid: bool, completed: bool) -> None:
    fact = one(parse(event))

    assert (fact.paid_at is not None, fact.completed) == (paid, completed)


def test_a_session_that_sets_up_a_card_costs_nothing() -> None:
    fact = one(parse(stripe.session_completed(mode="setup", payment_status="no_payment_required", amount=None, currency=None)))

    assert (fact.mode, fact.amount_minor, fact.currency) == ("setup", 0, None)


def test_the_refunds_inside_a_charge_are_refunds() -> None:
    parsed = parse(
        stripe.charge_refunded(
            "ch_1", era="2020-08-27", refunded=500, refunds=[stripe_money.refund("re_1", amount=500, charge=None)], at=NOON
        )
    )

    charge, refund = (joined.fact for joined in parsed.facts)
    assert isinstance(charge, ChargeFact)
    assert isinstance(refund, RefundFact)
    assert (charge.refunded_minor, refund.amount_minor, refund.seen_at) == (500, 500, AT_NOON)
    assert parsed.facts[1].keys == ("refund:re_1", "charge:ch_1")


def test_the_charge_inside_an_old_intent_is_its_charge() -> None:
    parsed = parse(stripe.payment_intent_succeeded("pi_1", era="2020-08-27", charge="ch_1"))

    assert [joined.keys for joined in parsed.facts] == [("intent:pi_1", "charge:ch_1"), ("charge:ch_1", "intent:pi_1")]


def test_an_expanded_object_is_its_id_and_a_fact() -> None:
    charge = stripe_money.charge_object("py_1", intent="pi_1")
    parsed = parse(stripe.session_completed(intent=stripe_money.payment_intent("pi_1", charge=charge), customer={"id": "cus_1"}))

    assert [type(joined.fact) for joined in parsed.facts] == [SessionFact, IntentFact, ChargeFact]
    assert (one(parsed).intent_id, one(parsed).customer_id) == ("pi_1", "cus_1")
    intent = parsed.facts[1]
    assert isinstance(intent.fact, IntentFact)
    assert (intent.keys, intent.fact.succeeded_at) == (("intent:pi_1", "charge:py_1"), None)


def test_refunds_of_other_families_are_read_by_their_field() -> None:
    refund = parse(stripe.refund_created("pyr_1", charge="py_1", intent="pi_1"))
    dispute = parse(stripe.dispute_created("du_1", charge="py_1"))

    assert refund.facts[0].keys == ("refund:pyr_1", "charge:py_1", "intent:pi_1")
    assert dispute.facts[0].keys == ("dispute:du_1", "charge:py_1")


def test_a_failed_refund_is_failed_whatever_its_body_says() -> None:
    assert one(parse(stripe.refund_failed(status="succeeded"))).status == "failed"


@pytest.mark.parametrize(
    ("event", "withdrawn", "reinstated"),
    [
        (stripe.dispute_created(), False, False),
        (stripe.dispute_funds_withdrawn(), True, False),
        (stripe.dispute_funds_reinstated(), False, True),
        (stripe.dispute_closed(moved=(-5_000,)), True, False),
        (stripe.dispute_closed(status="won", moved=(-5_000, 5_000)), True, True),
    ],
    ids=["created", "withdrawn", "reinstated", "lost", "won"],
)
def test_a_dispute_says_which_way_money_went(event: dict[str, Any], withdrawn: bool, reinstated: bool) -> None:
    fact: DisputeFact = one(parse(event))

    assert (fact.withdrawn, fact.reinstated) == (withdrawn, reinstated)


@pytest.mark.parametrize("era", ["2020-08-27", "acacia"])
def test_an_invoice_paid_out_of_band_counts_what_was_due(era: str) -> None:
    fact = one(parse(stripe.invoice_paid(era=era, paid=5_000, off_stripe=True)))

    assert (fact.paid_minor, fact.off_stripe) == (5_000, True)


def test_what_the_credit_balance_paid_is_not_paid() -> None:
    assert one(parse(stripe.invoice_paid(paid=3_000, total=5_000))).paid_minor == 3_000


def test_an_unpaid_invoice_says_nothing_unless_it_says_whose_it_is() -> None:
    silent = parse(stripe.invoice_updated(paid=0, total=5_000, status="open", paid_at=None))
    saying = parse(stripe.invoice_updated(paid=0, total=5_000, status="open", paid_at=None, metadata={"pimmsCustomerId": "user-7"}))

    assert silent == Parsed(reason="INVOICE_NOT_PAID")
    assert (one(saying).status, one(saying).paid_minor, one(saying).paid_at) == ("open", 0, None)


def test_what_is_not_read_is_ignored_with_a_reason() -> None:
    for event in (stripe.event("product.created", {"id": "prod_1"}), {"type": "v2.core.event"}, {"type": 7}, {}):
        assert parse(event) == Parsed(reason="TYPE_NOT_READ")


def test_every_event_that_we_subscribe_to_is_read() -> None:
    makers = {wire.KINDS[name] for name in wire.EVENTS}

    assert makers == {"session", "invoice", "invoice_payment", "intent", "charge", "refund", "dispute", "customer", "subscription"}
    assert not any(name.endswith("*") or "listed" in name for name in wire.EVENTS)


@pytest.mark.parametrize(
    ("event", "field"),
    [
        (stripe.session_completed(amount_total="5000"), "data.object.amount_total"),
        (stripe.session_completed(currency=None), "data.object.currency"),
        (stripe.invoice_paid(amount_paid=True), "data.object.amount_paid"),
        (stripe.payment_intent_succeeded(amount_received=-1), "data.object.amount_received"),
        (stripe.charge_refunded(amount_refunded=12.5), "data.object.amount_refunded"),
        (stripe.refund_created(amount=2**80), "data.object.amount"),
        (stripe.dispute_created(currency="dollars"), "data.object.currency"),
        (stripe.customer_created(["not an id"]), "data.object.id"),
        (stripe.event("refund.created", {}) | {"data": []}, "data.object"),
        (stripe.refund_created() | {"created": "noon"}, "created"),
    ],
)
def test_money_that_cannot_be_read_names_its_field(event: dict[str, Any], field: str) -> None:
    with pytest.raises(Unreadable) as caught:
        parse(event)

    assert caught.value.field == field


def test_a_list_of_stripes_shows_an_object_without_saying_when_it_was_paid() -> None:
    fact = one(parse(stripe.event("checkout.session.listed", stripe_objects.session("cs_1"))))

    assert (fact.completed, fact.payment_status, fact.paid_at) == (True, "paid", None)
    assert replace(fact, paid_at=AT_NOON) == one(parse(stripe.session_completed("cs_1")))
