"""The application: routes of every module, what surrounds each request, and what lives as long as the server."""

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, nullcontext
from pathlib import Path
from typing import Any

import asyncpg
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import BaseRoute
from tortoise.exceptions import BaseORMException

from api import (
    capture,
    database,
    ending,
    errors,
    explorer,
    graphql,
    health,
    logging,
    persisted,
    rates,
    redirect,
    script,
    settings,
    track,
    upkeep,
    webhook,
)
from api.background import Background
from api.deadlines import Deadlines
from api.limits import BoundedBody, Envelope
from api.live import sockets
from api.quotas import Quotas
from api.settings import Settings
from ingest.clicks import Recorder
from ingest.deliveries import Deliveries
from ingest.feed import Feed
from ingest.keys import Keyring
from ingest.rollups import compacting
from ingest.settler import ELSEWHERE, ON_SQLITE, Settler
from ingest.spool import Spool

ROUTES: tuple[BaseRoute, ...] = (  # looked through in this order: what is asked most stands first
    *redirect.ROUTES,  # takes every path whose first part is not reserved
    *graphql.ROUTES,
    *webhook.ROUTES,
    *track.ROUTES,
    *script.ROUTES,
    *health.ROUTES,
    *sockets.ROUTES,
    *explorer.ROUTES,
)


def create_app(chosen: Settings, *, connect: bool = True) -> Starlette:
    """The application. `connect=False` is for a caller that holds the database open itself."""
    feed = Feed(None if chosen.sqlite_path else lambda: database.listening(chosen.database_url))
    metrics, deliveries = health.Metrics(), Deliveries()
    rest = ON_SQLITE if chosen.sqlite_path else ELSEWHERE
    settler = Settler(rest=rest, waiting=lambda: deliveries.unanswered, after=feed.settled)
    app = Starlette(
        routes=list(ROUTES),
        lifespan=lambda app: _lifespan(app, connect=connect),
        middleware=[
            Middleware(Envelope, requests=metrics.requests),
            Middleware(Quotas, per_key=chosen.rate_key, per_address=chosen.rate_address),
            Middleware(BoundedBody, limit_bytes=chosen.max_body),
        ],
        exception_handlers={
            HTTPException: errors.http,
            **dict.fromkeys(errors.ANSWERS, errors.expected),
            **dict.fromkeys((BaseORMException, asyncpg.PostgresError, asyncpg.InterfaceError, OSError), errors.storage),
        },
    )
    app.state.settings, app.state.metrics, app.state.settler = chosen, metrics, settler
    app.state.deliveries = deliveries
    app.state.keyring, app.state.receivers = Keyring(), webhook.Receivers(chosen.webhook_secrets)
    app.state.background, app.state.capture = Background(), capture.create(chosen)
    app.state.clicks = Recorder(Spool(Path(chosen.spool)), on_late=settler.wake_for_late_clicks, on_stored=feed.clicks.stored)
    app.state.feed, app.state.ending = feed, asyncio.Event()
    app.state.persisted, app.state.documents = persisted.create(chosen)
    app.state.deadlines = Deadlines(chosen.graphql_seconds)
    return app


def from_environment() -> Starlette:
    """The application of a process that was started to serve: `uvicorn --factory api.app:from_environment`."""
    chosen = settings.from_environment()
    logging.start(chosen.log_level)
    app = create_app(chosen)
    gc.freeze()  # modules, models and the schema stay: no later collection looks through them
    gc.enable()
    return app


@asynccontextmanager
async def _lifespan(app: Starlette, *, connect: bool) -> AsyncIterator[None]:
    """The database first and last; between, the loops that write to it. Clicks that wait are stored before the loops end."""
    chosen, settler = app.state.settings, app.state.settler
    held: AbstractAsyncContextManager[Any] = database.connected(chosen.database_url, everywhere=True) if connect else nullcontext()
    loops = {"settler": settler.run, "feed": app.state.feed.run, "rollups": compacting.run}
    loops |= {**rates.loops(chosen, settler.wake), **upkeep.loops(chosen, settler.wake)}
    async with AsyncExitStack() as stack:
        stack.enter_context(ending.noticed(app.state.ending))
        await stack.enter_async_context(held)
        await stack.enter_async_context(app.state.background.running(loops))
        await app.state.clicks.start()
        stack.push_async_callback(app.state.clicks.stop)
        yield
