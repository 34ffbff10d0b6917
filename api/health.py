"""/healthz: the process lives. /readyz: it can serve. /metrics: what it has done, for Prometheus."""

from collections.abc import Iterator, Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Metric
from prometheus_client.core import CounterMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from api import access, database
from api.background import Background
from ingest import inbox
from ingest.clicks import Kept
from schema.build import compiled

_LOOPBACK = {"127.0.0.1", "::1"}


class Metrics:
    """What one process counts."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter("clickledger_requests", "Requests answered.", ["route", "status"], registry=self.registry)
        self.events = Counter("clickledger_stripe_events", "Stripe events taken in, by outcome.", ["outcome"], registry=self.registry)
        self.clicks = Counter("clickledger_clicks", "Clicks, by where they were kept.", ["kept"], registry=self.registry)
        self.kept = {kept: self.clicks.labels(kept.value) for kept in Kept}
        self.waiting = Gauge("clickledger_settle_waiting", "Stripe events stored and not yet settled.", registry=self.registry)
        self.lag = Gauge("clickledger_settle_lag_seconds", "For how long the oldest of them has waited.", registry=self.registry)
        self.registry.register(_Operations())


class _Operations(Collector):
    """How GraphQL's operations were answered, as the schema counts them."""

    def collect(self) -> Iterator[Metric]:
        counts = compiled.operations.counts
        found = CounterMetricFamily("clickledger_graphql_operations", "Operations of GraphQL, by how they were answered.", labels=["how"])
        for how in ("compiled", "payloads", "unknown", "unanswerable", "failed"):
            found.add_metric([how], getattr(counts, how))
        yield found


async def healthz(_: Request) -> Response:
    return JSONResponse({"alive": True}, headers={"cache-control": "no-store"})


async def readyz(request: Request) -> Response:
    """200 when the database answers, has every migration, and every background loop runs; else 503 and which does not."""
    background: Background = request.app.state.background
    answers = await database.answers()
    checks = {"database": answers, "migrations": answers and not await database.unapplied(), **background.alive()}
    ready = all(checks.values())
    return JSONResponse({"ready": ready, "checks": checks}, status_code=200 if ready else 503, headers={"cache-control": "no-store"})


async def metrics(request: Request) -> Response:
    """The figures of this process and the settler's lag. From elsewhere than this machine, an admin key is needed."""
    if request.client is not None and request.client.host not in _LOOPBACK:
        await access.require(request, "admin")
    known: Metrics = request.app.state.metrics
    waiting, lag = await inbox.waiting()
    known.waiting.set(waiting)
    known.lag.set(lag.total_seconds())
    encode, content_type = choose_encoder(request.headers.get("accept", ""))
    return Response(encode(known.registry), headers={"content-type": content_type, "cache-control": "no-store"})


ROUTES: Sequence[BaseRoute] = [
    Route("/healthz", healthz, name="healthz"),
    Route("/readyz", readyz, name="readyz"),
    Route("/metrics", metrics, name="metrics"),
]
