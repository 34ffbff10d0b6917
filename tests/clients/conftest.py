"""Other people's programs against the real server: Node of the machine or the wheel, the packages of our lock file, a shop with rows.

Where those packages are not installed the tests are skipped; `make test` and `make audit` install them.
"""

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from api.database import connected
from tests.conftest import LIVE_KEY, TEST_KEY, unstarted
from tests.ledger import Ledger
from tests.server import Server

HERE = Path(__file__).parent
OLDEST_NODE = 20


@dataclass(frozen=True)
class Node:
    """Runs scripts of this folder."""

    program: str

    def run(self, *arguments: str, settings: Mapping[str, str] | None = None, folder: Path = HERE) -> "subprocess.CompletedProcess[str]":
        """The script's end and all that it said."""
        return subprocess.run(
            [self.program, *arguments],
            cwd=folder,
            env={**os.environ, **(settings or {})},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def passed(self, *arguments: str, settings: Mapping[str, str] | None = None, folder: Path = HERE) -> str:
        """What the script said; it must end well."""
        ended = self.run(*arguments, settings=settings, folder=folder)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout


def _program() -> str | None:
    """Node by its path: the machine's where it is new enough, else that of the wheel beside this Python."""
    beside = str(Path(sys.executable).parent / "node")
    for name in (shutil.which("node"), beside):
        if name and Path(name).exists():
            version = subprocess.run([name, "-p", "process.versions.node"], capture_output=True, text=True, check=False).stdout
            if version.split(".")[0].isdigit() and int(version.split(".")[0]) >= OLDEST_NODE:
                return name
    return None


@pytest.fixture(scope="session")
def node() -> Node:
    program = _program()
    if program is None or not (HERE / "node_modules").exists():
        pytest.skip("no Node, or its packages are not installed: `make test` and `make audit` install them")
    return Node(program)


@dataclass(frozen=True)
class Shop:
    """A running server whose workspace has rows of every kind."""

    server: Server
    key: str
    ids: tuple[str, ...]
    """Global ids of rows of every kind."""
    sales: int

    @property
    def graphql(self) -> str:
        return f"{self.server.url}/graphql"

    @property
    def settings(self) -> dict[str, str]:
        """What the scripts read."""
        return {
            "CLICKLEDGER_URL": self.server.url,
            "CLICKLEDGER_KEY": self.key,
            "CLICKLEDGER_TEST_KEY": TEST_KEY,
            "CLICKLEDGER_SALES": str(self.sales),
        }


SALES = 7


@pytest.fixture(scope="session")
def shop(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """One for the whole test process: tests that share it read it, or write what no other looks at."""
    with opened(tmp_path_factory.mktemp("shop"), sqlite_template) as running:
        yield running


@contextmanager
def opened(folder: Path, template: Path) -> Iterator[Shop]:
    """A shop of one's own."""
    path = folder / "clickledger.sqlite3"
    shutil.copy(template, path)
    ids = asyncio.run(_filled(f"sqlite://{path}"))
    server = unstarted(folder, f"sqlite://{path}").start()
    try:
        yield Shop(server, LIVE_KEY, tuple(ids), SALES)
    finally:
        server.kill()


async def _filled(url: str) -> list[str]:
    async with connected(url, everywhere=True):
        ledger = await Ledger.of()
        found = [f"ws_{ledger.workspace.id}"]
        for number in range(SALES):
            link = await ledger.link(utm_source="newsletter", utm_campaign="spring", tags=["blog"] if number % 2 else [])
            click = await ledger.click(link, browser="Firefox", os="Linux", anonymous_id=f"anon_{number}")
            customer = await ledger.customer()
            sale = await ledger.sale(customer, click, gross_minor=1_000 * (number + 1), metadata={"plan": "pro"})
            await ledger.credit(sale, click)
            await ledger.consideration(sale, click)
            lead = await ledger.lead(customer, click, event_name="Sign up")
            refund = await ledger.refund(sale, 100)
            dispute = await ledger.dispute(sale)
            event = await ledger.event(sale)
            found += [link.id, f"click_{click.id}", customer.id, sale.id, lead.id, refund.id, dispute.id, f"inbox_{event.id}"]
        return found
