"""The limit of the webhook: verify the signature, parse once, one INSERT that is committed, 200."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import asyncpg
import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from stripe import WebhookSignature

from tests.benchmarks.databases import SECRET

_COLUMNS = "account_id, livemode, event_id, api_version, type, created_at, received_at, body"
_TABLE = (
    "CREATE TABLE IF NOT EXISTS bare_event (id {key}, account_id int, livemode boolean, event_id text, api_version text, type text,"
    " created_at {time}, received_at {time}, body {bytes}, UNIQUE (account_id, livemode, event_id, api_version))"
)
_INSERT = f"INSERT INTO bare_event ({_COLUMNS}) VALUES ({{marks}}) ON CONFLICT DO NOTHING"


class Postgres:
    _insert = _INSERT.format(marks=", ".join(f"${number}" for number in range(1, 9)))

    def __init__(self, address: str) -> None:
        self._address = address

    async def start(self) -> None:
        self._pool = await asyncpg.create_pool(self._address, min_size=1, max_size=10)
        await self._pool.execute(_TABLE.format(key="bigserial PRIMARY KEY", time="timestamptz", bytes="bytea"))

    async def store(self, row: tuple[Any, ...]) -> None:
        await self._pool.execute(self._insert, *row)


class Sqlite:
    """On the loop itself, and as safely as ours: WAL and a sync at each commit."""

    _insert = _INSERT.format(marks=", ".join("?" * 8))

    def __init__(self, address: str) -> None:
        self._path = address.removeprefix("sqlite://")

    async def start(self) -> None:
        self._connection = sqlite3.connect(self._path, isolation_level=None, timeout=10)
        self._connection.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL")
        self._connection.execute(_TABLE.format(key="INTEGER PRIMARY KEY", time="text", bytes="blob"))

    async def store(self, row: tuple[Any, ...]) -> None:
        self._connection.execute(self._insert, row)


def create(address: str) -> Starlette:
    driver = Sqlite(address) if address.startswith("sqlite") else Postgres(address)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        await driver.start()
        yield

    async def receive(request: Request) -> Response:
        body = await request.body()
        WebhookSignature.verify_header(body.decode(), request.headers["stripe-signature"], SECRET, 300)
        event = orjson.loads(body)
        created = datetime.fromtimestamp(event["created"], UTC)
        row = (1, event["livemode"], event["id"], event["api_version"], event["type"], created, datetime.now(UTC), body)
        await driver.store(row)
        return JSONResponse({"received": True})

    return Starlette(routes=[Route("/webhooks/stripe", receive, methods=["POST"])], lifespan=lifespan)
