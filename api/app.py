"""The application: routes of every module, what surrounds each request, and what lives as long as the server."""

import importlib
import importlib.util
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, nullcontext
from pathlib import Path
from typing import Any

import asyncpg
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import BaseRoute
from tortoise.exceptions import BaseORMException

from api import errors, health, logging, rates, settings, webhook
from api.background import Background, Loop
from api.database import connected
from api.limits import BoundedBody, Envelope
from api.settings import Settings
from ingest.clicks import Recorder
from ingest.keys import Keyring
from ingest.spool import Spool

_MODULES = (
    "api.health",
    "api.webhook",
    "api.track",
    "api.script",
    "api.graphql",
    "api.explorer",
    "api.redirect",
)  # the redirect takes what is left


def create_app(chosen: Settings, *, connect: bool = True) -> Starlette:
    """The application. `connect=False` is for a caller that holds the database open itself."""
    metrics = health.Metrics()
    app = Starlette(
        routes=_routes(),
        lifespan=lambda app: _lifespan(app, chosen, connect=connect),
        middleware=[
            Middleware(Envelope, requests=metrics.requests),
            Middleware(BoundedBody, limit_bytes=chosen.max_body),
        ],
        exception_handlers={
            HTTPException: errors.http,
            **dict.fromkeys(errors.ANSWERS, errors.expected),
            **dict.fromkeys((BaseORMException, asyncpg.PostgresError, asyncpg.InterfaceError, OSError), errors.storage),
        },
    )
    app.state.settings, app.state.metrics = chosen, metrics
    app.state.keyring, app.state.receivers = Keyring(), webhook.Receivers(chosen.webhook_secrets)
    app.state.background, app.state.settler = Background(), _settler()
    app.state.clicks = Recorder(Spool(Path(chosen.spool)), on_late=app.state.settler.wake)
    return app


def from_environment() -> Starlette:
    """The application of a process that was started to serve: `uvicorn --factory api.app:from_environment`."""
    chosen = settings.from_environment()
    logging.start(chosen.log_level)
    return create_app(chosen)


def _routes() -> list[BaseRoute]:
    found: list[BaseRoute] = []
    for name in _MODULES:
        try:
            found.extend(importlib.import_module(name).ROUTES)
        except (ImportError, AttributeError) as error:
            print(f"TEMPORARY: {name} is left out: {error}")
    return found


class _NoSettler:
    def wake(self) -> None: ...

    async def run(self) -> None:
        import asyncio

        await asyncio.Event().wait()


def _settler() -> Any:
    if importlib.util.find_spec("ingest.settler") is None:
        return _NoSettler()
    return importlib.import_module("ingest.settler").Settler()


@asynccontextmanager
async def _lifespan(app: Starlette, chosen: Settings, *, connect: bool) -> AsyncIterator[None]:
    """The database first and last; between, the loops that write to it."""
    database: AbstractAsyncContextManager[Any] = connected(chosen.database_url, everywhere=True) if connect else nullcontext()
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(database)
        await stack.enter_async_context(app.state.background.running(_loops(app)))
        await app.state.clicks.start()
        stack.push_async_callback(app.state.clicks.stop)
        yield


def _loops(app: Starlette) -> Mapping[str, Loop]:
    loops: dict[str, Callable[[], Any]] = {"settler": app.state.settler.run}
    return loops | rates.loops(app.state.settings, app.state.settler.wake)
