"""Whole lives, made by hypothesis: who clicked, what Stripe sent of it, what the site reported; consistent as real ones are, and as untidy.

A life is a list of happenings in their natural order. The ledger must not care for that order, nor for what comes twice.
"""

from datetime import timedelta

from hypothesis import strategies as st

from tests import stripe_events as stripe
from tests.payments import PAYMENTS
from tests.story import PAID_AT
from tests.stripe_objects import Json
from tests.teller import BUYERS, CLICKS, UNKNOWN, Clicked, Draw, Happening, Teller, Whose


def click(teller: Teller, number: int) -> None:
    days = teller.one(1, 0.5, 0, -0.006, -0.008, 30, 89, 90, 91)
    at = PAID_AT - timedelta(days=days)
    teller.happenings.append(Clicked(CLICKS[number], at, teller.one(0, 0, 1, 2), teller.perhaps(8)))


def person(teller: Teller, whose: Whose) -> None:
    """A Stripe customer is made, changed, moved to another id, deleted; the site tells of leads and profiles."""
    if whose.customer and teller.perhaps():
        teller.hear(stripe.customer_created, whose.customer, whose=whose, metadata=teller.metadata())
    if whose.customer and teller.perhaps(3):
        email = teller.one("ada@example.com", "Eve@Example.com", None)
        teller.hear(stripe.customer_updated, whose.customer, whose=whose, metadata=teller.metadata(), email=email)
    if whose.customer and teller.perhaps(8):
        teller.hear(stripe.customer_deleted, whose.customer, whose=whose)
    if teller.perhaps(3):
        told: Json = {"clickId": teller.one(*CLICKS, UNKNOWN)} if teller.perhaps() else {}
        more = {"mode": "deferred"} if teller.perhaps(4) else {}
        event_name = teller.one("Sign up", "Trial")
        teller.tell("lead", livemode=whose.livemode, externalId=teller.one(*BUYERS), eventName=event_name, **told, **more)
    if teller.perhaps(6):
        teller.tell("profile", livemode=whose.livemode, externalId=teller.one(*BUYERS), email="ada@shop.example", name="Ada L.")


@st.composite
def lives(draw: Draw) -> list[Happening]:
    """One life, in its natural order."""
    teller = Teller(draw)
    for number in range(draw(st.integers(0, len(CLICKS)))):
        click(teller, number)
    for _ in range(draw(st.integers(1, 3))):
        whose = Whose(teller.one(0, 0, 1), teller.perhaps(5), teller.one("cus_1", "cus_1", "cus_2", None))
        if teller.perhaps():
            person(teller, whose)
        teller.one(*PAYMENTS)(teller, whose)
        if teller.perhaps(4):
            person(teller, whose)
    return teller.happenings
