"""What can happen in a life, and the teller who makes it happen one after the other: clicks, Stripe's events, what the site reports."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

from hypothesis import strategies as st

from tests import stripe_events as stripe
from tests.story import PAID_AT
from tests.stripe_objects import NOON, Json

CURRENCIES = ("usd", "eur", "jpy", "kwd", "xxx")
"""The workspace's own; two that the rates have, with 2 and 0 decimals; one of 3 decimals without a rate; one that nobody knows."""
ERAS = ("2020-08-27", "acacia", "basil", "endive")
CLICKS = tuple(f"0000000000Click{number}" for number in range(4))
UNKNOWN = "0000000000Absent"
BUYERS = ("user_1", "user_2", "user_3")
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


@dataclass(slots=True)
class Teller:
    """Tells one life, in the order in which it happens."""

    draw: Draw
    happenings: list[Happening] = field(default_factory=list)
    second: int = NOON

    def one(self, *choices: Any) -> Any:
        return self.draw(st.sampled_from(choices))

    def perhaps(self, chances: int = 2) -> bool:
        """True once in so many times."""
        return bool(self.draw(st.integers(0, chances - 1)) == chances - 1)

    def number(self, name: str) -> str:
        return f"{name}_{len(self.happenings)}"

    def later(self) -> int:
        self.second += self.one(*MOMENTS)
        return self.second

    def moment(self) -> datetime:
        return datetime.fromtimestamp(self.second, PAID_AT.tzinfo)

    def metadata(self, chances: int = 3) -> Json:
        """What a site writes on a carrier: nothing mostly, else a click id, a customer id, or both."""
        found: Json = {}
        if self.perhaps(chances):
            found["pimmsClickId"] = self.one(*CLICKS, UNKNOWN, "malformed")
        if self.perhaps(chances):
            found["pimmsCustomerId"] = self.one(*BUYERS)
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

    def tell(self, kind: str, *, livemode: bool, **said: Any) -> None:
        self.happenings.append(Told(kind, self.number("stm"), livemode, said, self.moment()))


@dataclass(frozen=True, slots=True)
class Whose:
    """The account and mode of a payment, and its Stripe customer."""

    account: int
    livemode: bool
    customer: str | None
