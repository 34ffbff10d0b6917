"""What a site reports, through the front door: clicks and visits of its pages, leads and sales of its server."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
from starlette.applications import Starlette

from ingest import ids, workspaces
from ingest.keys import create
from ingest.models.evidence import Click, Statement
from tests import capturing
from tests.capturing import BROWSER, GOOGLEBOT

PAGE = {
    "domain": "clickledger.test",
    "key": "spring",
    "url": "https://www.shop.example/?via=spring&utm_source=ada",
    "referrer": "https://ada.blog/",
}
CLICK = "0AbcDEfgHIjkLMno"
LEAD = {"clickId": CLICK, "eventName": "Sign up", "externalId": "user_1", "customerName": "Ada", "customerEmail": "ada@shop.example"}
SALE = {"externalId": "user_1", "amount": 4_900, "invoiceId": "in_1", "metadata": {"plan": "pro"}}


def bearer(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


async def test_a_page_reports_a_click_and_hears_its_id(client: httpx2.AsyncClient) -> None:
    await capturing.link("spring", utm_medium="partner")

    answer = await client.post("/track/click", json=PAGE, headers={**BROWSER, "origin": "https://www.shop.example"})

    click = await Click.get()
    assert (answer.status_code, answer.json()) == (200, {"clickId": click.id})
    assert answer.headers["access-control-allow-origin"] == "https://www.shop.example"
    assert (click.url, click.referer, click.trigger) == (PAGE["url"], "ada.blog", "script")
    assert (click.utm_source, click.utm_medium, click.browser) == ("ada", "partner", "Chrome")


async def test_a_page_that_reports_again_within_the_hour_reports_the_same_click(client: httpx2.AsyncClient) -> None:
    await capturing.link("spring")

    answers = [await client.post("/track/click", json=PAGE, headers=BROWSER) for _ in range(2)]
    other = await client.post("/track/click", json={**PAGE, "anonymousId": "anon_1"}, headers=BROWSER)

    assert answers[0].json() == answers[1].json() != other.json()
    assert {click.anonymous_id for click in await Click.all()} == {None, "anon_1"}


async def test_a_bot_or_a_visitor_who_will_not_be_tracked_gets_no_id(client: httpx2.AsyncClient) -> None:
    await capturing.link("spring")

    bot = await client.post("/track/click", json=PAGE, headers={"user-agent": GOOGLEBOT})
    silent = await client.post("/track/click", json=PAGE, headers={**BROWSER, "pimms-no-track": "1"})

    assert bot.json() == silent.json() == {"clickId": None}
    assert [click.bot for click in await Click.all()] == [True]


async def test_a_click_on_an_unknown_link_is_not_found(client: httpx2.AsyncClient) -> None:
    body = json.dumps({**PAGE, "key": "no\ud800ne"})

    answer = await client.post("/track/click", content=body, headers={**BROWSER, "origin": "https://shop.example"})

    assert answer.status_code == 404
    assert answer.headers["access-control-allow-origin"] == "https://shop.example"


async def test_only_pages_of_the_workspaces_hosts_may_report(client: httpx2.AsyncClient) -> None:
    await capturing.workspace(allowed_hosts=["shop.example", "*.shop.example"])
    await capturing.link("spring")
    admitted = ["https://shop.example", "https://shop.example:8443", "http://www.shop.example"]
    refused = ["https://evilshop.example", "https://evil.example", "https://shop.example.evil.example", "null", "https://[", ""]
    reports = {"/track/click": PAGE, "/track/visit": {**PAGE, "url": "https://shop.example/spring"}}

    told = {}
    for origin in (*admitted, *refused):
        answers = [await client.post(path, json=said, headers={**BROWSER, "origin": origin}) for path, said in reports.items()]
        told[origin] = [(answer.status_code, answer.headers.get("access-control-allow-origin")) for answer in answers]
    nobody = await client.post("/track/click", json=PAGE, headers=BROWSER)

    assert told == {**{origin: [(200, origin)] * 2 for origin in admitted}, **{origin: [(403, None)] * 2 for origin in refused}}
    assert nobody.status_code == 403


async def test_a_preflight_is_answered(client: httpx2.AsyncClient) -> None:
    answer = await client.options("/track/click", headers={"origin": "https://shop.example", "access-control-request-method": "POST"})

    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == "https://shop.example"
    assert "content-type" in answer.headers["access-control-allow-headers"]


async def test_a_server_on_the_sites_own_domain_sets_the_sites_cookie_too(app: Starlette) -> None:
    await capturing.link("spring")
    transport = httpx2.ASGITransport(app)
    origin = {**BROWSER, "origin": "https://www.shop.example"}
    async with httpx2.AsyncClient(transport=transport, base_url="https://track.shop.example") as client:
        own = await client.post("/track/click", json={**PAGE, "domain": "any"}, headers=origin)
    async with httpx2.AsyncClient(transport=transport, base_url="https://clicks.example") as client:
        foreign = await client.post("/track/click", json={**PAGE, "domain": "any"}, headers=origin)

    expected = f"pimms_id={own.json()['clickId']}; Domain=.shop.example; Max-Age=7776000; Path=/; SameSite=lax; Secure"
    assert own.headers["set-cookie"] == expected
    assert own.headers["access-control-allow-credentials"] == "true"
    assert "set-cookie" not in foreign.headers


async def test_a_visit_is_a_click_where_a_link_has_the_pages_path(client: httpx2.AsyncClient) -> None:
    await capturing.link("pricing/eu")
    await capturing.link("_root")
    visits = ["https://shop.example/pricing/eu/?a=1", "https://shop.example", "https://shop.example/about"]

    answers = [
        await client.post(
            "/track/visit", json={"domain": "any", "url": url, "referrer": "", "clickedAt": "2020-01-01T00:00:00Z"}, headers=BROWSER
        )
        for url in visits
    ]

    stored = [click.id for click in await Click.all().order_by("clicked_at")]
    assert [answer.json()["clickId"] for answer in answers] == [*stored, None]


async def test_an_importer_tells_clicks_of_the_past(client: httpx2.AsyncClient, test_key: str) -> None:
    await capturing.link("spring")
    past = {**PAGE, "clickedAt": "2025-03-04T05:06:07.890+02:00", "userAgent": capturing.IPHONE, "ip": "93.184.216.34"}

    answers = [await client.post("/track/click", json=past, headers=bearer(test_key)) for _ in range(2)]
    named = await client.post("/track/click", json={**past, "country": "fr"}, headers=bearer(test_key))

    at = datetime(2025, 3, 4, 3, 6, 7, 890_000, tzinfo=UTC)
    ids_told = [answer.json()["clickId"] for answer in (*answers, named)]
    assert len(set(ids_told)) == 3
    assert {ids.click_time_ms(click_id) for click_id in ids_told} == {int(at.timestamp() * 1_000)}
    click = await Click.get(id=ids_told[0])
    assert (click.clicked_at, click.device, click.country, click.trigger) == (at, "mobile", "US", "link")
    assert (await Click.get(id=ids_told[2])).country == "FR"
    assert all("set-cookie" not in answer.headers for answer in answers)


async def test_a_clicks_fault_is_422_and_names_its_field(client: httpx2.AsyncClient, live_key: str) -> None:
    await capturing.link("spring")
    faults: list[tuple[str, Any]] = [
        ("clickedAt", (datetime.now(UTC) + timedelta(days=1)).isoformat()),
        ("clickedAt", "2025-03-04T05:06:07"),
        ("clickedAt", "yesterday"),
        ("clickedAt", "1969-12-31T00:00:00Z"),
        ("clickedAt", 1_700_000_000),
        ("ip", "999.1.1.1"),
        ("country", "Germany"),
        ("userAgent", ["x"]),
        ("url", "javascript:alert(1)"),
        ("url", "https://[::1/"),
        ("url", 5.5),
        ("domain", None),
        ("key", ""),
        ("key", {"a": 1}),
        ("referrer", False),
    ]

    answers = [await client.post("/track/click", json={**PAGE, field: value}, headers=bearer(live_key)) for field, value in faults]

    assert [(answer.status_code, answer.json()["error"]["field"]) for answer in answers] == [(422, field) for field, _ in faults]


async def test_only_an_admin_of_the_links_workspace_imports(client: httpx2.AsyncClient) -> None:
    link = await capturing.link("spring")
    other = await workspaces.ensure("other")
    _, foreign = await create(workspace_id=other.id, livemode=True, scopes=["admin"], name="other")
    _, weak = await create(workspace_id=link.workspace_id, livemode=True, scopes=["read", "write"], name="weak")
    past = {**PAGE, "clickedAt": "2025-03-04T05:06:07Z"}

    statuses = [
        (await client.post("/track/click", json=past, headers=headers)).status_code for headers in ({}, bearer(weak), bearer(foreign))
    ]

    assert statuses == [401, 403, 404]
    assert await Click.all().count() == 0


async def test_a_lead_of_a_known_click_is_answered_with_it(client: httpx2.AsyncClient, live_key: str) -> None:
    link = await capturing.link("spring")
    await client.get("/spring", headers=BROWSER)
    click = await Click.get(link_id=link.id)

    answer = await client.post("/track/lead", json={**LEAD, "clickId": click.id}, headers=bearer(live_key))

    customer = {"name": "Ada", "email": "ada@shop.example", "avatar": None, "externalId": "user_1"}
    assert (answer.status_code, answer.json()) == (200, {"click": {"id": click.id}, "customer": customer})


async def test_a_lead_of_an_unknown_click_is_stored_and_answered_202(client: httpx2.AsyncClient, test_key: str) -> None:
    answer = await client.post("/track/lead", json=LEAD, headers=bearer(test_key))

    row = await Statement.get()
    assert (answer.status_code, answer.json()["click"]) == (202, None)
    assert (row.livemode, row.body["clickId"]) == (False, CLICK)


async def test_a_click_of_another_workspace_is_no_known_click(client: httpx2.AsyncClient) -> None:
    link = await capturing.link("spring")
    await client.get("/spring", headers=BROWSER)
    click = await Click.get(link_id=link.id)
    other = await workspaces.ensure("other")
    _, foreign = await create(workspace_id=other.id, livemode=True, scopes=["lead.write"], name="other")

    answer = await client.post("/track/lead", json={**LEAD, "clickId": click.id}, headers=bearer(foreign))

    assert (answer.status_code, answer.json()["click"]) == (202, None)


async def test_a_sale_is_answered_in_the_shape_of_the_wire_and_again_the_same(client: httpx2.AsyncClient, live_key: str) -> None:
    await client.post("/track/lead", json=LEAD, headers=bearer(live_key))

    first = await client.post("/track/sale", json=SALE, headers=bearer(live_key))
    await client.post("/track/lead", json={**LEAD, "customerName": "Grace"}, headers=bearer(live_key))
    again = await client.post("/track/sale", json={**SALE, "amount": 1}, headers=bearer(live_key))

    assert first.status_code == again.status_code == 200
    assert first.json() == again.json()
    assert first.json() == {
        "eventName": "Purchase",
        "customer": {"name": "Ada", "email": "ada@shop.example", "avatar": None, "externalId": "user_1"},
        "sale": {"amount": 4_900, "currency": "usd", "paymentProcessor": "custom", "invoiceId": "in_1", "metadata": {"plan": "pro"}},
    }


async def test_what_no_database_or_encoding_takes_comes_back_as_it_was_said(client: httpx2.AsyncClient, live_key: str) -> None:
    body = b'{"eventName": "a\\u0000b", "externalId": "\\ud800", "customerName": "\\ue000"}'

    answer = await client.post("/track/lead", content=body, headers=bearer(live_key))

    assert answer.status_code == 200
    assert answer.content.replace(b" ", b"") == (
        b'{"click":null,"customer":{"name":"\\ue000","email":null,"avatar":null,"externalId":"\\ud800"}}'
    )


async def test_a_missing_field_is_422_and_named(client: httpx2.AsyncClient, live_key: str) -> None:
    missing = [("/track/lead", "externalId"), ("/track/lead", "eventName"), ("/track/sale", "amount"), ("/track/sale", "externalId")]
    said = {**LEAD, **SALE}

    answers = [await client.post(path, json={**said, field: None}, headers=bearer(live_key)) for path, field in missing]

    assert [(answer.status_code, answer.json()["error"]["field"]) for answer in answers] == [(422, field) for _, field in missing]


async def test_a_body_that_is_no_json_object_is_400(client: httpx2.AsyncClient, live_key: str) -> None:
    paths = ["/track/click", "/track/visit", "/track/lead", "/track/sale"]
    bodies = [b"", b"{", b"null", b"[]", b"7", b'{"a": NaN}', b"\xff\xfe", b"[" * 100_000]
    bodies.append(b'{"a": "\\ud800", "b": 1' + b"0" * 5_000 + b"}")

    answers = [await client.post(path, content=body, headers=bearer(live_key)) for path in paths for body in bodies]

    assert {answer.status_code for answer in answers} == {400}


async def test_leads_and_sales_need_a_key_of_their_scope(client: httpx2.AsyncClient) -> None:
    owner = await capturing.workspace()
    _, leads = await create(workspace_id=owner.id, livemode=True, scopes=["lead.write"], name="leads")
    _, writer = await create(workspace_id=owner.id, livemode=True, scopes=["write"], name="writer")

    statuses = [
        (await client.post(path, json=said, headers=headers)).status_code
        for path, said in (("/track/lead", LEAD), ("/track/sale", SALE))
        for headers in ({}, bearer(leads), bearer(writer))
    ]

    assert statuses == [401, 202, 202, 401, 403, 200]
