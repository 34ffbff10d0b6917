"""Whole lives, made by hypothesis: who clicked, what Stripe sent of it, what the site reported; consistent as real ones are, and as untidy.

A life is a list of happenings in their natural order. The ledger must not care for that order, nor for what comes twice.
Many lives are a town: they share a workspace, its accounts and its links, and nothing else.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from hypothesis import strategies as st

from tests import stripe_events as stripe
from tests.payments import PAYMENTS
from tests.story import PAID_AT
from tests.stripe_objects import Json
from tests.teller import BROWSERS, CLICKS, UNKNOWN, Clicked, Draw, Happening, Paid, Teller, Whose


@dataclass(frozen=True, slots=True, repr=False)
class Life:
    """What happened, in its natural order, and the payments that it was."""

    happenings: Sequence[Happening]
    payments: Sequence[Paid]

    def __repr__(self) -> str:
        """Cut short: hypothesis writes down every town that it draws, and warns of one of more than 30,000 letters."""
        return f"Life({str(self.happenings)[:1_000]})"


def click(teller: Teller, number: int) -> None:
    days = teller.one(1, 0.5, 0, -0.006, -0.008, 30, 89, 90, 91)
    at = PAID_AT - timedelta(days=days)
    seen = Clicked(teller.click_id(number), at, teller.one(0, 0, 1, 2), teller.perhaps(8), teller.one(*BROWSERS))
    teller.happenings.append(seen)


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
        told: Json = {"clickId": teller.one(*map(teller.click_id, range(CLICKS)), UNKNOWN)} if teller.perhaps() else {}
        more = {"mode": "deferred"} if teller.perhaps(4) else {}
        event_name = teller.one("Sign up", "Trial")
        teller.tell("lead", livemode=whose.livemode, externalId=teller.buyer(), eventName=event_name, **told, **more)
    if teller.perhaps(6):
        teller.tell("profile", livemode=whose.livemode, externalId=teller.buyer(), email="ada@shop.example", name="Ada L.")


@st.composite
def lives(draw: Draw, number: int = 0) -> Life:
    """One life; the simplest is none at all, so that a town shrinks to those who matter."""
    teller = Teller(draw, number)
    if not teller.one(*[False] + [True] * 49):
        return Life((), ())
    for click_number in range(draw(st.integers(0, CLICKS))):
        click(teller, click_number)
    for _ in range(draw(st.integers(1, 3))):
        customer = teller.one("cus_1", "cus_1", "cus_2", None)
        whose = Whose(teller.one(0, 0, 1), teller.perhaps(5), customer and teller.own(customer))
        if teller.perhaps():
            person(teller, whose)
        teller.one(*PAYMENTS)(teller, whose)
        if teller.perhaps(4):
            person(teller, whose)
    return Life(teller.happenings, teller.payments)


def towns(people: int) -> st.SearchStrategy[tuple[Life, ...]]:
    """So many lives at once."""
    return st.tuples(*map(lives, range(people)))
