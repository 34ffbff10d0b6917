"""The script in a real browser: a site's page that includes it, on a host of its own, against the real server."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from html import escape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import uvicorn
from playwright.async_api import Page
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from ingest.models.evidence import Click
from tests import capturing
from tests.browser.conftest import Open

CLICK, OTHER = "0AbcDEfgHIjkLMno", "0BbcDEfgHIjkLMno"
# Chromium without a head says so in its agent, and is a bot to us.
VISITOR = {"user_agent": capturing.CHROME}
Site = Callable[..., Awaitable[Page]]


def page(attributes: dict[str, str]) -> str:
    written = " ".join(f'data-{name}="{escape(value)}"' for name, value in attributes.items())
    return f"""<!doctype html><html><head><link rel="icon" href="data:,">
        <script defer src="{attributes["api-host"]}/script.js" {written}></script></head>
        <body><a id="out" href="http://book.localhost/slot?day=1">book</a><a id="other" href="http://other.localhost/">other</a>
        <a id="mail" href="mailto:ada@shop.example">write</a><iframe src="about:blank"></iframe></body></html>"""


@pytest.fixture
async def site(served: str, visit: Open) -> AsyncIterator[Site]:
    """Opens a page of `www.shop.localhost` that includes the script with the attributes given."""
    attributes: dict[str, str] = {}

    async def shown(_: Request) -> Response:
        return HTMLResponse(page(attributes))

    server = uvicorn.Server(uvicorn.Config(Starlette(routes=[Route("/{path:path}", shown)]), lifespan="off", log_config=None))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        serving = asyncio.create_task(server.serve([listener]))
        port = listener.getsockname()[1]

        async def opened(path: str = "/", *, on: Page | None = None, host: str = "www.shop.localhost", **chosen: Any) -> Page:
            attributes.clear()
            attributes.update({"api-host": served} | {name.replace("_", "-"): value for name, value in chosen.items()})
            address = f"http://{host}:{port}{path}"
            if on is None:
                return (await visit(address, **VISITOR)).page
            await on.goto(address)
            return on

        yield opened
        server.should_exit = True
        await serving


async def cookies(page: Page) -> dict[str, Any]:
    return {cookie["name"]: cookie for cookie in await page.context.cookies()}


async def told(page: Page) -> str:
    """`window.pimms_id` once the script has set it."""
    await page.wait_for_function("window.pimms_id")
    value: str = await page.evaluate("window.pimms_id")
    return value


async def test_the_id_that_a_short_link_brought_is_kept_for_90_days_on_the_whole_site(site: Site) -> None:
    page = await site(f"/?pimms_id={CLICK}")

    assert await told(page) == CLICK
    cookie = (await cookies(page))["pimms_id"]
    assert (cookie["value"], cookie["domain"], cookie["path"], cookie["sameSite"]) == (CLICK, ".shop.localhost", "/", "Lax")
    assert abs(cookie["expires"] - await page.evaluate("Date.now() / 1000") - 90 * 86_400) < 60
    assert await told(await site("/later", on=page, host="app.shop.localhost")) == CLICK


async def test_a_cookie_follows_the_options_that_the_page_gives(site: Site) -> None:
    options = json.dumps({"domain": "www.shop.localhost", "expiresInDays": 7, "path": "/app"})

    page = await site(f"/app/?dub_id={CLICK}", cookie_options=options)

    cookie = (await cookies(page))["pimms_id"]
    days = (cookie["expires"] - await page.evaluate("Date.now() / 1000")) / 86_400
    assert (cookie["domain"], cookie["path"], round(days)) == (".www.shop.localhost", "/app", 7)


@pytest.mark.parametrize(("model", "kept"), [("last-click", OTHER), ("first-click", CLICK)])
async def test_a_second_click_replaces_the_first_unless_the_first_is_to_stay(site: Site, model: str, kept: str) -> None:
    page = await site(f"/?pimms_id={CLICK}", attribution_model=model)

    await site(f"/?pimms_id={OTHER}", on=page, attribution_model=model)

    assert await told(page) == kept


async def test_a_key_in_the_address_is_reported_as_a_click_and_its_id_kept(site: Site) -> None:
    link = await capturing.link("ada")

    page = await site("/?ref=ada&utm_source=blog", query_param="ref", domains=json.dumps({"refer": "go.shop.example"}))
    click_id = await told(page)

    click = await Click.get(id=click_id)
    assert (click.link_id, click.trigger, click.utm_source) == (link.id, "script", "blog")
    assert (await cookies(page))["pimms_id"]["value"] == click_id


async def test_a_visit_is_reported_where_the_site_is_a_domain_of_links(site: Site) -> None:
    await capturing.link("pricing")

    page = await site("/pricing", domains=json.dumps({"site": "go.shop.example"}))

    assert await Click.exists(id=await told(page))


async def test_links_and_frames_to_the_sites_other_hosts_carry_the_id_even_those_made_later(site: Site) -> None:
    domains = json.dumps({"outbound": "book.localhost, www.pay.localhost", "embed": ["form.localhost"], "thank-you": "thanks.localhost"})
    page = await site(f"/?pimms_id={CLICK}&plan=pro", domains=domains, forward_all="true")
    await told(page)

    await page.evaluate("""() => {
        for (const host of ["pay.localhost", "thanks.localhost"]) document.body.append(Object.assign(document.createElement("a"), {href: `http://${host}/`}));
        document.body.append(Object.assign(document.createElement("iframe"), {src: "http://form.localhost/f"}));
    }""")
    await page.wait_for_function("document.querySelector('iframe:last-of-type').src.includes('pimms_id')")

    addresses = await page.evaluate("[...document.querySelectorAll('a,iframe')].map(element => element.href || element.src)")
    carried = {urlsplit(address).hostname: parse_qs(urlsplit(address).query) for address in addresses if "pimms_id" in address}
    own = {"pimms_id": [CLICK], "plan": ["pro"]}
    assert carried == {"book.localhost": {"day": ["1"], **own}, "pay.localhost": own, "thanks.localhost": own, "form.localhost": own}


async def test_a_page_with_broken_attributes_still_keeps_its_id(site: Site) -> None:
    page = await site(f"/?pimms_id={CLICK}", domains="{not json", cookie_options="[")

    assert await told(page) == CLICK


async def test_a_click_on_a_short_link_ends_on_the_site_with_its_id(site: Site, served: str, visit: Open) -> None:
    landing = await site("/")
    await capturing.link("spring", landing.url)

    page = (await visit(f"{served}/spring", **VISITOR)).page

    click = await Click.get()
    assert await told(page) == click.id
    assert page.url == f"{landing.url}?pimms_id={click.id}"
