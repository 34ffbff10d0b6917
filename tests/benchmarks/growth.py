"""`make bench-growth`: what a thing costs with ten thousand sales and with a million. Sequential, one caller, sizes in turn."""

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, ExitStack
from datetime import UTC, datetime
from statistics import quantiles
from typing import Any

from api.database import connected
from ingest import bodies, inbox, settler
from ingest.keys import Access
from ingest.models.evidence import StripeEvent
from ingest.models.workspace import Account
from resolvers.context import Context
from schema.build import schema
from tests import stripe_events as stripe
from tests.benchmarks import progress, questions, stories
from tests.benchmarks.plan import Plan
from tests.benchmarks.size import Size
from tests.benchmarks.table import Line

SMALLEST = 10_000
TIMES = 30
EVENTS = 300
INVOICES = (10, 10_000)
PAGE = 100
"""Of Stripe's lists, which a server settles as they come."""
_LINK = """query Link($id: ID!, $from: DateTime!) {
  link(id: $id) { clicks(first: 50, filter: {at: {gte: $from}}) { nodes { clickId at country } } sales(first: 50) { nodes { id } } } }"""


def measure(plan: Plan, engines: list[str], *, largest: int) -> None:
    """Each size's costs over those of the smallest."""
    steps = [sales for sales in (SMALLEST, 100_000, 1_000_000) if sales < largest]
    sizes = [Size.with_sales(sales) for sales in [*steps, largest]]
    for engine in engines:
        costs = {size: _costs(plan, engine, size) for size in sizes}
        for what, first in costs[sizes[0]].items():
            for size in sizes[1:]:
                _tell(plan, f"{what}, {size.sales:,} sales, {engine}", f"{sizes[0].sales:,} sales", costs[size][what], first)
        _long_customer(plan, engine, sizes[0])
        _newest_first(plan, engine, sizes[0])


def _tell(plan: Plan, what: str, against: str, cost: float, first: float, at_most: float | None = 1.5) -> None:
    plan.table.add(Line(what=what, against=against, value=cost / first, at_most=at_most, note=f"{cost:.2f} and {first:.2f} ms"))


def _costs(plan: Plan, engine: str, size: Size) -> dict[str, float]:
    progress.say(f"{engine}: {size.sales:,} sales")
    with plan.store.copied(engine, size) as address:
        return asyncio.run(_measured(address, size))


async def _measured(address: str, size: Size) -> dict[str, float]:
    """Milliseconds, at this size: of reads the lower quartile, since sizes are measured minutes apart and what else runs only adds."""
    async with connected(address):
        place = (await _asked(questions.SECOND_LAST, {}))["sales"]["pageInfo"]["startCursor"]
        lately = {"id": size.link_id(0), "from": size.clicked_at(size.clicks - size.clicks // 12).isoformat()}
        found = {
            "page of 50 sales": await _timed(lambda: _asked(questions.PAGE, {})),
            "last page of 50": await _timed(lambda: _asked(questions.PAGE, {"after": place})),
            "one sale by id": await _timed(lambda: _asked(questions.SALE, {"id": size.sale_id(size.sales // 2)})),
            "report of 30 days by country": await _timed(lambda: _asked(questions.REPORT, size.month())),
            "a month of a link with half of all clicks": await _timed(lambda: _asked(_LINK, lately)),
        }
        settled = [await _settled(itertools.islice(stories.purchases(size, start), EVENTS)) for start in (0, 1_000_000)]
        return {**found, "an event settled, beside so many facts": min(settled)}


async def _asked(query: str, variables: dict[str, Any]) -> Any:
    access = Access(1, True, frozenset({"admin"}), "key_benchmark")
    result = await schema.execute(query, variable_values=variables, context_value=Context(access, "req_benchmark", "http://go.example"))
    assert not result.errors, result.errors
    return result.data


async def _timed(work: Callable[[], Awaitable[Any]]) -> float:
    seconds = []
    for _ in range(TIMES):
        began = time.perf_counter()
        await work()
        seconds.append(time.perf_counter() - began)
    return quantiles(seconds, n=4)[0] * 1_000


async def _settled(events: Any) -> float:
    """Store these, settle them all; milliseconds an event."""
    account = await Account.get(is_primary=True)
    count = 0
    for event in events:
        raw = stripe.raw(event)
        await inbox.store(raw, inbox.envelope(bodies.parse(raw)), workspace_id=account.workspace_id, account_id=account.id)
        count += 1
    began = time.perf_counter()
    await settler.settle_everything()
    took = (time.perf_counter() - began) * 1_000 / count
    assert not await StripeEvent.filter(state="stored").exists()
    return took


def _long_customer(plan: Plan, engine: str, size: Size) -> None:
    """One customer's further invoices, when they have ten and when they have ten thousand."""
    with ExitStack() as stack:
        address = stack.enter_context(plan.store.copied(engine, size))
        few, many = asyncio.run(_with_invoices(address, max(200, INVOICES[1] * min(1, size.sales // SMALLEST))))
    _tell(plan, f"an invoice of a customer who has {many[0]:,}, {engine}", f"who has {few[0]:,}", many[1], few[1])


async def _with_invoices(address: str, most: int) -> tuple[tuple[int, float], tuple[int, float]]:
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(connected(address))
        numbers = itertools.count()
        await _settled(_invoices(numbers, INVOICES[0]))
        few = INVOICES[0], await _settled(_invoices(numbers, EVENTS))
        while (held := next(numbers)) < most:
            await _settled(_invoices(numbers, min(1_000, most - held)))
        return few, (most, await _settled(_invoices(numbers, EVENTS)))


def _invoices(numbers: "itertools.count[int]", count: int) -> Any:
    at = int(datetime.now(UTC).timestamp())
    for number in itertools.islice(numbers, count):
        name = f"in_long{number}"
        yield stripe.invoice_paid(name, event_id=f"evt_long{number}", customer="cus_long", at=at, paid_at=at, created=at, livemode=True)


def _newest_first(plan: Plan, engine: str, size: Size) -> None:
    """The invoices of one subscription whose start nobody told, by pages as Stripe lists them, over the same ones oldest first."""
    count = max(200, INVOICES[1] * min(1, size.sales // SMALLEST))
    costs = {}
    for newest in (False, True):
        with plan.store.copied(engine, size) as address:
            costs[newest] = asyncio.run(_listed(address, count, newest=newest))
    _tell(plan, f"an invoice of {count:,} of one subscription, newest first, {engine}", "oldest first", costs[True], costs[False])


async def _listed(address: str, count: int, *, newest: bool) -> float:
    """Milliseconds an invoice, each page settled before the next is stored."""
    first, spent = int(datetime.now(UTC).timestamp()) - 3_600 * count, 0.0
    async with connected(address):
        numbers = range(count)[::-1] if newest else range(count)
        for start in range(0, count, PAGE):
            page = numbers[start : start + PAGE]
            spent += len(page) * await _settled(_of_subscription(number, first + 3_600 * number) for number in page)
    return spent / count


def _of_subscription(number: int, at: int) -> Any:
    names: Any = {"event_id": f"evt_listed{number}", "customer": "cus_listed", "subscription": "sub_listed"}
    return stripe.invoice_paid(f"in_listed{number}", at=at, paid_at=at, created=at, livemode=True, **names)
