"""The servers that are measured: ours as users run it, the limits, and PostGraphile; each on the server's core, each stopped at the end."""

import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from tests.benchmarks import machine, progress
from tests.benchmarks.databases import CACHE, KEY, SECRET
from tests.server import Server, environment

PEER = Path(__file__).with_name("postgraphile")
TUNED = {"jit": "off", "enable_memoize": "off", "max_parallel_workers_per_gather": "0"}
"""What PostGraphile's statements run better with; its default is the database's default."""


INSTALL_SECONDS, START_SECONDS = 300, 30
_BEYOND = "10000000"
"""Requests a minute: the limits are kept and counted, and nobody comes near them."""


class Missing(Exception):
    """A peer that cannot be had here."""


@dataclass
class Module(Server):
    """A server that another module than the command line's starts."""

    module: str = "api.cli.main"

    def begun(self) -> "subprocess.Popen[bytes]":
        with (self.folder / "stdout.txt").open("wb") as out, (self.folder / "stderr.txt").open("ab") as log:
            command = [sys.executable, "-m", self.module, "serve", "--port", "0", *self.arguments]
            return subprocess.Popen(command, cwd=self.folder, env=environment(self.settings), stdout=out, stderr=log)


@contextmanager
def ours(address: str, *, module: str = "api.cli.main") -> Iterator[Server]:
    """`clickledger serve`: its log on, a key, a webhook secret, rates not fetched."""
    settings = {
        "DATABASE_URL": address,
        "STRIPE_WEBHOOK_SECRET": SECRET,
        "CLICKLEDGER_ADMIN_KEY": KEY,
        "CLICKLEDGER_FX_FEED": "off",
        "LOG_LEVEL": "info",
        "CLICKLEDGER_RATE_KEY": _BEYOND,
        "CLICKLEDGER_RATE_ADDRESS": _BEYOND,
    }
    with _served(settings=settings, module=module) as server:
        yield server


@contextmanager
def limit(name: str, address: str) -> Iterator[Server]:
    """One of `tests.benchmarks.limits`."""
    with _served(settings={}, module="tests.benchmarks.limits.serve", arguments=(name, address)) as server:
        yield server


@contextmanager
def _served(*, settings: dict[str, str], module: str, arguments: tuple[str, ...] = ()) -> Iterator[Server]:
    with tempfile.TemporaryDirectory(prefix="clickledger-bench-") as folder:
        server = Module(Path(folder), settings, arguments, module=module)
        with machine.on(machine.SERVER):
            server.start()
        try:
            yield server
        finally:
            server.kill()


@contextmanager
def postgraphile(address: str, *, tuned: bool) -> Iterator[str]:
    """The address of its GraphQL endpoint.

    Raises:
        Missing: npm could not install it, or it did not start.
    """
    folder = _installed()
    options = " ".join(f"-c {name}={value}" for name, value in TUNED.items()) if tuned else ""
    environment = {"PATH": os.environ["PATH"], "GRAPHILE_ENV": "production", "NODE_ENV": "production", "PGOPTIONS": options}
    with machine.on(machine.SERVER):
        process = subprocess.Popen(
            [machine.NODE, "server.mjs", _libpq(address)],
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
    try:
        assert process.stdout is not None
        ready, _, _ = select.select([process.stdout], [], [], START_SECONDS)
        line = process.stdout.readline() if ready else ""
        if not line.startswith("Address"):
            raise Missing("PostGraphile did not start")
        yield f"{line.split()[1]}/graphql"
    finally:
        process.kill()
        process.wait()


def _installed() -> Path:
    """PostGraphile's folder under .cache/, installed from our lock file if it is not there."""
    folder = CACHE / "postgraphile"
    lock = PEER / "package-lock.json"
    folder.mkdir(parents=True, exist_ok=True)
    done = folder / ".lock-installed"
    shutil.copy(PEER / "server.mjs", folder)
    if not done.exists() or done.read_bytes() != lock.read_bytes():
        for name in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(PEER / name, folder)
        npm = machine.NODE.parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        command: list[str | Path] = [machine.NODE, npm, "ci", "--loglevel=error"]
        progress.say("installing PostGraphile")
        try:
            found = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)
        except subprocess.TimeoutExpired as error:
            raise Missing(f"npm did not install PostGraphile within {INSTALL_SECONDS} seconds") from error
        if found.returncode:
            raise Missing(f"npm could not install PostGraphile: {(found.stderr.strip().splitlines() or ['no word'])[-1]}")
        shutil.copy(lock, done)
    return folder


def _libpq(address: str) -> str:
    parts = urlsplit(address)
    return f"postgresql://postgres@/{parts.path.strip('/')}?host={parse_qs(parts.query)['host'][0]}"


def seconds_to_ready(address: str) -> float:
    """From the start of the process to the line that says its address, on a database that is migrated already; and one answer."""
    began = time.perf_counter()
    with ours(address) as server:
        with urllib.request.urlopen(f"{server.url}/readyz", timeout=30) as answer:
            assert answer.status == 200
        return time.perf_counter() - began
