"""The explorer in a real browser: what it shows, what it asks, and where the key may not go."""

import asyncio
import json
from typing import Any

import httpx2
from playwright.async_api import Page, expect

from tests.browser.conftest import Open, Visit
from tests.browser.shop import Shop

TABS = ["SalesWithTheirClicks", "ExplainTheLatestSale", "Unattributed", "Inbox", "MakeALink"]
LIVE = "LiveSales"
"""The tab whose answer comes when something happens."""

# The answer as GraphiQL holds it: the pane itself draws only the lines in view.
ANSWER = "() => __MONACO.editor.getModels().find(({uri}) => uri.path.endsWith('response.json')).getValue()"
ARRIVED = f"() => ({ANSWER})() !== ''"


async def ready(page: Page) -> Page:
    await expect(page.locator(".graphiql-query-editor .view-line").first).to_be_visible()
    return page


async def with_key(visited: Visit, key: str) -> Page:
    """The page once its schema has come, which takes the key."""
    page = await ready(visited.page)
    async with page.expect_response("**/graphql"):
        await page.get_by_label("Authorization: Bearer").fill(key)
    return page


async def run(page: Page) -> dict[str, Any]:
    await page.get_by_role("button", name="Execute query").click()
    await page.wait_for_function(ARRIVED)
    answer: dict[str, Any] = json.loads(await page.evaluate(ANSWER))
    return answer


async def test_a_pasted_key_and_one_press_show_the_sale_its_click_and_why(shop: str, test_key: str, visit: Open) -> None:
    visited = await visit(f"{shop}/graphiql")

    answer = await run(await with_key(visited, f"Bearer {test_key}"))

    (sale,) = answer["data"]["sales"]["nodes"]
    assert sale["customer"]["email"] == "ada@example.com"
    assert sale["click"]["link"]["url"] == "https://example.com/pricing"
    assert visited.complaints == []


async def test_every_tab_runs_as_it_is_opened_and_asks_nobody_but_our_server(shop: str, test_key: str, visit: Open) -> None:
    visited = await visit(f"{shop}/graphiql")
    page = await with_key(visited, test_key)

    answers = {}
    for tab in TABS:
        await page.get_by_role("tab", name=tab).click()
        answers[tab] = await run(page)

    assert {tab: answer["errors"] for tab, answer in answers.items() if "errors" in answer} == {}
    assert [address for address in visited.requests if not address.startswith((f"{shop}/graphiql", f"{shop}/graphql"))] == []
    assert visited.complaints == []


async def test_a_sale_arrives_live(served: str, test_key: str, visit: Open) -> None:
    visited = await visit(f"{served}/graphiql")
    page = await with_key(visited, test_key)
    await page.get_by_role("tab", name=LIVE).click()
    acknowledged = asyncio.Event()
    page.on("websocket", lambda socket: socket.on("framereceived", lambda _: acknowledged.set()))
    await page.get_by_role("button", name="Execute query").click()
    await asyncio.wait_for(acknowledged.wait(), 10)
    await page.wait_for_timeout(1_000)  # the subscription itself is not acknowledged

    async with httpx2.AsyncClient(base_url=served) as caller:
        await Shop(caller, test_key).pay(1, click_id=None)
    await page.wait_for_function(ARRIVED)
    change = json.loads(await page.evaluate(ANSWER))["data"]["saleChanged"]

    assert (change["kind"], change["sale"]["customer"]["externalId"]) == ("MADE", "user_1")
    assert not any(test_key in address for address in visited.requests)
    assert visited.complaints == []


async def test_the_three_workers_are_files_of_our_own(served: str, test_key: str, visit: Open) -> None:
    visited = await visit(f"{served}/graphiql")

    page = await with_key(visited, test_key)

    await expect(page.locator(".graphiql-query-editor .mtk1").first).to_be_visible()
    for name in ("editor", "json", "graphql"):
        assert any(address.startswith(f"{served}/graphiql/assets/{name}-") for address in visited.requests), name


async def test_the_panels_open_docs_explorer_and_examples(served: str, test_key: str, visit: Open) -> None:
    visited = await visit(f"{served}/graphiql")
    page = await with_key(visited, test_key)

    await page.get_by_label("Show Documentation Explorer").click()
    await expect(page.locator(".graphiql-doc-explorer")).to_contain_text("Root Types")
    await page.get_by_label("Show GraphiQL Explorer").click()
    await expect(page.locator(".graphiql-explorer-root")).to_contain_text("attribution")
    await page.get_by_label("Show Examples").click()
    await page.get_by_role("button", name="Unattributed").first.click()

    await expect(page.get_by_role("tab", name="Unattributed")).to_have_count(2)
    assert visited.complaints == []


async def test_each_panel_opens_at_its_top(served: str, test_key: str, visit: Open) -> None:
    page = await with_key(await visit(f"{served}/graphiql", height=500), test_key)
    panel = page.locator(".graphiql-plugin")

    await page.get_by_label("Show GraphiQL Explorer").click()
    await expect(page.locator(".graphiql-explorer-root")).to_contain_text("attribution")
    for label, content in (("Documentation Explorer", "Root Types"), ("Examples", "Inbox"), ("GraphiQL Explorer", "attribution")):
        await panel.evaluate("panel => panel.scrollTo(0, 400)")
        await page.get_by_label(f"Show {label}").click()
        await expect(panel).to_contain_text(content)
        await page.wait_for_timeout(300)  # what is drawn late would move it
        assert await panel.evaluate("panel => panel.scrollTop") == 0, label


async def test_a_field_that_is_not_in_the_schema_is_underlined(served: str, test_key: str, visit: Open) -> None:
    page = await with_key(await visit(f"{served}/graphiql"), test_key)

    await page.locator(".graphiql-query-editor .view-lines").click()
    await page.keyboard.press("Control+A")
    await page.keyboard.insert_text("{ nosuchfield }")

    await expect(page.locator(".graphiql-query-editor .squiggly-error").first).to_be_visible()


async def test_a_request_without_a_key_is_met_with_a_hint(served: str, visit: Open) -> None:
    page = await ready((await visit(f"{served}/graphiql")).page)

    answer = await run(page)

    assert answer["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    await expect(page.locator("#key-standing")).to_have_text("That request had no key: paste one here.")


async def test_the_key_outlives_a_reload_only_while_its_owner_chooses_so(served: str, test_key: str, visit: Open) -> None:
    page = await with_key(await visit(f"{served}/graphiql"), test_key)
    key, choice = page.get_by_label("Authorization: Bearer"), page.get_by_label("Keep until this tab closes")

    await choice.check()
    await page.reload()
    await expect(key).to_have_value(test_key)
    await choice.uncheck()
    await page.reload()

    await expect(key).to_have_value("")


async def test_the_key_ends_in_no_address_and_in_no_history(served: str, test_key: str, visit: Open) -> None:
    visited = await visit(f"{served}/graphiql")
    page = await with_key(visited, test_key)
    await page.get_by_label("Keep until this tab closes").check()
    await run(page)
    await page.wait_for_function("() => localStorage.getItem('graphiql:queries') && localStorage.getItem('graphiql:tabState')")

    stored = await page.evaluate("() => JSON.stringify({...localStorage}) + document.cookie + JSON.stringify(history.state)")

    assert test_key not in stored
    assert not any(test_key in address for address in [page.url, *visited.requests])


async def test_a_phone_shows_key_query_and_answer_without_scrolling_sideways(shop: str, test_key: str, visit: Open) -> None:
    visited = await visit(f"{shop}/graphiql", width=390, height=844, has_touch=True)
    page = await with_key(visited, test_key)

    answer = await run(page)

    assert answer["data"]["sales"]["nodes"]
    for part in ["#key", ".graphiql-query-editor", ".graphiql-response"]:
        box = await page.locator(part).bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
        assert box["height"] > 15
    assert await page.evaluate("() => document.documentElement.scrollWidth") == 390
    assert visited.complaints == []


async def test_the_page_follows_the_colours_of_the_system(served: str, visit: Open) -> None:
    page = await ready((await visit(f"{served}/graphiql", color_scheme="light")).page)
    surface = page.locator("main > .graphiql-container")

    await expect(surface).to_have_css("background-color", "rgb(255, 255, 255)")
    await page.emulate_media(color_scheme="dark")

    await expect(surface).not_to_have_css("background-color", "rgb(255, 255, 255)")
