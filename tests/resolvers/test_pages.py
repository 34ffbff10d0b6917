"""Pages: both ways, over rows that share their time, they are the slices of the sorted list that the Relay specification names."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.models.evidence import Click
from ingest.models.workspace import Link
from resolvers import statements
from resolvers.cursors import Order, Place, decode, encode
from resolvers.entities import CLICK
from tests.ledger import EPOCH, Ledger
from tests.schema.conftest import answer

QUERY = """query($link: ID!, $first: Int, $after: String, $last: Int, $before: String, $order: ClickOrder) {
  link(id: $link) { clicks(first: $first, after: $after, last: $last, before: $before, orderBy: $order) {
    edges { cursor node { clickId } } nodes { clickId } totalCount
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }"""
ORDERS = [{"field": "AT", "direction": direction} for direction in ("ASC", "DESC")]
ONCE = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)


async def _clicks(ledger: Ledger, minutes: list[int]) -> tuple[str, list[str]]:
    """A link with a click at each of these minutes; the click ids, oldest first, equal times by id."""
    link = await ledger.link()
    rows = [(EPOCH + timedelta(minutes=minute), f"{link.id[-8:]}{number:08}") for number, minute in enumerate(minutes)]
    owned = {"workspace_id": ledger.workspace.id, "link_id": link.id, "url": link.url}
    await Click.bulk_create([Click(id=key, clicked_at=at, **owned) for at, key in rows])
    return link.id, [key for _, key in sorted(rows)]


async def _page(ledger: Ledger, link: str, **arguments: Any) -> dict[str, Any]:
    found = await answer(ledger, QUERY, link=link, **arguments)
    assert "errors" not in found, found["errors"]
    page: dict[str, Any] = found["data"]["link"]["clicks"]
    return page


def _ids(page: dict[str, Any]) -> list[str]:
    assert page["nodes"] == [edge["node"] for edge in page["edges"]]
    return [node["clickId"] for node in page["nodes"]]


@ONCE
@given(minutes=st.lists(st.integers(0, 3), max_size=12), size=st.integers(1, 5), order=st.sampled_from(ORDERS))
async def test_walking_either_way_gives_every_row_once_in_order(
    database: str, minutes: list[int], size: int, order: dict[str, str]
) -> None:
    ledger = await Ledger.of()
    link, expected = await _clicks(ledger, minutes)
    if order["direction"] == "DESC":
        expected.reverse()

    forward, backward = await _walk(ledger, link, size, order, forward=True), await _walk(ledger, link, size, order, forward=False)

    assert forward == backward == expected


async def _walk(ledger: Ledger, link: str, size: int, order: dict[str, str], *, forward: bool) -> list[str]:
    seen: list[str] = []
    arguments: dict[str, Any] = {"first" if forward else "last": size, "order": order}
    more = True
    while more:
        page = await _page(ledger, link, **arguments)
        seen = seen + _ids(page) if forward else _ids(page) + seen
        more = page["pageInfo"]["hasNextPage" if forward else "hasPreviousPage"]
        arguments["after" if forward else "before"] = page["pageInfo"]["endCursor" if forward else "startCursor"]
    return seen


@ONCE
@given(
    minutes=st.lists(st.integers(0, 3), min_size=1, max_size=8),
    places=st.tuples(st.none() | st.integers(0, 7), st.none() | st.integers(0, 7)),
    size=st.integers(1, 4),
    forward=st.booleans(),
    order=st.sampled_from(ORDERS),
)
async def test_a_page_between_two_cursors_is_the_slice_that_the_specification_names(  # hypothesis gives them by name
    database: str, minutes: list[int], places: tuple[int | None, int | None], size: int, forward: bool, order: dict[str, str]
) -> None:
    ledger = await Ledger.of()
    link, expected = await _clicks(ledger, minutes)
    if order["direction"] == "DESC":
        expected.reverse()
    cursors = [edge["cursor"] for edge in (await _page(ledger, link, first=100, order=order))["edges"]]
    after, before = (None if place is None or place >= len(cursors) else place for place in places)

    page = await _page(
        ledger,
        link,
        order=order,
        after=None if after is None else cursors[after],
        before=None if before is None else cursors[before],
        **{"first" if forward else "last": size},
    )

    low, high = -1 if after is None else after, len(expected) if before is None else before
    between = list(range(low + 1, high))
    kept = between[:size] if forward else between[-size:]
    assert _ids(page) == [expected[place] for place in kept]
    assert page["totalCount"] == len(expected)
    if kept:
        assert page["pageInfo"] == {
            "hasNextPage": kept[-1] < len(expected) - 1,
            "hasPreviousPage": kept[0] > 0,
            "startCursor": cursors[kept[0]],
            "endCursor": cursors[kept[-1]],
        }


async def test_an_empty_page_knows_what_lies_beside_it(database: str) -> None:
    ledger = await Ledger.of()
    link, _ = await _clicks(ledger, [1, 2])
    last = (await _page(ledger, link, first=2, order=ORDERS[0]))["pageInfo"]["endCursor"]

    page = await _page(ledger, link, first=2, after=last, order=ORDERS[0])

    assert page["pageInfo"] == {"hasNextPage": False, "hasPreviousPage": True, "startCursor": None, "endCursor": None}


async def test_each_parent_of_a_level_has_its_own_page(database: str) -> None:
    ledger = await Ledger.of()
    links = [await _clicks(ledger, minutes) for minutes in ([3, 1, 2], [], [5, 4])]

    found = await answer(
        ledger, "{ links(last: 3) { nodes { id clicks(first: 2) { totalCount nodes { clickId } pageInfo { hasNextPage } } } } }"
    )

    pages = {link["id"]: link["clicks"] for link in found["data"]["links"]["nodes"]}
    for link, expected in links:
        assert pages[link]["nodes"] == [{"clickId": each} for each in expected[::-1][:2]]
        assert (pages[link]["totalCount"], pages[link]["pageInfo"]["hasNextPage"]) == (len(expected), len(expected) > 2)


async def test_more_parents_than_one_statement_takes_lose_nothing(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statements, "TOGETHER", 2)
    ledger = await Ledger.of()
    links = dict([await _clicks(ledger, [number, 0]) for number in range(5)])

    found = await answer(ledger, "{ links(first: 9) { nodes { id clicks(first: 1) { totalCount nodes { clickId } } } } }")

    assert {link["id"]: link["clicks"]["nodes"][0]["clickId"] for link in found["data"]["links"]["nodes"]} == {
        link: expected[-1] for link, expected in links.items()
    }
    assert [link["clicks"]["totalCount"] for link in found["data"]["links"]["nodes"]] == [2] * 5


WRONG: list[tuple[dict[str, Any], str]] = [
    ({}, "first"),
    ({"first": 1, "last": 1}, "first"),
    ({"first": 0}, "first"),
    ({"first": 101}, "first"),
    ({"last": -1}, "last"),
    ({"first": 1, "after": ""}, "after"),
    ({"first": 1, "after": "bm9wZQ"}, "after"),
    ({"first": 1, "before": "\x00é"}, "before"),
    ({"first": 1, "after": "bnVsbA"}, "after"),
    ({"first": 1, "after": "WyJDbGljay5jbGlja2VkX2F0LmRlc2MiLCAxLCAyXQ"}, "after"),
    ({"first": 1, "after": "WyJDbGljay5jbGlja2VkX2F0LmRlc2MiLCAiMDAwMS0wMS0wMVQwMDowMDowMCswMTowMCIsICJhIl0"}, "after"),
]


async def test_a_wrong_argument_is_named(database: str) -> None:
    ledger = await Ledger.of()
    link, _ = await _clicks(ledger, [1])
    for arguments, named in WRONG:
        (error,) = (await answer(ledger, QUERY, link=link, **arguments))["errors"]

        assert error["extensions"]["code"] == "BAD_USER_INPUT"
        assert error["message"].startswith(f"{named}:"), arguments


async def test_a_cursor_belongs_to_its_list_and_order(database: str) -> None:
    ledger = await Ledger.of()
    link, _ = await _clicks(ledger, [1, 2])
    cursor = (await _page(ledger, link, first=1, order=ORDERS[0]))["pageInfo"]["endCursor"]

    turned = await answer(ledger, QUERY, link=link, first=1, after=cursor, order=ORDERS[1])
    elsewhere = await answer(ledger, "query($c: String) { sales(first: 1, after: $c) { totalCount } }", c=cursor)

    for found in (turned, elsewhere):
        assert found["errors"][0]["message"] == "after: is a cursor of another list or another order"


async def test_rows_that_come_and_go_do_not_shift_a_page(database: str) -> None:
    ledger = await Ledger.of()
    link, expected = await _clicks(ledger, [1, 2, 3, 4])
    first = await _page(ledger, link, first=2, order=ORDERS[0])

    await Click.filter(id=expected[1]).delete()
    await ledger.click(await Link.get(id=link), clicked_at=EPOCH)
    second = await _page(ledger, link, first=2, after=first["pageInfo"]["endCursor"], order=ORDERS[0])

    assert _ids(second) == expected[2:]


def test_a_time_keeps_its_microseconds_in_a_cursor() -> None:
    place = Place(datetime.fromisoformat("2026-01-01T00:00:00.000001+00:00"), "0123456789abcdef")

    assert decode(CLICK, Order("clicked_at", True), encode(CLICK, Order("clicked_at", True), place), "after") == place
