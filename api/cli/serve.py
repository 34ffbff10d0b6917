"""clickledger serve: prepare the database, say where everything is, serve until told to stop."""

import asyncio
import fcntl
import gc
import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
import uvicorn
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess

from api import database, logging, settings
from api.cli.running import CommandError
from api.live.handshakes import Handshakes
from api.prepare import Prepared, prepare
from api.settings import SettingError, Settings

STOP_SECONDS = 20
"""How long requests in flight have to end after SIGTERM."""
BACKLOG = 2_048


def serve(
    host: Annotated[str | None, typer.Option(help="The address to listen on (HOST).")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65_535, help="The port to listen on; 0 takes a free one (PORT).")] = None,
    workers: Annotated[int, typer.Option(min=1, max=256, help="Processes; above 1 needs PostgreSQL.")] = 1,
) -> None:
    """Migrate the database, then serve. With no settings at all: a SQLite file in this folder, and a pair of keys printed once."""
    said = [("HOST", host), ("PORT", None if port is None else str(port))]
    chosen = settings.from_environment([(name, value) for name, value in said if value is not None])
    if workers > 1 and chosen.sqlite_path is not None:
        raise SettingError("--workers", "SQLite is for one process; set DATABASE_URL to a PostgreSQL database for more")
    logging.start(chosen.log_level)
    for name in (signal.SIGTERM, signal.SIGINT):  # before uvicorn takes them, and when it raises them again after its clean stop
        signal.signal(name, lambda *_: sys.exit(0))
    _spooling(chosen)
    with _alone(chosen), _listening(chosen) as listener:
        prepared = asyncio.run(_prepared(chosen))
        settings.hand_down({"HOST": chosen.host, "PORT": str(listener.getsockname()[1])})
        _announce(chosen, prepared, listener)
        _serve(chosen, listener, workers)


def _spooling(chosen: Settings) -> None:
    """Make the spool's folder now: that it cannot be made would else be seen when the database is away, and clicks are lost."""
    folder = Path(chosen.spool)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingError("CLICKLEDGER_SPOOL", f"cannot make the folder: {error.strerror}") from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise SettingError("CLICKLEDGER_SPOOL", "cannot write into the folder")


@contextmanager
def _alone(chosen: Settings) -> Iterator[None]:
    """On SQLite, the lock that says which process serves the file. It goes with the process, however that ends."""
    if chosen.sqlite_path is None or chosen.sqlite_path == ":memory:":
        yield
        return
    path = Path(f"{chosen.sqlite_path}.lock")
    try:
        lock = path.open("a")
    except OSError as error:
        raise SettingError("DATABASE_URL", f"cannot write beside {chosen.database_shown}: {error.strerror}") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CommandError(f"another process serves {chosen.database_shown}; SQLite is for one process") from None
        yield


@contextmanager
def _listening(chosen: Settings) -> Iterator[socket.socket]:
    """The socket, which takes connections from here on: a caller who reads the address can use it at once."""
    family = socket.AF_INET6 if ":" in chosen.host else socket.AF_INET
    with socket.socket(family) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((chosen.host, chosen.port))
        except OSError as error:
            name = "PORT" if error.strerror == os.strerror(98) else "HOST"
            raise SettingError(name, f"cannot listen on {chosen.host}:{chosen.port}: {error.strerror}") from error
        listener.listen(BACKLOG)
        listener.set_inheritable(True)
        yield listener


async def _prepared(chosen: Settings) -> Prepared:
    async with database.connected(chosen.database_url, pool_size=2):
        return await prepare(chosen)


def _announce(chosen: Settings, prepared: Prepared, listener: socket.socket) -> None:
    """What a person needs, and a program can read: a word, then its value."""
    host = f"[{chosen.host}]" if ":" in chosen.host else chosen.host
    address = f"http://{host}:{listener.getsockname()[1]}"
    public = chosen.public_url if chosen.domain else address
    lines = [
        ("Address", address),
        ("GraphiQL", f"{public}/graphiql"),
        ("Webhook", f"{public}/webhooks/stripe" + ("" if prepared.hears_stripe else "  (answers 503 until STRIPE_WEBHOOK_SECRET is set)")),
        ("Database", chosen.database_shown),
        *zip(("Live key", "Test key"), prepared.made_keys, strict=False),
    ]
    for word, value in lines:
        typer.echo(f"{word:<10}{value}")
    if prepared.made_keys:
        typer.echo("Keep the keys: they are shown this once. `clickledger keys create` makes others.")


def _serve(chosen: Settings, listener: socket.socket, workers: int) -> None:
    config = uvicorn.Config(
        "api.app:from_environment",
        factory=True,
        workers=workers,
        lifespan="on",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=True,
        forwarded_allow_ips=chosen.trusted_proxies,
        timeout_graceful_shutdown=STOP_SECONDS,
        ws=Handshakes,
        ws_max_size=chosen.max_body,
    )
    server = uvicorn.Server(config)
    if workers > 1:
        supervisor = Multiprocess(config, sockets=[listener])
        supervisor.run()
        if any(process.exitcode == STARTUP_FAILURE for process in supervisor.processes):
            raise CommandError("the workers could not start; the log says why")
        return
    for name in (signal.SIGTERM, signal.SIGINT):  # an exit that is raised among imports can be lost; this is kept
        signal.signal(name, server.handle_exit)
    gc.disable()  # nearly all that is loaded now stays: to look for what does not took a sixth of the start; the application ends this
    server.run(sockets=[listener])
