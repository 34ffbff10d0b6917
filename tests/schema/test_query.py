"""The questions: the one that everything exists for, look-ups, chains, filters and orders."""

from datetime import timedelta
from typing import Any

from ingest.models.ledger import SaleStatus
from tests.ledger import EPOCH, Ledger
from tests.schema.conftest import ORIGIN, Ask, answer

THE_QUESTION = """
{ sales(first: 50, orderBy: {field: PAID_AT, direction: DESC}) {
    nodes { id paidAt net { original { amount currency } converted { amount currency } }
      customer { externalId email } click { clickId at country referer link { shortLink url utm { source campaign } } }
      refunds(first: 5) { nodes { amount { amount } at reason } } attribution { reason } }
    pageInfo { hasNextPage endCursor } } }"""


async def test_the_question_is_answered_in_one_request(ledger: Ledger, ask: Ask) -> None:
    link = await ledger.link(key="spring", url="https://shop.example.com", utm_source="news", utm_campaign="may")
    click = await ledger.click(link, country="DE", referer="blog.example.com")
    customer = await ledger.customer(external_id="user_1", email="ada@example.com")
    sale = await ledger.sale(customer, click, gross_minor=4_200, reason="credited")
    await ledger.refund(sale, 700, reason="requested_by_customer")

    sales = (await ask(THE_QUESTION))["sales"]

    money = {"amount": "42.00", "currency": "USD"}
    assert sales["nodes"] == [
        {
            "id": sale.id,
            "paidAt": "2026-01-01T00:03:00Z",
            "net": {"original": money, "converted": money},
            "customer": {"externalId": "user_1", "email": "ada@example.com"},
            "click": {
                "clickId": click.id,
                "at": "2026-01-01T00:01:00Z",
                "country": "DE",
                "referer": "blog.example.com",
                "link": {
                    "shortLink": "https://go.example.com/spring",
                    "url": "https://shop.example.com",
                    "utm": {"source": "news", "campaign": "may"},
                },
            },
            "refunds": {"nodes": [{"amount": {"amount": "7.00"}, "at": "2026-01-01T00:04:00Z", "reason": "requested_by_customer"}]},
            "attribution": {"reason": "CREDITED"},
        }
    ]
    assert sales["pageInfo"]["hasNextPage"] is False


async def test_everything_with_an_id_is_found_by_it_again(ledger: Ledger, ask: Ask) -> None:
    click, customer = await ledger.click(), await ledger.customer()
    sale, lead = await ledger.sale(customer, click), await ledger.lead(customer, click)
    refund, dispute, event, key = await ledger.refund(sale), await ledger.dispute(sale), await ledger.event(), await ledger.key()
    rows: list[Any] = [sale, lead, customer, refund, dispute, key]
    ids = [row.id for row in rows] + [click.link_id, f"click_{click.id}", f"inbox_{event.id}", f"ws_{ledger.workspace.id}"]

    nodes = (await ask("query($ids: [ID!]!) { nodes(ids: $ids) { id __typename } }", ids=ids))["nodes"]

    assert [node["id"] for node in nodes] == ids
    assert [node["__typename"] for node in nodes] == [
        *("Sale", "Lead", "Customer", "Refund", "Dispute", "ApiKey"),
        *("Link", "Click", "StripeEvent", "Workspace"),
    ]


WRONG_IDS = ["", "sale", "sale_", "x_1", "inbox_x", "inbox_99999999999999999999", "ws_0", "click_\x00", "sale_\ud800"]


async def test_a_wrong_id_is_null_and_no_error(ask: Ask) -> None:
    query = "query($id: ID!) { node(id: $id) { id } sale(id: $id) { id } customer(id: $id) { id } link(id: $id) { id } }"
    for wrong in WRONG_IDS:
        assert await ask(query, id=wrong) == {"node": None, "sale": None, "customer": None, "link": None}, wrong


async def test_a_sale_answers_to_every_name_that_it_has_or_had(ledger: Ledger, ask: Ask) -> None:
    sale = await ledger.sale()
    for name in ("cs_1", "in_1", "sale_before"):
        await ledger.reference(sale, name)

    found = await ask('{ a: sale(stripeId: "cs_1") { id } b: sale(stripeId: "in_1") { id } c: sale(id: "sale_before") { id } }')
    node = await ask('{ node(id: "sale_before") { id } }')

    assert [*found.values(), node["node"]] == [{"id": sale.id}] * 4


async def test_a_customer_is_found_by_each_name_but_by_one_at_a_time(ledger: Ledger, ask: Ask) -> None:
    customer = await ledger.customer(external_id="u1", email="Ada@Example.com")
    await ledger.stripe_customer(customer, "cus_1")

    found = await ask(
        """{ a: customer(externalId: "u1") { id } b: customer(stripeCustomerId: "cus_1") { id }
          c: customer(email: "ADA@example.com") { id } }"""
    )
    both = await answer(ledger, '{ customer(externalId: "u1", email: "ada@example.com") { id } }')
    none = await answer(ledger, "{ customer { id } }")

    assert list(found.values()) == [{"id": customer.id}] * 3
    assert [each["errors"][0]["extensions"]["code"] for each in (both, none)] == ["BAD_USER_INPUT"] * 2


async def test_a_link_is_found_by_its_address(ledger: Ledger, ask: Ask) -> None:
    here, there = await ledger.link(domain="*", key="k"), await ledger.link(domain="go.example.com", key="k")

    found = await ask('{ a: link(key: "k") { id shortLink } b: link(domain: "GO.example.com", key: "k") { id shortLink } }')

    assert found["a"] == {"id": here.id, "shortLink": f"{ORIGIN}/k"}
    assert found["b"] == {"id": there.id, "shortLink": "https://go.example.com/k"}


async def test_an_explanation_names_every_candidate_and_its_evidence(ledger: Ledger, ask: Ask) -> None:
    click = await ledger.click()
    sale = await ledger.sale(click=click, reason="credited")
    await ledger.credit(sale, click)
    await ledger.consideration(sale, click, source="evt_7")
    await ledger.consideration(sale, rule="lead", source="stm_8", field="clickId")

    query = """query($id: ID!) { sale(id: $id) { attribution { model ready reason credits { click { id } weight amount { minor } }
      explanation { rule verdict reason text click { id } source { eventId statement field at } } } } }"""
    found = (await ask(query, id=sale.id))["sale"]["attribution"]

    assert found["credits"] == [{"click": {"id": f"click_{click.id}"}, "weight": "1", "amount": {"minor": "1000"}}]
    assert [(each["rule"], each["verdict"], each["reason"]) for each in found["explanation"]] == [
        ("PAYMENT", "CREDITED", "CREDITED"),
        ("LEAD", "REFUSED", "CLICK_UNKNOWN"),
    ]
    assert [(each["source"]["eventId"], each["source"]["statement"]) for each in found["explanation"]] == [("evt_7", None), (None, "stm_8")]
    assert all(each["text"].startswith("Click ") and each["text"].endswith(".") for each in found["explanation"])


async def test_a_journey_holds_the_browsers_clicks_and_the_considered_up_to_the_payment(ledger: Ledger, ask: Ask) -> None:
    paid_at = EPOCH + timedelta(days=10)
    at = [EPOCH + timedelta(days=day) for day in (1, 4, 8, 9)]
    first = await ledger.click(anonymous_id="anon_1", clicked_at=at[0])
    considered = await ledger.click(clicked_at=at[1])
    credited = await ledger.click(anonymous_id="anon_1", clicked_at=at[2])
    await ledger.click(anonymous_id="anon_2", clicked_at=at[3])
    await ledger.click(anonymous_id="anon_1", clicked_at=paid_at + timedelta(seconds=1))
    customer = await ledger.customer()
    await ledger.sale(customer, paid_at=EPOCH)
    sale = await ledger.sale(customer, credited, paid_at=paid_at)
    await ledger.consideration(sale, considered)

    query = """query($id: ID!) { sale(id: $id) { journey { firstTouch { at } lastTouch { click { clickId } link { id } }
      touches(first: 2) { totalCount nodes { click { clickId } } pageInfo { hasNextPage } } daysToConversion orderIndex } } }"""
    journey = (await ask(query, id=sale.id))["sale"]["journey"]

    assert journey == {
        "firstTouch": {"at": "2026-01-02T00:00:00Z"},
        "lastTouch": {"click": {"clickId": credited.id}, "link": {"id": credited.link_id}},
        "touches": {
            "totalCount": 3,
            "nodes": [{"click": {"clickId": click.id}} for click in (first, considered)],
            "pageInfo": {"hasNextPage": True},
        },
        "daysToConversion": 9,
        "orderIndex": 2,
    }


async def test_what_has_no_click_has_a_journey_without_touches(ledger: Ledger, ask: Ask) -> None:
    await ledger.sale()

    found = await ask("{ sales(first: 1) { nodes { click { id } journey { firstTouch { at } daysToConversion orderIndex } } } }")

    assert found["sales"]["nodes"] == [{"click": None, "journey": {"firstTouch": None, "daysToConversion": None, "orderIndex": 1}}]


async def test_money_waits_for_a_rate_and_keeps_it(ledger: Ledger, ask: Ask) -> None:
    pending = dict.fromkeys(Ledger.CONVERTED)
    await ledger.sale(currency="IDR", gross_minor=3_000_000_000, **pending)
    await ledger.sale(currency="XYZ", gross_minor=5, rate="1.25", rate_source="ECB", rate_published_at=EPOCH)

    found = await ask(
        "{ sales(first: 2) { nodes { gross { original { amount minor } converted { amount } } rate { rate source publishedAt } } } }"
    )

    unknown, waiting = found["sales"]["nodes"]
    assert waiting == {"gross": {"original": {"amount": "30000000.00", "minor": "3000000000"}, "converted": None}, "rate": None}
    assert unknown["gross"]["original"] == {"amount": None, "minor": "5"}
    assert unknown["rate"] == {"rate": "1.25", "source": "ECB", "publishedAt": "2026-01-01T00:00:00Z"}


async def test_a_customers_totals_are_summed_for_each_currency(ledger: Ledger, ask: Ask) -> None:
    customer = await ledger.customer()
    for currency, gross in (("USD", 1_000), ("EUR", 500), ("USD", 250)):
        await ledger.sale(customer, currency=currency, gross_minor=gross)

    found = await ask("query($id: ID!) { customer(id: $id) { totals { currency sales net { amount } } } }", id=customer.id)

    assert found["customer"]["totals"] == [
        {"currency": "EUR", "sales": 1, "net": {"amount": "5.00"}},
        {"currency": "USD", "sales": 2, "net": {"amount": "12.50"}},
    ]


async def test_evidence_is_the_events_that_bear_on_the_payment(ledger: Ledger, ask: Ask) -> None:
    sale = await ledger.sale()
    await ledger.event()
    event = await ledger.event(sale)

    found = await ask(
        "query($id: ID!) { sale(id: $id) { evidence(first: 5) { totalCount nodes { eventId lagSeconds state } } } }", id=sale.id
    )

    assert found["sale"]["evidence"] == {"totalCount": 1, "nodes": [{"eventId": event.event_id, "lagSeconds": 1.0, "state": "SETTLED"}]}


async def test_the_unattributed_are_the_sales_without_a_click(ledger: Ledger, ask: Ask) -> None:
    await ledger.sale(click=await ledger.click(), reason="credited")
    unknown, bare = await ledger.sale(reason="click_unknown"), await ledger.sale(reason="no_click_id")

    every = await ask("{ unattributed(first: 5) { nodes { id } } }")
    some = await ask("{ unattributed(first: 5, filter: {reason: {eq: CLICK_UNKNOWN}}) { nodes { id attribution { reason } } } }")

    assert every["unattributed"]["nodes"] == [{"id": bare.id}, {"id": unknown.id}]
    assert some["unattributed"]["nodes"] == [{"id": unknown.id, "attribution": {"reason": "CLICK_UNKNOWN"}}]


FILTERS: list[tuple[dict[str, Any], list[int]]] = [
    ({}, [2, 1, 0]),
    ({"status": {"eq": "REFUNDED"}}, [1]),
    ({"status": {"in": ["PAID", "REFUNDED"]}, "currency": {"eq": "EUR"}}, [1]),
    ({"status": {"in": []}}, []),
    ({"status": None, "currency": {"eq": None}}, [2, 1, 0]),
    ({"paidAt": {"gte": "2026-01-02T01:00:00+01:00", "lt": "2026-01-03T00:00:00Z"}}, [1]),
    ({"eventName": {"contains": "Pla_"}}, []),
    ({"eventName": {"contains": "Pla"}}, [0]),
    ({"eventName": {"contains": "pla"}}, []),
    ({"eventName": {"eq": "\x00\ud800"}}, []),
    ({"link": {"eq": "nonsense"}}, []),
    ({"click": {"in": ["click_x", "sale_x"]}}, []),
]


async def test_a_filter_keeps_what_meets_every_condition(ledger: Ledger, ask: Ask) -> None:
    sales = [
        await ledger.sale(paid_at=EPOCH, event_name="Plan"),
        await ledger.sale(paid_at=EPOCH + timedelta(days=1), status=SaleStatus.REFUNDED, currency="EUR"),
        await ledger.sale(paid_at=EPOCH + timedelta(days=2), currency="USD"),
    ]
    for filter_, expected in FILTERS:
        found = await ask("query($filter: SaleFilter) { sales(first: 9, filter: $filter) { totalCount nodes { id } } }", filter=filter_)

        assert found["sales"]["nodes"] == [{"id": sales[each].id} for each in expected], filter_
        assert found["sales"]["totalCount"] == len(expected)


async def test_clicks_and_customers_are_filtered_by_what_their_ids_and_addresses_mean(ledger: Ledger, ask: Ask) -> None:
    click, customer = await ledger.click(), await ledger.customer(email="Ada@Example.com")
    sale = await ledger.sale(customer, click)
    await ledger.sale()

    found = await ask(
        """query($click: ID!, $link: ID!) {
          sales(first: 5, filter: {click: {eq: $click}}) { nodes { id } } clicks(first: 5, filter: {link: {eq: $link}}) { nodes { id } }
          customers(first: 5, filter: {email: {contains: "ADA@"}}) { nodes { id } }
          links(first: 5, filter: {archivedAt: {isNull: false}}) { nodes { id } } }""",
        click=f"click_{click.id}",
        link=click.link_id,
    )

    assert found["sales"]["nodes"] == [{"id": sale.id}]
    assert found["clicks"]["nodes"] == [{"id": f"click_{click.id}"}]
    assert found["customers"]["nodes"] == [{"id": customer.id}]
    assert found["links"]["nodes"] == []


async def test_text_that_databases_cannot_hold_comes_back_as_it_was_said(ledger: Ledger, ask: Ask) -> None:
    said = "a\x00\ud800\ue000"
    await ledger.customer(external_id="a\ue0000000\ue000d800\ue000\ue000")

    found = await ask("query($id: String!) { customer(externalId: $id) { externalId } }", id=said)

    assert found == {"customer": {"externalId": said}}
