"""What can happen in a life, and the teller who makes it happen one after the other: clicks, Stripe's events, what the site reports."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, TypeAlias

from hypothesis import strategies as st

from tests import stripe_events as stripe
from tests.story import PAID_AT
from tests.stripe_objects import NOON, Json

CURRENCIES = ("usd", "eur", "jpy", "kwd", "bhd", "xxx")
"""The workspace's own; those that the rates have, with 2, 0 and 3 decimals; one without a rate; one that nobody knows."""
ERAS = ("2020-08-27", "acacia", "basil", "endive")
CLICKS = 4
UNKNOWN = "0000000000Absent"
BROWSERS = ("anon_1", "anon_2", None)
TELL_CONTACT = (
    stripe.session_completed,
    stripe.session_async_succeeded,
    stripe.invoice_paid,
    stripe.invoice_payment_succeeded,
    stripe.payment_intent_succeeded,
    stripe.charge_succeeded,
    stripe.charge_refunded,
)
MOMENTS = (0, 0, 1, 60, 3_600, 86_400, 90 * 86_400)
"""Seconds between two events: often none, so that ties are met."""


@dataclass(frozen=True, slots=True)
class Clicked:
    """Somebody followed a link: of our workspace or of another, as a person or as a bot."""

    click_id: str
    at: datetime
    link: int
    bot: bool
    browser: str | None


@dataclass(frozen=True, slots=True)
class Heard:
    """Stripe sent an event to one of the workspace's accounts."""

    event: Json
    account: int


@dataclass(frozen=True, slots=True)
class Told:
    """The site reported a lead, a sale or a profile, or a person attached or detached a click."""

    kind: str
    uid: str
    livemode: bool
    said: Json
    at: datetime


Happening: TypeAlias = Clicked | Heard | Told
Draw = Callable[[st.SearchStrategy[Any]], Any]


@dataclass(frozen=True, slots=True)
class Paid:
    """One payment as the teller knows it: whatever names it bears, no other payment's sale answers to them.

    `gross_minor` is what was paid (0: nothing was, and there is no sale) where the events of the life tell enough to join all of it.
    """

    names: frozenset[str]
    gross_minor: int | None
    refunded_minor: int | None
    """What refunds that succeeded gave back, together perhaps more than was paid; None where that is not told by refunds alone."""


@cache
def _among(choices: tuple[Any, ...]) -> st.SearchStrategy[Any]:
    return st.sampled_from(choices)


@cache
def _up_to(most: int) -> st.SearchStrategy[int]:
    return st.integers(0, most)


@dataclass(slots=True)
class Teller:
    """Tells one life, in the order in which it happens. Lives of other numbers share no name with it."""

    draw: Draw
    life: int = 0
    happenings: list[Happening] = field(default_factory=list)
    payments: list[Paid] = field(default_factory=list)
    second: int = NOON

    def one(self, *choices: Any) -> Any:
        return self.draw(_among(choices))

    def perhaps(self, chances: int = 2) -> bool:
        """True once in so many times."""
        return bool(self.draw(_up_to(chances - 1)) == chances - 1)

    def number(self, name: str) -> str:
        """A name that nothing else in any life has."""
        return self.own(f"{name}_{len(self.happenings)}")

    def own(self, name: str) -> str:
        """This life's thing of that name."""
        return f"{name}_of_{self.life}"

    def click_id(self, number: int) -> str:
        return f"{self.life:010}Click{number}"

    def a_click_id(self) -> str:
        return self.click_id(self.draw(_up_to(CLICKS - 1)))

    def buyer(self) -> str:
        return self.own(self.one("user_1", "user_2", "user_3"))

    def paid(self, *names: str, gross_minor: int | None, refunded_minor: int | None = None) -> None:
        self.payments.append(Paid(frozenset(names), gross_minor, refunded_minor))

    def later(self) -> int:
        self.second += self.one(*MOMENTS)
        return self.second

    def moment(self) -> datetime:
        return datetime.fromtimestamp(self.second, PAID_AT.tzinfo)

    def metadata(self, chances: int = 3) -> Json:
        """What a site writes on a carrier: nothing mostly, else a click id, a customer id, or both."""
        found: Json = {}
        if self.perhaps(chances):
            found["pimmsClickId"] = self.one(*map(self.click_id, range(CLICKS)), UNKNOWN, "malformed")
        if self.perhaps(chances):
            found["pimmsCustomerId"] = self.buyer()
        return found

    def hear(self, make: Callable[..., Json], *ids: str, whose: "Whose", eras: tuple[str, ...] = ERAS, **fields: Any) -> None:
        """One event, sometimes under a second id, sometimes in a second API version too."""
        at, event_id, era = self.later(), self.number("evt"), self.one(*eras)

        def made(event_id: str, era: str) -> Heard:
            body = make(*ids, at=at, event_id=event_id, livemode=whose.livemode, era=era, **self._contact(make), **fields)
            return Heard(body, whose.account)

        self.happenings.append(made(event_id, era))
        if self.perhaps(6):
            other = self.one(*eras)
            self.happenings.append(made(event_id if other != era else self.number("evt"), other))

    def _contact(self, make: Callable[..., Json]) -> Json:
        """Each of a payment's objects may know another address, even in the same second."""
        return {"email": self.one(None, "ada@example.com", "Eve@example.com")} if make in TELL_CONTACT else {}

    def tell(self, kind: str, *, livemode: bool, **said: Any) -> str:
        """The site's word; its uid."""
        uid = self.number("stm")
        self.happenings.append(Told(kind, uid, livemode, said, self.moment()))
        return uid


@dataclass(frozen=True, slots=True)
class Whose:
    """The account and mode of a payment, and its Stripe customer."""

    account: int
    livemode: bool
    customer: str | None
