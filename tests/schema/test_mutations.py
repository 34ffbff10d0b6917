"""Mutations: what is told is kept and shown, a mistake is a userError with its field, a missing scope is refused."""

from typing import Any

import pytest

from ingest import settler
from ingest.models.evidence import Statement
from resolvers import waiting
from tests.ledger import Ledger
from tests.schema.conftest import Ask, answer


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """No settler runs beside these tests: what waits for one goes on at once."""
    monkeypatch.setattr(waiting, "PATIENCE_S", 0.02)


@pytest.fixture
def settling(monkeypatch: pytest.MonkeyPatch) -> None:
    """The settler has done its work whenever a mutation looks."""
    until = waiting._until

    async def settled(done: Any) -> None:
        await settler.settle_everything()
        await until(done)

    monkeypatch.setattr(waiting, "_until", settled)


async def test_a_link_is_made_changed_and_archived(ledger: Ledger, ask: Ask) -> None:
    create = """mutation { linkCreate(input: {url: "https://shop.test/a", key: "spring", trackConversion: false, utm: {source: "news"}}) {
      link { id key url trackConversion utm { source campaign } } userErrors { field message code } } }"""
    made = (await ask(create))["linkCreate"]
    update = """mutation($id: ID!) { a: linkUpdate(input: {id: $id, trackConversion: null, utm: {campaign: "may"}}) {
        link { url trackConversion utm { source campaign } } } b: linkUpdate(input: {id: $id, utm: null}) { link { utm { source } } }
      c: linkArchive(input: {id: $id}) { link { archivedAt } }
      d: linkArchive(input: {id: $id, archived: false}) { link { archivedAt } } }"""
    changed = await ask(update, id=made["link"]["id"])

    assert made["userErrors"] == []
    assert made["link"] | {"id": ""} == {
        "id": "",
        "key": "spring",
        "url": "https://shop.test/a",
        "trackConversion": False,
        "utm": {"source": "news", "campaign": None},
    }
    assert changed["a"]["link"] == {"url": "https://shop.test/a", "trackConversion": None, "utm": {"source": "news", "campaign": "may"}}
    assert changed["b"]["link"] == {"utm": {"source": None}}
    assert changed["c"]["link"]["archivedAt"] is not None
    assert changed["d"]["link"]["archivedAt"] is None


MISTAKES = [
    ('linkCreate(input: {url: "javascript:alert(1)"})', "url", "INVALID_SCHEME"),
    ('linkCreate(input: {url: "https://a.test", key: "graphql"})', "key", "RESERVED"),
    ('linkCreate(input: {url: "https://a.test", key: "taken"})', "key", "TAKEN"),
    ('linkCreate(input: {url: "https://a.test", domain: "other.test"})', "domain", "UNKNOWN"),
    ('linkCreate(input: {url: "https://a.test", utm: {source: "a\\u0007"}})', "utm.source", "INVALID"),
    ('linkUpdate(input: {id: "link_none", url: "https://a.test"})', "id", "NOT_FOUND"),
    ('linkArchive(input: {id: "\\u0000"})', "id", "NOT_FOUND"),
    ('leadTrack(input: {externalId: "", eventName: "Sign up"})', "externalId", "REQUIRED"),
    ('leadTrack(input: {externalId: "u", eventName: "Sign up", clickId: "short"})', "clickId", "INVALID"),
    ('saleTrack(input: {externalId: "u", amountMinor: "-1"})', "amountMinor", "OUT_OF_RANGE"),
    ('saleTrack(input: {externalId: "u", amountMinor: 1, currency: "dollars"})', "currency", "INVALID"),
    ('saleTrack(input: {externalId: "u", amountMinor: 1, metadata: "x"})', "metadata", "INVALID"),
    ('customerUpsert(input: {externalId: "u", country: "FRA"})', "country", "INVALID"),
    ('clickAttach(input: {sale: "sale_none", click: "click_none"})', "sale", "NOT_FOUND"),
    ('reattribute(input: {sale: "sale_none"})', "sale", "NOT_FOUND"),
    ('stripeEventReplay(input: {id: "inbox_9"})', "id", "NOT_FOUND"),
    ('stripeEventReplay(input: {id: "evt_9"})', "id", "NOT_FOUND"),
    ('apiKeyCreate(input: {name: "k", scopes: ["everything"]})', "scopes", "INVALID_SCOPE"),
    ('apiKeyCreate(input: {name: " ", scopes: ["read"]})', "name", "INVALID_NAME"),
    ('apiKeyRevoke(input: {id: "key_none"})', "id", "NOT_FOUND"),
    ('workspaceUpdate(input: {name: "n", currency: "XYZ"})', "currency", "INVALID_CURRENCY"),
    ('workspaceUpdate(input: {allowedHosts: ["https://a.test"]})', "allowedHosts", "INVALID_HOST"),
]


async def test_a_mistake_is_a_user_error_that_names_its_field(ledger: Ledger, ask: Ask) -> None:
    await ledger.link(domain="*", key="taken")
    for mutation, field, code in MISTAKES:
        (found,) = (await ask(f"mutation {{ {mutation} {{ userErrors {{ field code message }} }} }}")).values()

        assert [(error["field"], error["code"]) for error in found["userErrors"]] == [(field, code)], mutation
        assert found["userErrors"][0]["message"]


async def test_a_lead_and_a_sale_are_in_the_answer_once_settled(ledger: Ledger, ask: Ask, settling: None) -> None:
    lead = await ask(
        """mutation { leadTrack(input: {externalId: "u1", eventName: "Sign up", customerEmail: "ada@test", metadata: {plan: ["pro"]}}) {
          lead { eventName metadata customer { externalId } } customer { email } receipt { id } userErrors { code } } }"""
    )
    sale = await ask(
        """mutation { saleTrack(input: {externalId: "u1", amountMinor: "4200", currency: "usd", invoiceId: "i1"}) {
          sale { gross { original { amount currency } } customer { externalId } attribution { reason } } userErrors { code } } }"""
    )

    assert lead["leadTrack"]["lead"] == {"eventName": "Sign up", "metadata": {"plan": ["pro"]}, "customer": {"externalId": "u1"}}
    assert lead["leadTrack"]["customer"] == {"email": "ada@test"}
    assert sale["saleTrack"]["sale"] == {
        "gross": {"original": {"amount": "42.00", "currency": "USD"}},
        "customer": {"externalId": "u1"},
        "attribution": {"reason": "NO_CLICK_ID"},
    }


async def test_what_is_not_settled_yet_is_kept_and_null(ledger: Ledger, ask: Ask) -> None:
    found = await ask(
        'mutation { saleTrack(input: {externalId: "u1", amountMinor: 1}) { sale { id } receipt { id saidAt } userErrors { code } } }'
    )

    assert found["saleTrack"]["sale"] is None
    assert found["saleTrack"]["receipt"]["id"] == (await Statement.get()).uid


async def test_the_same_invoice_said_again_is_the_first_sale(ledger: Ledger, ask: Ask, settling: None) -> None:
    document = 'mutation { saleTrack(input: {externalId: "u1", amountMinor: 500, invoiceId: "i1"}) { sale { id } } }'

    first, again = await ask(document), await ask(document)

    assert first == again
    assert (await ask("{ sales(first: 9) { totalCount } }"))["sales"]["totalCount"] == 1


async def test_a_click_is_attached_and_detached_by_a_person(ledger: Ledger, ask: Ask, settling: None) -> None:
    made = await ask('mutation { saleTrack(input: {externalId: "u1", amountMinor: 500}) { sale { id } } }')
    click, sale = await ledger.counted(await ledger.click()), made["saleTrack"]["sale"]["id"]
    document = """mutation($sale: ID!, $click: ID!) { %s(input: {sale: $sale, click: $click, note: "told by phone"}) {
      sale { click { id } attribution { reason } } userErrors { code } } }"""

    attached = await ask(document % "clickAttach", sale=sale, click=f"click_{click.id}")
    detached = await ask(document % "clickDetach", sale=sale, click=f"click_{click.id}")
    again = await ask("mutation($sale: ID!) { reattribute(input: {sale: $sale}) { sale { id } userErrors { code } } }", sale=sale)

    assert attached["clickAttach"]["sale"] == {"click": {"id": f"click_{click.id}"}, "attribution": {"reason": "CREDITED"}}
    assert detached["clickDetach"]["sale"]["click"] is None
    assert again["reattribute"] == {"sale": {"id": sale}, "userErrors": []}


async def test_an_event_is_read_again(ledger: Ledger, ask: Ask) -> None:
    event = await ledger.event(state="failed", error="it broke", attempts=3)

    found = await ask(
        "mutation($id: ID!) { stripeEventReplay(input: {id: $id}) { stripeEvent { state error attempts } } }", id=f"inbox_{event.id}"
    )

    assert found["stripeEventReplay"]["stripeEvent"] == {"state": "STORED", "error": None, "attempts": 0}


async def test_a_key_is_shown_once_and_revoked(ledger: Ledger, ask: Ask) -> None:
    created = await ask('mutation { apiKeyCreate(input: {name: "k", scopes: ["read"]}) { plaintext apiKey { id hint livemode scopes } } }')
    key = created["apiKeyCreate"]["apiKey"]
    revoked = await ask("mutation($id: ID!) { apiKeyRevoke(input: {id: $id}) { apiKey { revokedAt } } }", id=key["id"])
    listed = await ask("{ workspace { apiKeys(first: 5) { nodes { id hint } } } }")

    assert created["apiKeyCreate"]["plaintext"].startswith("clk_live_")
    assert key["livemode"] is True
    assert revoked["apiKeyRevoke"]["apiKey"]["revokedAt"] is not None
    assert listed["workspace"]["apiKeys"]["nodes"] == [{"id": key["id"], "hint": key["hint"]}]


REFUSED = [
    (("read",), 'mutation { linkCreate(input: {url: "https://a.test"}) { link { id } } }', "write"),
    (("read",), 'mutation { leadTrack(input: {externalId: "u", eventName: "e"}) { receipt { id } } }', "lead.write"),
    (("lead.write",), 'mutation { saleTrack(input: {externalId: "u", amountMinor: 1}) { receipt { id } } }', "sale.write"),
    (("read", "write"), 'mutation { workspaceUpdate(input: {name: "n"}) { workspace { id } } }', "admin"),
    (("read", "write"), 'mutation { stripeEventReplay(input: {id: "inbox_1"}) { stripeEvent { id } } }', "admin"),
    (("read", "write"), "{ workspace { apiKeys(first: 1) { totalCount } } }", "admin"),
    (("write",), "{ sales(first: 1) { totalCount } }", "read"),
    (("write",), "{ workspace { id } }", "read"),
    (("write",), '{ node(id: "ws_1") { id } }', "read"),
]


async def test_a_key_does_what_its_scopes_say_and_no_more(ledger: Ledger) -> None:
    for scopes, document, missing in REFUSED:
        found = await answer(ledger, document, scopes=scopes)

        assert found["errors"][0]["extensions"]["code"] == "FORBIDDEN", document
        assert found["errors"][0]["message"].endswith(f" {missing}")
    assert await Statement.all().count() == 0


async def test_a_key_that_may_only_write_sees_what_it_wrote_and_nothing_around_it(ledger: Ledger) -> None:
    row = await answer(ledger, 'mutation { linkCreate(input: {url: "https://a.test"}) { link { url } } }', scopes=("write",))
    around = await answer(
        ledger, 'mutation { linkCreate(input: {url: "https://a.test"}) { link { sales(first: 1) { totalCount } } } }', scopes=("write",)
    )

    assert row["data"] == {"linkCreate": {"link": {"url": "https://a.test"}}}
    assert around["errors"][0]["extensions"]["code"] == "FORBIDDEN"
