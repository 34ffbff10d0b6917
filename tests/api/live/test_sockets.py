"""graphql-transport-ws at /graphql, spoken by hand over a real socket: the protocol, its limits, and who hears what."""

import asyncio
import json
from typing import Any

import pytest
from gql import Client, GraphQLRequest
from gql.transport.aiohttp_websockets import AIOHTTPWebsocketsTransport
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin, Subprotocol

from api.limits import SECURITY_HEADERS
from api.live import sockets
from ingest import keys, workspaces
from tests import stripe_events, talking
from tests.capturing import GOOGLEBOT
from tests.talking import CHANGE, CLICKS, talk

ENDLESS = "subscription { saleChanged { kind } }"


async def test_queries_mutations_and_errors_are_answered_as_over_http(served: str, test_key: str) -> None:
    async with talk(served, test_key) as talking_:
        heard = []
        for name, query in enumerate(["{ sales(first: 1) { totalCount } }", "{ sales { totalCount } }", "{ nope }", "{", ""]):
            await talking_.send(type="subscribe", id=str(name), payload={"query": query})
            heard.append(await talking_.hear())
            if heard[-1]["type"] == "next":
                assert await talking_.hear() == {"id": str(name), "type": "complete"}
        await talking_.send(type="ping")
        pong = await talking_.hear()

    assert heard[0]["payload"] == {"data": {"sales": {"totalCount": 0}}, "extensions": {"cost": {"requested": 1, "maximum": 20_000}}}
    assert heard[1]["payload"]["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    assert [message["type"] for message in heard[2:]] == ["error"] * 3
    assert {error["extensions"]["code"] for message in heard[2:] for error in message["payload"]} == {"BAD_USER_INPUT"}
    assert pong == {"type": "pong"}


async def test_a_handshake_that_is_refused_is_an_answer_with_the_headers_of_every_other(served: str) -> None:
    refused = []
    for path, origin in (("/graphql", "https://evil.test"), ("/nowhere", None), ("/track/click", None), ("/graphiql", None)):
        with pytest.raises(InvalidStatus) as told:
            async with connect(served.replace("http", "ws", 1) + path, origin=None if origin is None else Origin(origin)):
                pass
        refused.append(told.value.response)

    for answer in refused:
        assert answer.status_code == 403
        assert set(SECURITY_HEADERS) | {"x-request-id"} <= {name.lower() for name in answer.headers}
        assert json.loads(answer.body or b"")["error"]["code"] == "FORBIDDEN"


async def test_an_operation_does_not_see_what_an_earlier_one_read(served: str, test_key: str) -> None:
    query = {"query": "query ($id: ID!) { node(id: $id) { id } links(first: 5) { totalCount } }", "variables": {"id": "link_x"}}
    async with talk(served, test_key) as talking_:
        counts = []
        for name in ("a", "b"):
            await talking_.send(type="subscribe", id=name, payload=query)
            counts.append((await talking_.hear())["payload"]["data"]["links"])
            assert (await talking_.hear())["type"] == "complete"
            await talking.link(served, test_key, f"made-{name}")

    assert counts == [{"totalCount": 0}, {"totalCount": 1}]


async def test_a_click_is_heard_once_with_its_link_and_its_repeat_is_not(served: str, test_key: str) -> None:
    await talking.link(served, test_key, "spring")
    await talking.click(served, "spring", cookie="pimms_anonymous_id=anon_earlier")
    async with talk(served, test_key) as talking_:
        await talking_.subscribe(CLICKS)

        made = await talking.click(served, "spring")
        again = await talking.click(served, "spring")
        await talking.click(served, "spring", **{"user-agent": GOOGLEBOT})
        heard = await talking_.event()

        assert made == again
        assert heard == {"clickId": made, "bot": False, "link": {"key": "spring"}}
        assert await talking_.silence()


async def test_clicks_that_do_not_meet_the_filter_are_not_heard(served: str, test_key: str) -> None:
    await talking.link(served, test_key, "spring")
    async with talk(served, test_key) as talking_:
        await talking_.subscribe(CLICKS, filter={"bot": {"eq": True}})

        await talking.click(served, "spring")
        await talking.click(served, "spring", **{"user-agent": GOOGLEBOT})

        assert (await talking_.event())["bot"] is True
        assert await talking_.silence()


async def test_changes_come_in_order_and_go_on_from_a_cursor(served: str, test_key: str) -> None:
    async with talk(served, test_key) as talking_:
        await talking_.subscribe(CHANGE)
        heard = []
        for amount in (200, 300, 400):
            await talking.sale(served, test_key, amount)
            heard.append(await talking_.event())
    async with talk(served, test_key) as resumed:
        await resumed.send(type="subscribe", id="1", payload={"query": CHANGE, "variables": {"after": heard[0]["cursor"]}})
        after = [await resumed.event() for _ in range(2)]
        await resumed.subscribe(CHANGE, name="now")

        assert [event["sale"]["net"]["original"]["minor"] for event in heard] == ["200", "300", "400"]
        assert {event["kind"] for event in heard} == {"MADE"}
        assert after == heard[1:]
        assert await resumed.silence()


async def test_a_merger_names_what_it_swallowed_whatever_the_filter(served: str, test_key: str) -> None:
    async with talk(served, test_key) as talking_:
        await talking_.subscribe(CHANGE, filter={"currency": {"eq": "EUR"}}, name="none")
        await talking_.subscribe(CHANGE, name="all")
        await talking.paid(served, stripe_events.session_completed("cs_1", intent="pi_1"))
        first = await talking_.event()
        await talking.paid(served, stripe_events.invoice_paid("in_1", intent=None, subscription=None, customer=None))
        second = await talking_.event()
        await talking.paid(served, stripe_events.invoice_payment_paid("inpay_1", invoice="in_1", intent="pi_1"))
        merged: dict[str, Any] = {}
        while {"none", "all"} - merged.keys():
            message = await talking_.hear()
            if (event := message["payload"]["data"]["saleChanged"])["kind"] == "MERGED":
                merged[message["id"]] = event

    assert merged["none"] == merged["all"]
    assert {first["saleId"], second["saleId"]} == {merged["all"]["saleId"], *merged["all"]["swallowed"]}
    assert merged["all"]["sale"]["id"] == merged["all"]["saleId"]


async def test_neither_another_workspace_nor_the_other_mode_is_heard(served: str, test_key: str, live_key: str) -> None:
    other = await workspaces.ensure("other")
    _, foreign = await keys.create(workspace_id=other.id, livemode=False, scopes=["admin"], name="other")
    await talking.link(served, test_key, "spring")
    async with talk(served, test_key) as ours, talk(served, live_key) as live, talk(served, foreign) as theirs:
        for each in (ours, live, theirs):
            await each.subscribe(CHANGE, name="sales")
            await each.subscribe(CLICKS, name="clicks")

        await talking.sale(served, test_key, 100)
        mine = await ours.event()
        await talking.click(served, "spring")
        clicked = await ours.event(), await live.event()
        await theirs.send(type="subscribe", id="stolen", payload={"query": CHANGE, "variables": {"after": mine["cursor"]}})
        stolen = await theirs.hear()

        assert mine["sale"]["livemode"] is False
        assert clicked[0] == clicked[1]  # clicks belong to the workspace
        assert (stolen["type"], stolen["payload"][0]["extensions"]["code"]) == ("error", "BAD_USER_INPUT")
        assert await theirs.silence()
        assert await live.silence()


@pytest.mark.parametrize(
    "after",
    [
        "",
        "nonsense",
        "WyJjaGFuZ2VzIl0",
        "WyJjaGFuZ2VzIiwxLGZhbHNlLDldX",
        "WyJjaGFuZ2VzIiwxLGZhbHNlLDk5OTldXQ",
        "WyJjaGFuZ2VzIiwxLGZhbHNlLDk5OTld",
    ],
)
async def test_what_is_not_a_cursor_of_this_stream_is_refused(served: str, test_key: str, after: str) -> None:
    async with talk(served, test_key) as talking_:
        await talking_.send(type="subscribe", id="1", payload={"query": CHANGE, "variables": {"after": after}})

        refused = await talking_.hear()

    assert (refused["type"], refused["payload"][0]["extensions"]["code"]) == ("error", "BAD_USER_INPUT")


async def test_a_key_without_the_scope_read_may_connect_and_not_subscribe(served: str) -> None:
    workspace = await workspaces.ensure_default()
    _, key = await keys.create(workspace_id=workspace.id, livemode=False, scopes=["lead.write"], name="site")
    async with talk(served, key) as talking_:
        await talking_.send(type="subscribe", id="1", payload={"query": ENDLESS})

        refused = await talking_.hear()

    assert (refused["type"], refused["payload"][0]["extensions"]["code"]) == ("error", "FORBIDDEN")


@pytest.mark.parametrize("payload", [{}, {"Authorization": "Bearer nope"}, {"Authorization": 1}, {"Authorization": "Basic Y2xr"}])
async def test_a_connection_without_a_good_key_is_closed(served: str, payload: dict[str, Any]) -> None:
    async with talk(served) as talking_:
        await talking_.send(type="connection_init", payload=payload)

        assert await talking_.end() == 4403


async def test_a_header_may_carry_the_key_too(served: str, test_key: str) -> None:
    async with talk(served, additional_headers={"authorization": f"Bearer {test_key}"}) as talking_:
        await talking_.send(type="connection_init")

        assert await talking_.hear() == {"type": "connection_ack"}


async def test_a_connection_that_does_not_begin_is_closed(served: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "INIT_SECONDS", 0.2)
    async with talk(served) as talking_:
        assert await talking_.end(5) == 4408


HELLO = json.dumps({"type": "connection_init", "payload": {}})
BREACHES: list[tuple[bool, list[str | bytes], int]] = [
    (False, [json.dumps({"type": "subscribe", "id": "1", "payload": {"query": ENDLESS}})], 4401),
    (True, [HELLO], 4429),
    (True, [json.dumps({"type": "subscribe", "id": "1", "payload": {"query": ENDLESS}})] * 2, 4409),
    (True, ["nonsense"], 4400),
    (True, [b"\x00"], 4400),
    (True, ["null"], 4400),
    (True, ["[]"], 4400),
    (True, ['{"type": 1}'], 4400),
    (True, ['{"type": "nope"}'], 4400),
    (True, ['{"type": "complete", "id": {}}'], 4400),
    (True, ['{"type": "subscribe", "id": "", "payload": {"query": "{ a }"}}'], 4400),
    (True, ['{"type": "subscribe", "id": "1", "payload": null}'], 4400),
    (True, ['{"type": "subscribe", "id": "1", "payload": {"query": "{ a }", "variables": []}}'], 4400),
    (True, ["[" * 100_000], 4400),
    (True, [" " * 1_100_000], 1009),
]


@pytest.mark.parametrize("place", range(len(BREACHES)))
async def test_each_breach_of_the_protocol_closes_with_its_code(served: str, test_key: str, place: int) -> None:
    begun, messages, code = BREACHES[place]
    async with talk(served, test_key if begun else None) as talking_:
        for message in messages:
            await talking_.socket.send(message)

        assert await talking_.end() == code


async def test_another_protocol_and_a_foreign_page_are_turned_away(served: str) -> None:
    async with talk(served, subprotocols=[Subprotocol("graphql-ws")]) as talking_:
        assert await talking_.end() == 4406
    with pytest.raises(InvalidStatus) as refused:
        async with talk(served, origin="https://evil.example"):
            pass
    assert refused.value.response.status_code == 403


async def test_a_connection_has_twenty_operations_and_a_place_that_is_given_back_is_free(served: str, test_key: str) -> None:
    async with talk(served, test_key) as talking_:
        for number in range(21):
            await talking_.send(type="subscribe", id=str(number), payload={"query": ENDLESS})
        refused = await talking_.hear()
        await talking_.send(type="complete", id="0")
        await talking_.send(type="subscribe", id="again", payload={"query": "{ links(first: 1) { totalCount } }"})
        answered = await talking_.hear()

    assert (refused["type"], refused["id"], refused["payload"][0]["extensions"]["code"]) == ("error", "20", "RATE_LIMITED")
    assert answered["type"] == "next"


async def test_a_revoked_key_ends_its_connection_within_seconds(served: str) -> None:
    workspace = await workspaces.ensure_default()
    row, key = await keys.create(workspace_id=workspace.id, livemode=False, scopes=["read"], name="short")
    async with talk(served, key) as talking_:
        await talking_.subscribe(ENDLESS)
        await keys.revoke(workspace.id, row.id)

        assert await talking_.end(10) == 4403


async def test_the_python_client_gql_subscribes_and_hears(served: str, test_key: str) -> None:
    transport = AIOHTTPWebsocketsTransport(
        url=f"{served.replace('http', 'ws', 1)}/graphql", init_payload={"Authorization": f"Bearer {test_key}"}
    )
    async with Client(transport=transport, fetch_schema_from_transport=True) as session:
        events = session.subscribe(GraphQLRequest(ENDLESS))
        heard = asyncio.create_task(anext(aiter(events)))
        await asyncio.sleep(1)
        await talking.sale(served, test_key, 100)

        assert await asyncio.wait_for(heard, talking.PATIENCE) == {"saleChanged": {"kind": "MADE"}}
        await events.aclose()
