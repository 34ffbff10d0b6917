"""`python -m tests.resolvers.plan.measure`: the question and one sale by id, compiled, ordinary and by hand, in one interleaved run.

No sockets: the applications are called as a server calls them, all in this process, so that what differs is what answering costs.
"""

import argparse
import asyncio
import cProfile
import json
import pstats
import statistics
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp

from api import logging
from api.app import create_app
from api.settings import Settings
from resolvers.plan import switch
from tests.benchmarks import databases, questions
from tests.benchmarks.databases import KEY, Store
from tests.benchmarks.limits import reading
from tests.benchmarks.size import Size

CLIENTS = 16
Ask = Callable[[], Awaitable[bytes]]


def asking(app: ASGIApp, path: str, body: Mapping[str, Any]) -> Ask:
    """A request, as uvicorn would hand it over."""
    sent = json.dumps(body).encode()
    names = {"host": "127.0.0.1", "content-type": "application/json", "accept": "application/json", "authorization": f"Bearer {KEY}"}
    headers = [(name.encode(), value.encode()) for name, value in {**names, "content-length": str(len(sent))}.items()]

    async def ask() -> bytes:
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "root_path": "",
            "headers": headers,
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 80),
            "state": {},
        }
        given, got = [{"type": "http.request", "body": sent, "more_body": False}], list[bytes]()

        async def receive() -> Any:
            return given.pop()

        async def send(message: Any) -> None:
            got.append(message.get("body", b""))

        await app(scope, receive, send)
        return b"".join(got)

    return ask


async def rate(ask: Ask, seconds: float) -> float:
    """Answers a second, of as many callers as the issue has."""
    until, done = time.perf_counter() + seconds, 0

    async def call() -> None:
        nonlocal done
        while time.perf_counter() < until:
            await ask()
            done += 1

    began = time.perf_counter()
    await asyncio.gather(*(call() for _ in range(CLIENTS)))
    return done / (time.perf_counter() - began)


async def measured(address: str, size: Size, asked: argparse.Namespace) -> None:
    engine = address.partition(":")[0]
    raw, ours = (
        reading.create(address),
        create_app(
            Settings(
                database_url=address, admin_keys=(KEY,), fx_feed="off", rate_key=0, rate_address=0, spool=str(databases.CACHE / "spool")
            )
        ),
    )
    async with AsyncExitStack() as stack:
        for app in (raw, ours):
            await stack.enter_async_context(app.router.lifespan_context(app))
        sale = {"id": size.sale_id(size.sales // 2)}
        for what, query, given in (("page", questions.PAGE, {}), ("sale", questions.SALE, sale)):
            asks = {
                "raw": asking(raw, f"/{what}", {"variables": given}),
                "compiled": asking(ours, "/graphql", {"query": query, "variables": given}),
            }
            if asked.profile:
                await _profiled(asks["compiled"], f"{engine} {what}")
                continue
            print(engine, what, await _compared({**asks, "ordinary": asks["compiled"]}, asked), flush=True)  # noqa: T201  # it prints what it measured


async def _compared(asks: Mapping[str, Ask], asked: argparse.Namespace) -> str:
    rates: dict[str, list[float]] = {name: [] for name in asks}
    answers = set()
    for number in range(asked.rounds + 1):
        for name, ask in asks.items():
            switch.enabled = name != "ordinary"
            answers.add(json.dumps(json.loads(await ask())["data"]))
            found = await rate(ask, asked.seconds)
            if number:
                rates[name].append(found)
    switch.enabled = True
    assert len(answers) == 1, answers
    medians = {name: statistics.median(found) for name, found in rates.items()}
    ratios = [ours / raw for ours, raw in zip(rates["compiled"], rates["raw"], strict=True)]
    told = ", ".join(f"{name} {found:.0f}/s" for name, found in medians.items())
    return f"{told}; of raw: {statistics.median(ratios):.2f}; times ordinary: {medians['compiled'] / medians['ordinary']:.1f}"


async def _profiled(ask: Ask, what: str) -> None:
    await rate(ask, 0.3)
    profile = cProfile.Profile(time.process_time)
    profile.enable()
    await rate(ask, 2)
    profile.disable()
    print(what)  # noqa: T201  # as above
    stats = pstats.Stats(profile)
    stats.sort_stats("tottime").print_stats(20)
    stats.sort_stats("cumtime").print_stats(70)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=0.1)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--engine", action="append", choices=databases.ENGINES)
    parser.add_argument("--folder", type=Path, help="where filled databases are kept")
    parser.add_argument("--profile", action="store_true")
    asked = parser.parse_args()
    databases.CACHE = asked.folder or databases.CACHE
    logging.start("info")
    store, size = Store(), Size.of(asked.scale)
    for engine in asked.engine or databases.ENGINES:
        with store.copied(engine, size) as address:
            asyncio.run(measured(address, size, asked))


if __name__ == "__main__":
    main()
