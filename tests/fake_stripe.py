"""A Stripe of our own on loopback: its HTTP API as `ingest.stripe.client` uses it, with pages, expansion, limits and faults.

It holds plain objects. A test puts them in, makes it fail on demand, and reads what was asked.
"""

import asyncio
import itertools
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from aiohttp import web

Json: TypeAlias = dict[str, Any]

LISTS = {
    "/v1/webhook_endpoints": "webhook_endpoint",
    "/v1/events": "event",
    "/v1/checkout/sessions": "checkout.session",
    "/v1/invoices": "invoice",
    "/v1/invoice_payments": "invoice_payment",
    "/v1/payment_intents": "payment_intent",
    "/v1/charges": "charge",
    "/v1/refunds": "refund",
    "/v1/disputes": "dispute",
    "/v1/customers": "customer",
    "/v1/subscriptions": "subscription",
}
_STEP = re.compile(r"\[([^\]]*)\]")


@dataclass
class FakeStripe:
    """One account of Stripe's, in one mode."""

    key: str = "sk_test_fake"
    account: str = "acct_fake1"
    livemode: bool = False
    url: str = ""
    objects: dict[str, Json] = field(default_factory=dict)
    """By id, in the order of their making."""
    connected: dict[str, "FakeStripe"] = field(default_factory=dict)
    """The accounts that the key may ask for as a platform, by their ids."""
    others: list["FakeStripe"] = field(default_factory=list)
    """Accounts with keys of their own, which answer at the same address."""
    asked: list[tuple[str, str, Json]] = field(default_factory=list)
    """Method, path and parameters of every request, refused ones too."""
    versions: set[str] = field(default_factory=set)
    _held: dict[str, asyncio.Barrier] = field(default_factory=dict)
    _faults: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _answers: dict[str, web.Response] = field(default_factory=dict)

    def add(self, *objects: Json) -> None:
        self.objects |= {found["id"]: found for found in objects}

    def of(self, kind: str) -> list[Json]:
        return [found for found in self.objects.values() if found["object"] == kind]

    def fail(self, status: int, *, times: int = 1, **headers: str) -> None:
        """Answer the next requests so; 0 breaks the connection in the middle of the answer."""
        self._faults += [(status, headers)] * times

    def hold(self, path: str, *, until: int) -> None:
        """Keep requests of this path waiting until so many are there, and answer them together."""
        self._held[path] = asyncio.Barrier(until)

    def mend(self) -> None:
        """Forget the failures that nobody has met."""
        self._faults.clear()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        params = _nested([*request.query.items(), *((name, str(value)) for name, value in (await request.post()).items())])
        self.asked.append((request.method, request.path, params))
        self.versions.add(request.headers.get("Stripe-Version", ""))
        if request.path in self._held:
            await self._held[request.path].wait()
        if self._faults:
            return await _fault(request, *self._faults.pop(0))
        key = request.headers.get("Authorization", "").removeprefix("Bearer ")
        its = next((each for each in (self, *self.others) if each.key == key), None)
        if its is None:
            return _error(401, "invalid_request_error", "Invalid API Key provided")
        repeated = self._answers.get(request.headers.get("Idempotency-Key", ""))
        if repeated is not None:
            return web.Response(body=repeated.body, content_type="application/json")
        asked_for = its._of(request.headers.get("Stripe-Account"))
        if asked_for is None:
            return _error(403, "invalid_request_error", f"The provided key {key} does not have access to that account")
        found = asked_for._respond(request.method, request.path, params)
        if request.method == "POST":
            self._answers[request.headers["Idempotency-Key"]] = found
        return found

    def _of(self, account: str | None) -> "FakeStripe | None":
        """Whose objects a request is about; None where the key has no say there."""
        return self if account in (None, self.account) else self.connected.get(account or "")

    def _respond(self, method: str, path: str, params: Json) -> web.Response:
        if path == "/v1/account":
            return web.json_response({"id": self.account, "object": "account"})
        if path in LISTS:
            return self._create(params) if method == "POST" else self._list(path, params)
        found = self.objects.get(path.rpartition("/")[2])
        if found is None or path.rpartition("/")[0] not in LISTS:
            return _error(404, "invalid_request_error", f"No such object: {path}", code="resource_missing")
        if method == "DELETE":
            del self.objects[found["id"]]
            return web.json_response({"id": found["id"], "object": found["object"], "deleted": True})
        if method == "POST":
            found |= {"url": params["url"], "enabled_events": _values(params["enabled_events"])}
            found["status"] = "enabled" if params.get("disabled") == "false" else found["status"]
        return web.json_response(_without_secret(found))

    def _create(self, params: Json) -> web.Response:
        number = next(self._numbers)
        made = {
            "id": f"we_{number}",
            "object": "webhook_endpoint",
            "api_version": params["api_version"],
            "description": params.get("description"),
            "enabled_events": _values(params["enabled_events"]),
            "livemode": self.livemode,
            "metadata": params.get("metadata", {}),
            "secret": f"whsec_{number}",
            "status": "enabled",
            "url": params["url"],
        }
        self.add(made)
        return web.json_response(made)

    def _list(self, path: str, params: Json) -> web.Response:
        rows = [found for found in reversed(self.of(LISTS[path])) if _matches(found, params)]
        rows.sort(key=lambda found: -int(found.get("created", 0)))
        after = params.get("starting_after")
        if after is not None:
            place = next((number for number, found in enumerate(rows) if found["id"] == after), None)
            if place is None:
                return _error(400, "invalid_request_error", f"No such object: {after}", code="resource_missing")
            rows = rows[place + 1 :]
        limit = int(params.get("limit", 10))
        page = [_without_secret(self._expanded(found, _values(params.get("expand", {})))) for found in rows[:limit]]
        return web.json_response({"object": "list", "url": path, "has_more": len(rows) > limit, "data": page})

    def _expanded(self, found: Json, names: list[str]) -> Json:
        """`data.payment_intent` puts the object in place of its id."""
        wanted = [name.removeprefix("data.") for name in names]
        return found | {name: self.objects.get(found.get(name, ""), found.get(name)) for name in wanted if "." not in name}


def _matches(found: Json, params: Json) -> bool:
    created = params.get("created", {})
    low, high = int(created.get("gte", 0)), int(created.get("lt", 2**60))
    if not low <= found.get("created", low) < high:
        return False
    if "delivery_success" in params and (found.get("pending_webhooks", 0) == 0) != (params["delivery_success"] == "true"):
        return False
    if "types" in params and found["type"] not in _values(params["types"]):
        return False
    plain = {name: value for name, value in params.items() if isinstance(value, str) and name in ("invoice", "payment_intent", "customer")}
    paid = params.get("payment", {}).get("payment_intent")
    return all(found.get(name) == value for name, value in plain.items()) and paid in (None, found.get("payment", {}).get("payment_intent"))


def _nested(pairs: list[tuple[str, str]]) -> Json:
    """`created[gte]=1` -> {"created": {"gte": "1"}}, as Stripe reads its forms."""
    found: Json = {}
    for name, value in pairs:
        first, *rest = [name.partition("[")[0], *_STEP.findall(name)]
        holder, last = found, first
        for step in rest:
            holder, last = holder.setdefault(last, {}), step
        holder[last] = value
    return found


def _values(indexed: Json) -> list[str]:
    return [indexed[index] for index in sorted(indexed, key=int)]


def _without_secret(found: Json) -> Json:
    return {name: value for name, value in found.items() if name != "secret"}


def _error(status: int, kind: str, message: str, *, code: str | None = None, headers: dict[str, str] | None = None) -> web.Response:
    return web.json_response({"error": {"type": kind, "message": message, "code": code}}, status=status, headers=headers)


async def _fault(request: web.Request, status: int, headers: dict[str, str]) -> web.StreamResponse:
    if status:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return _error(status, "rate_limit_error" if status == 429 else "api_error", "not now", headers=named)
    broken = web.StreamResponse(headers={"Content-Length": "1000"})
    await broken.prepare(request)
    await broken.write(b'{"object": "li')
    assert request.transport is not None
    request.transport.abort()
    return broken


@contextmanager
def running(**state: Any) -> Iterator[FakeStripe]:
    """A fake Stripe that answers at `url`, from a thread of its own, so that a test may call it from anywhere."""
    fake, started, loop = FakeStripe(**state), threading.Event(), asyncio.new_event_loop()

    async def serve() -> None:
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", fake.answer)
        runner = web.AppRunner(application, handle_signals=False, shutdown_timeout=1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        fake.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        started.set()
        await stopping.wait()
        await runner.cleanup()

    stopping = asyncio.Event()
    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    started.wait(10)
    try:
        yield fake
    finally:
        loop.call_soon_threadsafe(stopping.set)
        thread.join()
        loop.close()
