"""The demo's story: what happens, to whom and when, in the order in which it is sent. Dates are fixed, so that its figures are too."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from api.cli.demo import bodies
from api.cli.demo.bodies import Json

LINKS: dict[str, Json] = {
    "newsletter": {"url": "https://shop.example/spring", "utm": {"source": "newsletter", "medium": "email"}},
    "video": {"url": "https://buy.stripe.com/demo", "utm": {"source": "video", "campaign": "launch"}},
    "poster": {"url": "https://shop.example/poster?size=a2", "utm": {"source": "poster", "medium": "print"}},
    "archive": {"url": "https://shop.example/old", "utm": {"source": "archive"}},
}
PASSERS_BY = {"newsletter": 40, "video": 25, "poster": 15}
AGENTS = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_3 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
    " Version/18.3 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
    "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0",
    "Mozilla/5.0 (iPad; CPU OS 18_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.2 Safari/604.1",
)
BOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
COUNTRIES = ("US", "DE", "FR", "GB", "JP", "BR")
REFERERS = ("https://news.example/issue/12", "https://video.example/watch", "https://search.example/", None)


@dataclass(frozen=True, slots=True)
class Click:
    """A click of the past on a link of LINKS; `who` names it for the events that carry its id."""

    who: str
    link: str
    at: datetime
    agent: str = AGENTS[0]
    country: str = "US"
    referer: str | None = None


@dataclass(frozen=True, slots=True)
class Lead:
    """A lead that the shop's back end reports."""

    who: str
    event_name: str


def _day(month: int, day: int, hour: int = 18) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


def clicks() -> Iterator[Click]:
    """Six weeks of passers-by and one bot, and the clicks that matter."""
    for link, count in PASSERS_BY.items():
        for number in range(count):
            at = _day(3, 1, 8) + timedelta(hours=25 * number)
            agent, country = AGENTS[number % len(AGENTS)], COUNTRIES[number % len(COUNTRIES)]
            yield Click(f"{link}-{number}", link, at, agent, country, REFERERS[number % len(REFERERS)])
    yield Click("bot", "newsletter", _day(3, 2), BOT)
    yield Click("ada", "newsletter", _day(3, 2), AGENTS[1], "GB", REFERERS[0])
    yield Click("ben", "video", _day(3, 10), AGENTS[2], "DE", REFERERS[1])
    yield Click("cleo", "newsletter", _day(3, 3), AGENTS[0], "FR", REFERERS[0])
    yield Click("dan", "video", _day(4, 1), AGENTS[1], "GB", REFERERS[1])
    yield Click("eve", "poster", _day(3, 20), AGENTS[3])
    yield Click("gus", "archive", datetime(2025, 12, 1, 18, tzinfo=UTC), AGENTS[2])
    yield Click("hana", "poster", _day(4, 14), AGENTS[0], "JP")
    yield Click("ivo", "video", _day(4, 18), AGENTS[1], "KW", REFERERS[1])
    yield Click("jo", "newsletter", _day(4, 1), AGENTS[3], "US", REFERERS[0])


def leads() -> Iterator[Lead]:
    yield Lead("ada", "Sign up")


def events(run: str, click: dict[str, str]) -> Iterator[Json]:
    """Every event of the story, late and repeated ones included. `click` has the click id of each person."""
    for part in (_ada, _ben, _cleo, _dan, _eve, _nobody, _hana, _ivo, _jo, _kim):
        for name, kind, at, body in part(run, click):
            yield bodies.event(f"{run}_{name}", kind, at, body)


Act = tuple[str, str, datetime, Json]
"""(name of the event, its type, when, its object)"""


def _ada(run: str, _: dict[str, str]) -> Iterator[Act]:
    name, at = f"{run}_ada", _day(3, 5)
    paid = bodies.session(name, 4_900, "usd", "ada@shop.example", payment_intent=f"pi_{name}", metadata={"pimmsCustomerId": name})
    yield "ada1", "checkout.session.completed", at, paid
    yield "ada2", "charge.refunded", _day(3, 9), bodies.charge(name, 4_900, "usd", at, 900)


def _ben(run: str, click: dict[str, str]) -> Iterator[Act]:
    name, at = f"{run}_ben", _day(3, 11)
    linked = {"payment_intent": f"pi_{name}", "payment_link": f"plink_{name}", "client_reference_id": f"pimms_id_{click['ben']}"}
    yield "ben1", "refund.created", _day(3, 20), bodies.refund(name, 2_000, "eur", _day(3, 20), of=name)  # before its sale
    yield "ben2", "payment_intent.succeeded", at, bodies.intent(name, 8_000, "eur")
    yield "ben3", "checkout.session.completed", at, bodies.session(name, 8_000, "eur", "ben@shop.example", **linked)
    yield "ben4", "charge.refunded", _day(3, 20), bodies.charge(name, 8_000, "eur", at, 2_000)


def _cleo(run: str, click: dict[str, str]) -> Iterator[Act]:
    name, start = f"{run}_cleo", _day(3, 3, 20)
    billed = {"customer": f"cus_{name}", "subscription": f"sub_{name}"}
    first = bodies.invoice(f"{name}1", 2_900, "usd", start, billing_reason="subscription_create", **billed)
    subscribed = {**billed, "mode": "subscription", "invoice": f"in_{name}1", "metadata": {"pimmsClickId": click["cleo"]}}
    yield "cleo3", "invoice.payment_succeeded", start, first
    yield "cleo2", "invoice.paid", start, first
    yield "cleo2", "invoice.paid", start, first  # Stripe repeats itself
    yield "cleo1", "checkout.session.completed", start, bodies.session(name, 2_900, "usd", "cleo@shop.example", **subscribed)
    for number, at in ((3, _day(5, 3, 20)), (2, _day(4, 3, 20))):  # the later renewal arrives first
        renewal = bodies.invoice(f"{name}{number}", 2_900, "usd", at, billing_reason="subscription_cycle", **billed)
        yield f"cleo{number + 2}", "invoice.paid", at, renewal


def _dan(run: str, click: dict[str, str]) -> Iterator[Act]:
    name, at = f"{run}_dan", _day(4, 7)
    known = bodies.customer(name, "dan@shop.example", pimmsCustomerId=name, pimmsClickId=click["dan"])
    yield "dan1", "customer.created", _day(4, 2), known
    yield "dan2", "payment_intent.succeeded", at, bodies.intent(name, 6_000, "gbp", customer=f"cus_{name}")


def _eve(run: str, click: dict[str, str]) -> Iterator[Act]:
    name, at = f"{run}_eve", _day(3, 21)
    carried = {"payment_intent": f"pi_{name}", "metadata": {"pimmsClickId": click["eve"]}}
    yield "eve1", "checkout.session.completed", at, bodies.session(name, 2_500, "usd", "eve@shop.example", **carried)
    yield "eve2", "charge.refunded", _day(3, 25), bodies.charge(name, 2_500, "usd", at, 2_500)
    yield "eve3", "refund.created", _day(3, 25), bodies.refund(name, 2_500, "usd", _day(3, 25), of=name)


def _nobody(run: str, click: dict[str, str]) -> Iterator[Act]:
    """Two sales that no link earned, each with its reason."""
    yield "fay1", "checkout.session.completed", _day(3, 28), bodies.session(f"{run}_fay", 1_500, "usd", "fay@shop.example")
    late = {"metadata": {"pimmsClickId": click["gus"]}}
    yield "gus1", "checkout.session.completed", _day(3, 31), bodies.session(f"{run}_gus", 7_000, "usd", "gus@shop.example", **late)


def _hana(run: str, click: dict[str, str]) -> Iterator[Act]:
    name, at = f"{run}_hana", _day(4, 15)
    yield "hana1", "checkout.session.completed", at, bodies.session(name, 12_000, "jpy", "hana@shop.example", customer=f"cus_{name}")
    known = bodies.customer(name, "hana@shop.example", pimmsClickId=click["hana"])
    yield "hana2", "customer.updated", _day(4, 16), known


def _ivo(run: str, click: dict[str, str]) -> Iterator[Act]:
    carried = {"metadata": {"pimmsClickId": click["ivo"]}}
    yield "ivo1", "checkout.session.completed", _day(4, 18, 20), bodies.session(f"{run}_ivo", 10_500, "kwd", "ivo@shop.example", **carried)


def _jo(run: str, click: dict[str, str]) -> Iterator[Act]:
    """A trial brings a lead and no sale; the sale is the first money."""
    name, start, paid = f"{run}_jo", _day(4, 1, 20), _day(4, 15, 20)
    billed = {"customer": f"cus_{name}", "subscription": f"sub_{name}"}
    free = {**billed, "mode": "subscription", "payment_status": "no_payment_required", "metadata": {"pimmsClickId": click["jo"]}}
    yield "jo1", "checkout.session.completed", start, bodies.session(name, 0, "usd", "jo@shop.example", **free)
    yield "jo2", "invoice.paid", start, bodies.invoice(f"{name}1", 0, "usd", start, billing_reason="subscription_create", **billed)
    yield "jo3", "invoice.paid", paid, bodies.invoice(f"{name}2", 1_900, "usd", paid, billing_reason="subscription_cycle", **billed)


def _kim(run: str, _: dict[str, str]) -> Iterator[Act]:
    unpaid = bodies.session(f"{run}_kim", 9_900, "usd", "kim@shop.example", payment_status="unpaid")
    yield "kim1", "checkout.session.completed", _day(4, 20), unpaid
    yield "kim2", "checkout.session.async_payment_failed", _day(4, 22), unpaid
