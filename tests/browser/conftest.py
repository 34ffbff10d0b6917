"""A real browser in a closed network: Chromium, driven by Playwright, that can reach this machine's loopback and nothing else.

Where there is no Chromium the browser's tests are skipped, or fail when CLICKLEDGER_BROWSER_REQUIRED is set.
"""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest
import uvicorn
from playwright.async_api import Browser, ConsoleMessage, Error, Page, async_playwright
from starlette.applications import Starlette

from tests.browser.shop import Shop

CHROMIUM = Path("/usr/bin/chromium")

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost, EXCLUDE *.localhost",
]


@dataclass(frozen=True)
class Visit:
    """A page and everything that it asked for and complained of."""

    page: Page
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


Open = Callable[..., Awaitable[Visit]]


@pytest.fixture
def engine() -> str:
    """One database is enough here: the browser sees none of it."""
    return "sqlite"


@pytest.fixture
async def served(app: Starlette) -> AsyncIterator[str]:
    """The real application on a port of its own; its address."""
    server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_config=None))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        serving = asyncio.create_task(server.serve([listener]))
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        await serving


@pytest.fixture
async def shop(served: str, test_key: str) -> AsyncIterator[str]:
    """A server with one link, one click on it, and the sale that came of it; its address."""
    async with httpx2.AsyncClient(base_url=served) as caller:
        shop = Shop(caller, test_key)
        await shop.make_link("spring")
        await shop.pay(1, click_id=await shop.click("spring"))
        await shop.wait_for_sales(1)
        yield served


@pytest.fixture(scope="session")
def chromium() -> Path:
    if CHROMIUM.exists():
        return CHROMIUM
    if os.environ.get("CLICKLEDGER_BROWSER_REQUIRED"):
        pytest.fail(f"{CHROMIUM} is missing, and CLICKLEDGER_BROWSER_REQUIRED is set")
    pytest.skip(f"{CHROMIUM} is missing")


@pytest.fixture(scope="module")
async def browser(chromium: Path) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        await browser.close()


@pytest.fixture
async def visit(browser: Browser) -> AsyncIterator[Open]:
    """Opens an address in a fresh context: `await visit(url, width=390, **context_options)`."""
    contexts = []

    async def open_(url: str, *, width: int = 1280, height: int = 840, **options: Any) -> Visit:
        context = await browser.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        seen = Visit(await context.new_page())
        _listen(seen)
        await seen.page.goto(url)
        return seen

    yield open_
    for context in contexts:
        await context.close()


def _listen(seen: Visit) -> None:
    def console(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            seen.complaints.append(message.text)

    def fault(error: Error) -> None:
        seen.complaints.append(str(error))

    seen.page.on("console", console)
    seen.page.on("pageerror", fault)
    seen.page.context.on("request", lambda request: seen.requests.append(request.url))
    seen.page.on("websocket", lambda socket: seen.requests.append(socket.url))
