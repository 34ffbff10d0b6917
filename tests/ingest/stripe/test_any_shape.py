"""The parser against bodies that no version of Stripe sends: it answers, or names the field that it cannot read."""

import copy
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.stored_facts import dump, load
from ingest.stripe.errors import Unreadable
from ingest.stripe.parser import parse
from tests import stripe_events as stripe
from tests import stripe_money
from tests.stripe_objects import ERAS

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
ANYTHING = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3), max_leaves=8
)


def bodies() -> list[dict[str, Any]]:
    """One of each event in each era, rich in what it may hold."""
    metadata = {"pimmsClickId": "Abcdefghij012345", "pimmsCustomerId": "user-7"}
    found = []
    for era in ERAS:
        refunds = [stripe_money.refund("re_1", amount=500)]
        charge = stripe_money.charge_object("ch_1", era=era, refunded=500, refunds=refunds, metadata=metadata)
        intent = stripe_money.payment_intent("pi_1", era=era, charge="ch_1", metadata=metadata, latest_charge=charge)
        found += [
            stripe.session_completed(
                era=era, mode="subscription", subscription="sub_1", intent=intent, customer="cus_1", metadata=metadata
            ),
            stripe.session_completed(era=era, presentment=("eur", 4_600), client_reference_id="pimms_id_Abcdefghij012345"),
            stripe.invoice_paid(era=era, subscription="sub_1", subscription_metadata=metadata, metadata=metadata, tax=100, discount=50),
            stripe.charge_refunded(era=era, refunded=500, refunds=refunds, intent=intent),
            stripe.subscription_updated(era=era, metadata=metadata),
        ]
    found += [
        stripe.invoice_payment_paid(intent="pi_1"),
        stripe.refund_failed(),
        stripe.dispute_closed(moved=(-5,)),
        stripe.customer_updated(),
    ]
    return found


BODIES = [json.dumps(body) for body in bodies()]


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, inner in items for place in places(inner, (*path, key)))]


@st.composite
def mutated(draw: st.DrawFn) -> dict[str, Any]:
    """A valid body with a few of its values replaced, moved or taken away."""
    body: dict[str, Any] = json.loads(draw(st.sampled_from(BODIES)))
    for _ in range(draw(st.integers(1, 4))):
        *way, last = draw(st.sampled_from([place for place in places(body) if place]))
        holder: Any = body
        for key in way:
            holder = holder[key]
        if isinstance(holder, dict) and draw(st.booleans()):
            del holder[last]
        else:
            holder[last] = (
                draw(ANYTHING | st.sampled_from([body["data"], body.get("type")]).map(copy.deepcopy)) if body.get("data") else None
            )
        if not isinstance(body.get("data"), dict):
            break
    return body


@settings(max_examples=400, deadline=None)
@given(mutated())
def test_any_mutation_of_a_body_is_read_or_named(body: dict[str, Any]) -> None:
    before = copy.deepcopy(body)

    try:
        parsed = parse(body)
    except Unreadable:
        parsed = None

    assert repr(body) == repr(before)
    for joined in parsed.facts if parsed else ():
        assert load(joined.fact.kind, json.loads(json.dumps(dump(joined.fact)))) == joined.fact
        assert joined.keys[0] == f"{joined.fact.kind}:{joined.fact.id}"
        assert all(len(key) <= 300 for key in joined.keys)


def test_objects_inside_objects_without_end_are_left_unread() -> None:
    body = stripe_money.charge_object("ch_0")
    for number in range(1, 5_000):
        body = stripe_money.charge_object(f"ch_{number}", intent=stripe_money.payment_intent(f"pi_{number}", charge=body))

    assert len(parse(stripe.event("charge.succeeded", body)).facts) == 5
