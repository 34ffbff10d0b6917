"""Following a short link through the front door: where the visitor goes, what is kept, what is not."""

import asyncio
from urllib.parse import parse_qsl, urlsplit

import httpx2
import pytest
from starlette.applications import Starlette

from ingest import clicks, ids, links
from ingest.models.evidence import Click
from ingest.models.workspace import Domain, Link, Workspace
from tests import capturing
from tests.capturing import BROWSER, GOOGLEBOT, IPHONE

ANONYMOUS = {**BROWSER, "user-agent": BROWSER["user-agent"] + " another"}


def query(answer: httpx2.Response) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(answer.headers["location"]).query, keep_blank_values=True))


async def test_a_visitor_is_sent_on_with_the_id_of_a_click_that_is_stored(client: httpx2.AsyncClient) -> None:
    link = await capturing.link("spring", "https://shop.example/pricing?plan=pro#top")

    answer = await client.get("/spring", headers={**BROWSER, "referer": "https://www.news.example/today?page=2"})

    click = await Click.get(link_id=link.id)
    assert answer.status_code == 302
    assert answer.headers["location"] == f"https://shop.example/pricing?plan=pro&pimms_id={click.id}#top"
    assert answer.headers["x-robots-tag"] == "noindex"
    assert answer.headers["cache-control"] == "private, no-store"
    assert (click.url, click.trigger, click.bot) == ("https://shop.example/pricing?plan=pro#top", "link", False)
    assert (click.device, click.browser, click.os) == ("desktop", "Chrome", "Linux")
    assert (click.referer, click.referer_url) == ("news.example", "https://www.news.example/today?page=2")


async def test_no_column_of_a_click_holds_the_address(client: httpx2.AsyncClient, app: Starlette) -> None:
    await capturing.link("spring")
    transport = httpx2.ASGITransport(app, client=("93.184.216.34", 4_321))
    async with httpx2.AsyncClient(transport=transport, base_url="http://clickledger.test") as visitor:
        await visitor.get("/spring", headers=BROWSER)

    click = await Click.get()
    columns = {name: getattr(click, name) for name in clicks.COLUMNS}
    assert len(columns["visitor"]) == 32
    assert columns["country"] == "US"
    assert not any("93.184" in str(value) for value in columns.values())


async def test_an_unknown_link_is_a_page_and_no_click(client: httpx2.AsyncClient) -> None:
    paths = ["/", "/none", "/%00", "/a%2F..%2Fb", "/%F0%9F%91%8B", "/%ED%A0%80", "/" + "x" * 3_000]

    answers = [await client.get(path, headers=BROWSER) for path in paths]

    assert {(answer.status_code, answer.headers["content-type"]) for answer in answers} == {(404, "text/html; charset=utf-8")}
    assert all(answer.headers["x-robots-tag"] == "noindex" and "leads nowhere" in answer.text for answer in answers)
    assert await Click.all().count() == 0


async def test_an_archived_link_is_the_same_page_at_once(client: httpx2.AsyncClient) -> None:
    link = await capturing.link("spring")
    before = await client.get("/spring", headers=BROWSER)

    await links.archive(link.workspace_id, link.id)
    after = await client.get("/spring", headers=BROWSER)

    assert (before.status_code, after.status_code) == (302, 404)


async def test_the_visitors_parameters_go_on_and_ours_do_not(client: httpx2.AsyncClient) -> None:
    await capturing.link(
        "spring", "https://shop.example/?plan=pro&color=red", utm_source="mail", utm_medium="email", utm_term="shoes & socks"
    )

    answer = await client.get(
        "/spring?color=blue&a=1&a=2&empty=&utm_source=friend&qr=1&redir_url=https%3A%2F%2Fevil.example&pimms_id=forged", headers=BROWSER
    )

    click = await Click.get()
    assert urlsplit(answer.headers["location"]).netloc == "shop.example"
    assert parse_qsl(urlsplit(answer.headers["location"]).query, keep_blank_values=True) == [
        ("plan", "pro"),
        ("color", "blue"),
        ("a", "1"),
        ("a", "2"),
        ("empty", ""),
        ("utm_source", "friend"),
        ("redir_url", "https://evil.example"),
        ("utm_medium", "email"),
        ("utm_term", "shoes & socks"),
        ("pimms_id", click.id),
    ]
    assert (click.trigger, click.utm_source, click.utm_medium, click.utm_term) == ("qr", "friend", "email", "shoes & socks")


@pytest.mark.parametrize("url", ["https://buy.stripe.com/test_1", "https://pay.example/?x=1&pimms_client_reference_id=1"])
async def test_a_payment_link_gets_the_click_as_its_reference(client: httpx2.AsyncClient, url: str) -> None:
    await capturing.link("pay", url)

    answer = await client.get("/pay", headers=BROWSER)

    click = await Click.get()
    assert query(answer)["client_reference_id"] == f"pimms_id_{click.id}"
    assert "pimms_client_reference_id" not in query(answer)


async def test_with_conversion_tracking_off_the_click_counts_and_no_id_travels(client: httpx2.AsyncClient) -> None:
    await capturing.link("pay", "https://buy.stripe.com/test_1", track_conversion=False)

    answer = await client.get("/pay", headers=BROWSER)

    assert answer.headers["location"] == "https://buy.stripe.com/test_1"
    assert await Click.all().count() == 1


async def test_a_link_that_does_not_say_tracks_as_its_workspace_does(client: httpx2.AsyncClient) -> None:
    await capturing.workspace(track_conversion=False)
    await capturing.link("spring")
    await capturing.link("always", track_conversion=True)

    assert "pimms_id" not in query(await client.get("/spring", headers=BROWSER))
    assert "pimms_id" in query(await client.get("/always", headers=BROWSER))


async def test_a_repeat_within_the_hour_is_the_same_click_by_its_cookie(client: httpx2.AsyncClient) -> None:
    await capturing.link("spring/sale")

    first = await client.get("/spring/sale", headers=BROWSER)
    second = await client.get("/spring/sale", headers=ANONYMOUS)

    assert query(first) == query(second)
    assert await Click.all().count() == 1


async def test_cookies_have_the_names_lives_and_attributes_of_the_wire(app: Starlette) -> None:
    await capturing.link("spring/sale")
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url="https://go.shop.example:8443") as client:
        answer = await client.get("/spring/sale", headers=BROWSER)

    click = await Click.get()
    attributes = "HttpOnly; Max-Age={}; Path=/; SameSite=lax; Secure"
    assert answer.headers.get_list("set-cookie") == [
        f"pimms_id_go.shop.example%3A8443_spring%2Fsale={click.id}; " + attributes.format(3_600),
        f"pimms_anonymous_id={click.anonymous_id}; " + attributes.format(31_536_000),
    ]
    assert str(click.anonymous_id).startswith("anon_")


async def test_one_browser_is_known_over_many_links(client: httpx2.AsyncClient) -> None:
    await capturing.link("a")
    await capturing.link("b")

    await client.get("/a", headers=BROWSER)
    await client.get("/b", headers=BROWSER)

    first, second = await Click.all().order_by("clicked_at")
    assert first.anonymous_id == second.anonymous_id is not None
    assert first.id != second.id


async def test_without_cookies_a_visitors_repeats_in_the_hour_are_one_click_even_at_once(client: httpx2.AsyncClient) -> None:
    await capturing.link("spring")

    answers = []
    for _ in range(3):
        client.cookies.clear()
        answers.append(await client.get("/spring", headers=BROWSER))
    client.cookies.clear()
    other = await client.get("/spring", headers={"user-agent": IPHONE})

    assert len({query(answer)["pimms_id"] for answer in answers}) == 1
    assert query(other)["pimms_id"] != query(answers[0])["pimms_id"]
    assert await Click.all().count() == 2


async def test_a_click_id_carries_its_hour_in_its_leading_characters(client: httpx2.AsyncClient) -> None:
    await capturing.link("spring")

    await client.get("/spring", headers=BROWSER)

    click = await Click.get()
    assert 0 <= click.clicked_at.timestamp() - ids.click_time_ms(click.id) / 1_000 < 3_600


async def test_a_forged_cookie_is_no_click_id(client: httpx2.AsyncClient) -> None:
    await capturing.link("spring")

    for cookie in ("short", "a" * 17, "../../etc/passwd", "<script>alert(1)"):
        forged = f"pimms_id_clickledger.test_spring={cookie}; pimms_anonymous_id={cookie}"
        answer = await client.get("/spring", headers={**BROWSER, "cookie": forged})
        click = await Click.get()
        assert query(answer)["pimms_id"] == click.id
        assert str(click.anonymous_id).startswith("anon_")


async def test_a_bot_is_sent_on_and_kept_apart(client: httpx2.AsyncClient) -> None:
    await capturing.link("spring", utm_source="mail")

    answer = await client.get("/spring", headers={"user-agent": GOOGLEBOT})

    click = await Click.get()
    assert answer.headers["location"] == "https://shop.example/pricing?utm_source=mail"
    assert "set-cookie" not in answer.headers
    assert (click.bot, click.anonymous_id) == (True, None)


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        ("HEAD", "/spring", {}),
        ("GET", "/spring?pimms-no-track=1", {}),
        ("GET", "/spring", {"pimms-no-track": "1"}),
        ("GET", "/spring?dub-no-track", {}),
    ],
)
async def test_who_asks_not_to_be_recorded_is_not(client: httpx2.AsyncClient, method: str, path: str, headers: dict[str, str]) -> None:
    await capturing.link("spring")

    answer = await client.request(method, path, headers={**BROWSER, **headers})

    assert (answer.status_code, answer.headers["location"]) == (302, "https://shop.example/pricing")
    assert "set-cookie" not in answer.headers
    assert await Click.all().count() == 0


async def test_each_host_has_its_own_links_and_an_unclaimed_one_the_fallbacks(client: httpx2.AsyncClient) -> None:
    await capturing.link("spring")
    other = await Workspace.create(slug="other", name="Other")
    await Domain.create(workspace=other, name="go.other.example")
    await links.create(other.id, links.Draft(url="https://other.example/", key="spring"))

    claimed = await client.get("/spring", headers={**BROWSER, "host": "go.other.example"})
    fallback = await client.get("/spring", headers={**BROWSER, "host": "whatever.example"})

    assert urlsplit(claimed.headers["location"]).netloc == "other.example"
    assert urlsplit(fallback.headers["location"]).netloc == "shop.example"
    assert [click.workspace_id for click in await Click.all().order_by("clicked_at").limit(1)] == [other.id]


async def test_a_destination_beyond_ascii_travels_percent_encoded(client: httpx2.AsyncClient) -> None:
    await capturing.link("spring", "https://shop.example/größe?q=é&x=%20", track_conversion=False)

    answer = await client.get("/spring?n=ü%0d%0aSet-Cookie:x", headers=BROWSER)

    location = answer.headers["location"]
    assert location.isascii()
    assert location.startswith("https://shop.example/gr%C3%B6%C3%9Fe?q=%C3%A9&x=%20&n=")
    assert "\r" not in location


async def test_while_the_database_is_away_a_visitor_still_gets_there_with_an_id(
    client: httpx2.AsyncClient, app: Starlette, monkeypatch: pytest.MonkeyPatch
) -> None:
    await capturing.link("spring")

    with capturing.database_away(monkeypatch):
        answer = await client.get("/spring", headers=BROWSER)
        during = await Click.all().count()
    for _ in range(100):
        if await Click.all().count():
            break
        await asyncio.sleep(0.05)

    assert (answer.status_code, during) == (302, 0)
    assert [click.id for click in await Click.all()] == [query(answer)["pimms_id"]]


async def test_a_link_made_elsewhere_is_found_within_a_second_of_not_being_there(client: httpx2.AsyncClient) -> None:
    owner = await capturing.workspace()
    before = await client.get("/late", headers=BROWSER)

    await Link.create(id="link_late", workspace=owner, domain="*", key="late", url="https://shop.example/late")
    await asyncio.sleep(1)
    after = await client.get("/late", headers=BROWSER)

    assert (before.status_code, after.status_code) == (404, 302)


@pytest.mark.parametrize("path", ["/track/lead", "/webhooks/stripe", "/webhooks/stripe/default"])
async def test_a_door_that_takes_posts_alone_says_so_and_is_no_missing_link(client: httpx2.AsyncClient, path: str) -> None:
    answer = await client.get(path)

    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
