"""What one worker takes: memory after answering, seconds to its first answer, statements to a request."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median

from api.database import connected
from ingest.keys import Access
from resolvers.context import Context
from schema.build import schema
from tests.benchmarks import driving, following, machine, questions, reading, servers
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
        for name, count in asyncio.run(_statements(plan, address)).items():
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
