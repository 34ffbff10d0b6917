"""Links: what may be one, and how soon a change is obeyed."""

import asyncio
from collections.abc import Callable, Collection
from datetime import UTC, datetime

import pytest

from ingest import links
from ingest.errors import Invalid, NotFound
from ingest.links import Draft
from ingest.models.workspace import Domain, Link, Workspace
from ingest.targets import Place, Targets
from tests import capturing


async def test_a_link_without_key_or_domain_gets_a_random_key_on_the_fallback_domain(database: str) -> None:
    owner = await capturing.workspace()

    link = await links.create(owner.id, Draft(url="https://shop.example/"))

    assert (len(link.key), link.domain) == (7, "*")
    assert links.short_link(link, origin="https://go.example.com") == f"https://go.example.com/{link.key}"


async def test_a_link_without_domain_is_on_the_workspaces_own_domain_where_it_has_one(database: str) -> None:
    owner = await capturing.workspace()
    await Domain.create(workspace=owner, name="go.shop.example")

    link = await links.create(owner.id, Draft(url="https://shop.example/", key="a/b"))

    assert links.short_link(link, origin="https://elsewhere.example") == "https://go.shop.example/a/b"


def test_an_address_that_a_browser_may_not_be_sent_to_is_refused_by_its_field() -> None:
    bad = [
        "ftp://shop.example/",
        "javascript:alert(1)",
        "//shop.example/",
        "shop.example",
        "https://",
        "https:///path",
        "https://shop.example/a b",
        "https://shop.example/\x00",
        "https://shop.example/\ud800",
        "https://shop.example:99999/",
        "https://[::1/",
        "https://good.example\\@evil.example/",
        "https://shop.example/" + "a" * 9_000,
        "",
    ]

    assert {address: fault(links.checked_url, address) for address in bad} == dict.fromkeys(bad, "url")


def test_a_key_that_a_path_cannot_hold_or_the_server_needs_is_refused() -> None:
    bad = ["", "/a", "a/", "a//b", "a b", "..", ".well-known/x", "ä", "a?b", "graphql", "Track/x", "webhooks", "k" * 191]

    assert {key: fault(links.checked_key, key) for key in bad} == dict.fromkeys(bad, "key")


def fault(check: Callable[[str], str], value: str) -> str | None:
    try:
        check(value)
    except Invalid as error:
        return error.field
    return None


async def test_a_key_is_taken_once_on_a_domain_and_free_on_another(database: str) -> None:
    first = await capturing.link("spring")
    await Domain.create(workspace_id=first.workspace_id, name="go.shop.example")

    other = await links.create(first.workspace_id, Draft(url="https://shop.example/", key="spring", domain="GO.shop.example"))
    with pytest.raises(Invalid) as caught:
        await links.create(first.workspace_id, Draft(url="https://shop.example/", key="spring", domain="*"))

    assert (other.domain, caught.value.field, caught.value.code) == ("go.shop.example", "key", "TAKEN")


async def test_another_workspaces_domain_and_links_are_not_there(database: str) -> None:
    link = await capturing.link("spring")
    other = await Workspace.create(slug="other", name="Other")

    with pytest.raises(Invalid) as domain:
        await links.create(other.id, Draft(url="https://shop.example/", domain="*x"))
    with pytest.raises(NotFound):
        await links.update(other.id, link.id, {"url": "https://evil.example/"})
    with pytest.raises(NotFound):
        await links.archive(other.id, link.id)

    assert domain.value.field == "domain"
    assert (await Link.get(id=link.id)).url == link.url


async def test_an_update_changes_what_it_names_and_nothing_else(database: str) -> None:
    link = await capturing.link(utm_source="mail", track_conversion=False)

    await links.update(link.workspace_id, link.id, {"url": "https://shop.example/new", "track_conversion": None})

    stored = await Link.get(id=link.id)
    assert (stored.url, stored.track_conversion, stored.utm_source, stored.key) == ("https://shop.example/new", None, "mail", "spring")


async def test_an_update_to_a_key_that_is_taken_changes_nothing(database: str) -> None:
    link, _ = await capturing.link("a"), await capturing.link("b")

    with pytest.raises(Invalid) as caught:
        await links.update(link.workspace_id, link.id, {"key": "b"})

    assert caught.value.code == "TAKEN"
    assert (await Link.get(id=link.id)).key == "a"


async def test_a_utm_is_bounded_and_an_empty_one_is_none(database: str) -> None:
    link = await capturing.link(utm_source="")

    with pytest.raises(Invalid) as caught:
        await links.update(link.workspace_id, link.id, {"utm_term": "x" * 256})

    assert (link.utm_source, caught.value.field) == (None, "utm_term")


async def test_a_link_changed_or_archived_in_this_process_is_obeyed_at_once(database: str) -> None:
    targets = Targets(life_seconds=3_600)
    unknown = await targets.find("any.example", "spring")
    link = await capturing.link("spring")

    made = await targets.find("any.example", "spring")
    await links.update(link.workspace_id, link.id, {"url": "https://shop.example/new"})
    changed = await targets.find("any.example", "spring")
    await links.archive(link.workspace_id, link.id)
    archived = await targets.find("any.example", "spring")

    assert unknown is None
    assert archived is None
    assert made is not None
    assert made.url == "https://shop.example/pricing"
    assert changed is not None
    assert changed.url == "https://shop.example/new"


async def test_a_link_changed_or_archived_elsewhere_is_remembered_for_less_than_a_second(database: str) -> None:
    now = [0.0]
    targets = Targets(clock=lambda: now[0])
    link = await capturing.link("spring")
    await targets.find("any.example", "spring")
    await Link.filter(id=link.id).update(url="https://shop.example/new")

    before = await targets.find("any.example", "spring")
    now[0] = 0.99
    after = await targets.find("any.example", "spring")
    await Link.filter(id=link.id).update(archived_at=datetime.now(UTC))
    now[0] = 2 * 0.99
    archived = await targets.find("any.example", "spring")

    assert before is not None
    assert before.url == "https://shop.example/pricing"
    assert after is not None
    assert after.url == "https://shop.example/new"
    assert archived is None


async def test_what_is_remembered_is_bounded_and_a_crowd_asks_once(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    await capturing.link("spring")
    asked: list[str] = []
    from ingest import targets as room

    load = room.load

    async def counted(places: Collection[Place]) -> dict[Place, room.Target]:
        asked.extend(key for _, key in places)
        return await load(places)

    monkeypatch.setattr(room, "load", counted)
    targets = Targets(size=10)

    await asyncio.gather(*(targets.find("any.example", "spring") for _ in range(50)))
    for number in range(30):
        await targets.find("any.example", f"none{number}")

    assert asked.count("spring") == 1
    assert len(targets._known) == 10


async def test_links_that_are_followed_often_are_looked_up_together_before_they_grow_old(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ingest import targets as room

    now, groups, load = [0.0], list[list[str]](), room.load
    for name in ("a", "b", "c"):
        await capturing.link(name)

    async def counted(places: Collection[Place]) -> dict[Place, room.Target]:
        groups.append(sorted(key for _, key in places))
        return await load(places)

    monkeypatch.setattr(room, "load", counted)
    targets = Targets(clock=lambda: now[0])
    for name in ("a", "b", "c"):
        await targets.find("any.example", name)
    await Link.filter(key="b").update(url="https://shop.example/new")
    now[0] = 0.7
    await targets.find("any.example", "a")
    for _ in range(200):
        if len(groups) > 3 and targets._looking is not None and targets._looking.done():
            break
        await asyncio.sleep(0.01)
    now[0] = 1.5
    found = await targets.find("any.example", "b")

    assert groups == [["a"], ["b"], ["c"], ["a", "b", "c"]]
    assert found is not None
    assert found.url == "https://shop.example/new"


async def test_what_is_asked_while_a_look_up_runs_is_asked_in_the_next_one(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from ingest import targets as room

    groups, load = list[int](), room.load
    for number in range(8):
        await capturing.link(f"k{number}")

    async def counted(places: Collection[Place]) -> dict[Place, room.Target]:
        groups.append(len(places))
        return await load(places)

    monkeypatch.setattr(room, "load", counted)
    targets = Targets()
    first = asyncio.create_task(targets.find("any.example", "k0"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    rest = await asyncio.gather(*(targets.find("any.example", f"k{number}") for number in range(1, 8)))

    assert await first is not None
    assert all(found is not None for found in rest)
    assert groups == [1, 7]


async def test_while_the_database_is_away_a_link_known_before_still_leads_on(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    targets = Targets(clock=lambda: now[0])
    await capturing.link("spring")
    await targets.find("any.example", "spring")

    async def away(places: Collection[Place]) -> None:
        raise OSError("away")

    monkeypatch.setattr("ingest.targets.load", away)
    now[0] = 100
    known = await targets.find("any.example", "spring")

    assert known is not None
    with pytest.raises(OSError, match="away"):
        await targets.find("any.example", "never-seen")


async def test_a_claimed_host_never_serves_another_workspaces_links(database: str) -> None:
    await capturing.link("spring")
    other = await Workspace.create(slug="other", name="Other")
    await Domain.create(workspace=other, name="go.other.example")

    assert await Targets().find("go.other.example", "spring") is None
    assert await Targets().find("GO.unclaimed.example:443", "spring") is not None
