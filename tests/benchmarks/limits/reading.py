"""The limit of reading: the answers of `tests.benchmarks.questions` from hand-written SQL on the bare driver, with Starlette and orjson.

No key, no limits, no errors, no log, no GraphQL: two statements and a loop. Its answers are compared with ours before anything is measured.
"""

import base64
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Protocol

import asyncpg
import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_COLUMNS = (
    "p.id, p.paid_at, p.net_minor, p.currency, p.converted_net_minor, p.converted_currency, p.reason, c.external_id, c.email,"
    " k.id, k.clicked_at, k.country, k.referer, l.domain, l.key, l.url, l.utm_source, l.utm_campaign"
)
_JOINS = "JOIN customer c ON c.id = p.customer_id LEFT JOIN click k ON k.id = p.click_id LEFT JOIN link l ON l.id = k.link_id"
PAGE = (
    f"SELECT {_COLUMNS} FROM (SELECT * FROM sale WHERE workspace_id = 1 AND livemode = {{yes}} ORDER BY paid_at DESC, id DESC LIMIT 51) p"
    f" {_JOINS} ORDER BY p.paid_at DESC, p.id DESC"
)
SALE = f"SELECT {_COLUMNS} FROM sale p {_JOINS} WHERE p.id = {{first}} AND p.workspace_id = 1 AND p.livemode = {{yes}}"
_REFUND = "SELECT sale_id, amount_minor, currency, at, reason FROM refund WHERE workspace_id = 1 AND livemode = {yes} AND sale_id = {sale}"
_FEW = " ORDER BY at DESC, id DESC LIMIT 5"
REFUNDS_POSTGRES = "SELECT r.* FROM unnest($1::text[]) s(id) CROSS JOIN LATERAL (" + _REFUND.format(yes="true", sale="s.id") + _FEW + ") r"
REFUNDS_SQLITE = "SELECT * FROM (" + _REFUND.format(yes="1", sale="?") + _FEW + ")"
Rows = Sequence[Sequence[Any]]


class Driver(Protocol):
    async def start(self) -> None: ...
    async def page(self) -> Rows: ...
    async def sale(self, name: str) -> Rows: ...
    async def refunds(self, sales: list[str]) -> Rows: ...


class Postgres:
    def __init__(self, address: str) -> None:
        self._address = address

    async def start(self) -> None:
        self._pool = await asyncpg.create_pool(self._address, min_size=1, max_size=10)

    async def page(self) -> Rows:
        rows: Rows = await self._pool.fetch(PAGE.format(yes="true"))
        return rows

    async def sale(self, name: str) -> Rows:
        rows: Rows = await self._pool.fetch(SALE.format(yes="true", first="$1"), name)
        return rows

    async def refunds(self, sales: list[str]) -> Rows:
        rows: Rows = await self._pool.fetch(REFUNDS_POSTGRES, sales)
        return rows


class Sqlite:
    """On the loop itself: no thread is as fast as none, while one client waits for nobody else's statement."""

    def __init__(self, address: str) -> None:
        self._path = address.removeprefix("sqlite://")

    async def start(self) -> None:
        self._connection = sqlite3.connect(self._path, isolation_level=None)

    async def page(self) -> Rows:
        return [_timed(row, 1, 10) for row in self._connection.execute(PAGE.format(yes="1"))]

    async def sale(self, name: str) -> Rows:
        return [_timed(row, 1, 10) for row in self._connection.execute(SALE.format(yes="1", first="?"), (name,))]

    async def refunds(self, sales: list[str]) -> Rows:
        statement = " UNION ALL ".join([REFUNDS_SQLITE] * len(sales))
        return [_timed(row, 3) for row in self._connection.execute(statement, sales)]


def _timed(row: Sequence[Any], *places: int) -> list[Any]:
    made = list(row)
    for place in places:
        made[place] = made[place] and datetime.fromisoformat(made[place])
    return made


def _money(minor: int | None, currency: str) -> dict[str, str] | None:
    return None if minor is None else {"amount": f"{minor // 100}.{minor % 100:02d}", "currency": currency}


def _time(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def _node(row: Sequence[Any], refunds: list[dict[str, Any]], origin: str) -> dict[str, Any]:
    """Written out in full, as one would by hand where speed is all."""
    return {
        "id": row[0],
        "paidAt": _time(row[1]),
        "net": {"original": _money(row[2], row[3]), "converted": _money(row[4], row[5])},
        "customer": {"externalId": row[7], "email": row[8]},
        "click": None
        if row[9] is None
        else {
            "clickId": row[9],
            "at": _time(row[10]),
            "country": row[11],
            "referer": row[12],
            "link": {
                "shortLink": f"{origin}{row[13]}/{row[14]}",
                "url": row[15],
                "utm": {"source": row[16], "campaign": row[17]},
            },
        },
        "refunds": {"nodes": refunds},
        "attribution": {"reason": row[6].upper()},
    }


async def _nodes(driver: Driver, rows: Rows) -> list[dict[str, Any]]:
    back: dict[str, list[dict[str, Any]]] = {row[0]: [] for row in rows}
    for sale, minor, currency, at, reason in await driver.refunds(list(back)):
        money = _money(minor, currency) or {}
        back[sale].append({"amount": {"amount": money["amount"]}, "at": _time(at), "reason": reason})
    return [_node(row, back[row[0]], "http://") for row in rows]


def _cursor(row: Sequence[Any]) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(["Sale.paid_at.desc", row[1].isoformat(), row[0]])).decode().rstrip("=")


class Answers:
    """What is answered to the two questions, by whoever serves it."""

    def __init__(self, address: str) -> None:
        self._driver: Driver = Sqlite(address) if address.startswith("sqlite") else Postgres(address)

    @asynccontextmanager
    async def lifespan(self, _: Starlette) -> AsyncIterator[None]:
        await self._driver.start()
        yield

    async def page(self) -> dict[str, Any]:
        rows = await self._driver.page()
        shown = rows[:50]
        info = {"hasNextPage": len(rows) > 50, "endCursor": _cursor(shown[-1])}
        return {"sales": {"nodes": await _nodes(self._driver, shown), "pageInfo": info}}

    async def sale(self, name: str) -> dict[str, Any]:
        nodes = await _nodes(self._driver, await self._driver.sale(name))
        return {"sale": nodes[0] if nodes else None}


def create(address: str) -> Starlette:
    answers = Answers(address)

    async def page(_: Request) -> Response:
        return Response(orjson.dumps({"data": await answers.page()}), media_type="application/json")

    async def sale(request: Request) -> Response:
        data = await answers.sale(orjson.loads(await request.body())["variables"]["id"])
        return Response(orjson.dumps({"data": data}), media_type="application/json")

    return Starlette(routes=[Route("/page", page, methods=["POST"]), Route("/sale", sale, methods=["POST"])], lifespan=answers.lifespan)
