"""Events for the webhook: purchases as Stripe tells them, three events each, signed; none of them twice."""

import itertools
import time
from collections.abc import Iterator

from tests import stripe_events as stripe
from tests.benchmarks.databases import SECRET
from tests.benchmarks.loads import Ask
from tests.benchmarks.size import Size
from tests.stripe_objects import Json

_CONTENT = {"content-type": "application/json; charset=utf-8", "user-agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)"}


def purchases(size: Size, start: int) -> Iterator[Json]:
    """The events of purchase after purchase, live, each by a customer of its own, credited to a click that is there."""
    at = int(time.time())
    for number in itertools.count(start):
        session, intent, charge, customer = (f"{kind}_told{number}" for kind in ("cs", "pi", "ch", "cus"))
        said: Json = {"pimmsClickId": size.click_id(size.clicks - 1 - number % (size.clicks // 10)), "pimmsCustomerId": f"told_{number}"}
        common: Json = {"at": at, "livemode": True, "amount": 5_000, "currency": "usd", "customer": customer}
        names = [f"evt_told{number}_{place}" for place in range(3)]
        yield stripe.payment_intent_succeeded(intent, event_id=names[0], charge=charge, metadata={}, created=at, **common)
        yield stripe.charge_succeeded(charge, event_id=names[1], intent=intent, created=at, **common)
        yield stripe.session_completed(session, event_id=names[2], intent=intent, metadata=said, created=at, **common)


def deliveries(size: Size, start: int, count: int) -> list[Ask]:
    """Signed requests for so many events, of purchases from `start` on; the signatures hold for five minutes."""
    bodies = (stripe.raw(event) for event in itertools.islice(purchases(size, start), count))
    return [Ask("/webhooks/stripe", "POST", {**_CONTENT, "stripe-signature": stripe.sign(body, SECRET)}, body) for body in bodies]
