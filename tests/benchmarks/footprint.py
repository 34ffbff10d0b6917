"""What one worker takes: memory after answering, seconds to its first answer, statements to a request."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from statistics import median
from typing import Any

from api.database import connected
from ingest import clicks, inbox, settler
from ingest.clicks import Seen
from ingest.inbox import Incoming
from ingest.keys import Access
from ingest.models.evidence import Click
from ingest.models.workspace import Account
from ingest.settle.scope import Scope
from resolvers.context import Context
from schema.build import schema
from tests import stripe_events as stripe
from tests.benchmarks import driving, following, machine, questions, reading, servers, stories
from tests.benchmarks.loads import Load
from tests.benchmarks.plan import Plan
from tests.benchmarks.table import Line


def measure(plan: Plan, engine: str) -> None:
    with plan.store.copied(engine, plan.size) as address:
        starts = [servers.seconds_to_ready(address) for _ in range(plan.rounds)]
        plan.table.add(Line(what=f"start to ready, {engine}", against="", value=median(starts), unit="s", at_most=1.5))
        plan.table.add(
            Line(what=f"memory after the reads and redirects, {engine}", against="", value=_memory(plan, address), unit="MiB", at_most=200)
        )
        for name, count in {**asyncio.run(_statements(plan, address)), **asyncio.run(_writing(plan, address))}.items():
            plan.table.add(Line(what=f"statements for {name}, {engine}", against="", value=count, unit=""))


def _memory(plan: Plan, address: str) -> float:
    with servers.ours(address) as server:
        for what in ("page", "sale"):
            driving.drive(server.url, Load(reading._asks(reading.OURS, what, plan.size)), plan.seconds)
        driving.drive(server.url, Load(following.visitors(0, 20_000, plan.size.links)), plan.seconds)
        assert server.process is not None
        return machine.resident_mib(server.process.pid)


async def _statements(plan: Plan, address: str) -> dict[str, int]:
    """Counted in this process, from the log of the database's driver; the key's own look-up, once a second, is not among them."""
    asks = {"the page of 50 sales": (questions.PAGE, {}), "one sale by id": (questions.SALE, {"id": plan.size.sale_id(0)})}
    found: dict[str, int] = {}
    async with connected(address):
        for name, (query, variables) in asks.items():
            with _heard() as said:
                access = Access(1, True, frozenset({"admin"}), "key_benchmark")
                result = await schema.execute(
                    query, variable_values=variables, context_value=Context(access, "req_benchmark", "http://go.example")
                )
            assert not result.errors, result.errors
            found[name] = len(said)
    return found


async def _writing(plan: Plan, address: str) -> dict[str, int]:
    """Counted by the driver, BEGIN and COMMIT among them: one click, one event, and what its settling takes when it comes alone."""
    found: dict[str, int] = {}
    async with connected(address, pool_size=1):
        account = await Account.get(is_primary=True)
        await settler.settle_everything()
        async with _driven() as said:
            for number in range(2):  # the first time a connection asks what the types are
                seen = Seen(f"bench{number:011}", 1, plan.size.link_id(0), datetime.now(UTC), "https://shop.example/", country="DE")
                event = next(stories.purchases(plan.size, 9_000_000 + number))
                body, said_of = stripe.raw(event), inbox.envelope(event)
                told = Incoming(body=body, said=said_of, workspace_id=account.workspace_id, account_id=account.id)
                for name, work in (
                    ("a redirect's click", clicks.insert([seen])),
                    ("an event to be acknowledged", inbox.store_all([told])),
                    ("an event to be settled alone", settler.settle_here(Scope(account.workspace_id, livemode=True), lambda: False)),
                ):
                    said.clear()
                    await work
                    found[name] = len(said)
    return found


@asynccontextmanager
async def _driven() -> AsyncIterator[list[str]]:
    """The texts that the one connection is sent."""
    client: Any = Click._meta.db
    said: list[str] = []
    if client.capabilities.dialect == "sqlite":
        client._connection._conn.set_trace_callback(said.append)
        yield said
        return
    async with client._pool.acquire() as connection:
        connection.add_query_logger(lambda record: said.append(record.query))
    yield said


class _Ear(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if (text := record.getMessage()).startswith(("SELECT", "WITH")):
            self.said.append(text)


@contextmanager
def _heard() -> Iterator[list[str]]:
    log, ear = logging.getLogger("tortoise.db_client"), _Ear()
    level = log.level
    log.addHandler(ear)
    log.setLevel(logging.DEBUG)
    try:
        yield ear.said
    finally:
        log.removeHandler(ear)
        log.setLevel(level)
