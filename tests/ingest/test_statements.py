"""Statements: what a site says is checked field by field, kept, and read back as facts."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from ingest import statements
from ingest.errors import Invalid
from ingest.facts import ActFact, Carrier, TrackedSaleFact
from ingest.models.evidence import Statement, StatementKind
from tests import capturing

CLICK = "0AbcDEfgHIjkLMno"
LEAD: dict[str, Any] = {"clickId": CLICK, "eventName": "Sign up", "externalId": "user_1"}
SALE: dict[str, Any] = {"externalId": "user_1", "amount": 4_900}
DEEP: dict[str, Any] = {}
_inner = DEEP
for _ in range(20):
    _inner["a"] = {}
    _inner = _inner["a"]


async def test_a_lead_says_who_came_by_which_click(database: str) -> None:
    owner = await capturing.workspace()

    said = {**LEAD, "customerName": "Ada", "customerEmail": "ada@shop.example", "customerAvatar": "https://a.example/a.png"}
    row = await statements.record_lead(owner.id, True, {**said, "eventQuantity": 2, "mode": "deferred", "metadata": {"plan": "pro"}})
    stored = await Statement.get(id=row.id)
    parsed = statements.parse(stored)

    assert stored.kind is StatementKind.LEAD
    assert stored.body == {
        **{n: v for n, v in said.items() if n != "externalId"},
        "eventQuantity": 2,
        "mode": "deferred",
        "metadata": {"plan": "pro"},
    }
    (claim,) = parsed.claims
    assert (claim.subject, claim.carrier, claim.click_id, claim.field, claim.at) == (
        "ext:user_1",
        Carrier.LEAD,
        CLICK,
        "clickId",
        stored.said_at,
    )
    assert (claim.external_id, claim.name, claim.email, claim.avatar) == ("user_1", "Ada", "ada@shop.example", "https://a.example/a.png")


@pytest.mark.parametrize(
    "name", ["externalId", "customerExternalId", "customerId", "pimmsCustomerId", "dubCustomerExternalId", "dubCustomerId"]
)
async def test_a_customer_is_named_by_any_name_of_the_wire_and_by_a_number(database: str, name: str) -> None:
    owner = await capturing.workspace()

    row = await statements.record_lead(owner.id, True, {"eventName": "Sign up", name: 17})

    assert row.external_id == "17"


@pytest.mark.parametrize(
    "said", [{"clickId": CLICK}, {"dubClickId": CLICK}, {"pimmsClickId": f"pimms_id_{CLICK}"}, {"clickId": f"dub_id_{CLICK}"}]
)
async def test_a_click_is_named_by_any_name_and_prefix_of_the_wire(database: str, said: dict[str, str]) -> None:
    owner = await capturing.workspace()

    row = await statements.record_lead(owner.id, True, {"eventName": "Sign up", "externalId": "user_1", **said})

    assert row.body["clickId"] == CLICK


async def test_a_leads_fault_names_its_field(database: str) -> None:
    owner = await capturing.workspace()
    faults: list[tuple[str, Any]] = [
        ("externalId", None),
        ("externalId", ""),
        ("externalId", True),
        ("externalId", ["user_1"]),
        ("externalId", "x" * 256),
        ("eventName", None),
        ("eventName", {}),
        ("clickId", "short"),
        ("clickId", f"{CLICK}é"),
        ("clickId", "a" * 300),
        ("eventQuantity", 0),
        ("eventQuantity", 1.0),
        ("eventQuantity", 2**31),
        ("customerEmail", 1.5),
        ("mode", "soon"),
        ("mode", 1),
        ("metadata", "text"),
        ("metadata", {"a": "x" * 20_000}),
        ("metadata", {"a": 2**64}),
        ("metadata", {"a": float("inf")}),
        ("metadata", {str(number): 1 for number in range(600)}),
        ("metadata", DEEP),
    ]

    told = [await fault(statements.record_lead, owner.id, {**LEAD, field: value}) for field, value in faults]

    assert told == [field for field, _ in faults]
    assert await Statement.all().count() == 0


async def test_a_sales_fault_names_its_field(database: str) -> None:
    owner = await capturing.workspace()
    faults: list[tuple[str, Any]] = [
        ("amount", None),
        ("amount", 49.0),
        ("amount", "4900"),
        ("amount", True),
        ("amount", -1),
        ("amount", 2**53),
        ("currency", "EURO"),
        ("currency", "€€€"),
        ("currency", 978),
        ("paymentProcessor", "p" * 33),
        ("invoiceId", ["in_1"]),
    ]

    told = [await fault(statements.record_sale, owner.id, {**SALE, field: value}) for field, value in faults]

    assert told == [field for field, _ in faults]
    assert await Statement.all().count() == 0


async def test_a_sale_is_a_payment_of_its_own_and_joins_the_invoice_that_it_names(database: str) -> None:
    owner = await capturing.workspace()

    plain = statements.parse(await statements.record_sale(owner.id, True, SALE))
    row = await statements.record_sale(owner.id, False, {**SALE, "currency": "xyz", "invoiceId": "in_1", "clickId": CLICK})
    joined = statements.parse(await Statement.get(id=row.id))

    fact = plain.facts[0].fact
    assert isinstance(fact, TrackedSaleFact)
    assert (fact.amount_minor, fact.currency, fact.event_name, fact.processor, fact.invoice_id) == (
        4_900,
        "USD",
        "Purchase",
        "custom",
        None,
    )
    assert plain.facts[0].keys == (f"statement:{fact.id}",)
    other = joined.facts[0].fact
    assert isinstance(other, TrackedSaleFact)
    assert (other.currency, [said.click_id or said.external_id for said in other.said]) == ("XYZ", [CLICK, "user_1"])
    assert joined.facts[0].keys == (f"statement:{row.uid}", "invoice:in_1")
    (claim,) = joined.claims
    assert (claim.subject, claim.carrier, claim.click_id, claim.email) == ("ext:user_1", Carrier.SALE, None, None)


async def test_the_same_invoice_again_is_the_first_sale_as_it_was_said_then(database: str) -> None:
    owner = await capturing.workspace()

    first = await statements.record_sale(owner.id, True, {**SALE, "invoiceId": "in_1"})
    again = await statements.record_sale(owner.id, True, {**SALE, "invoiceId": "in_1", "amount": 1})
    test = await statements.record_sale(owner.id, False, {**SALE, "invoiceId": "in_1"})

    assert (again.id, again.body["amount"]) == (first.id, 4_900)
    assert test.id != first.id
    assert await Statement.all().count() == 2


async def test_two_sales_without_an_invoice_are_two(database: str) -> None:
    owner = await capturing.workspace()

    rows = [await statements.record_sale(owner.id, True, SALE) for _ in range(2)]

    assert rows[0].uid != rows[1].uid


async def test_a_profile_is_a_claim_of_the_person(database: str) -> None:
    owner = await capturing.workspace()

    row = await statements.record_profile(owner.id, True, {"externalId": "user_1", "email": "ada@shop.example", "country": "de"})
    (claim,) = statements.parse(await Statement.get(id=row.id)).claims

    assert (claim.carrier, claim.email, claim.name, claim.country, claim.field) == (
        Carrier.PROFILE,
        "ada@shop.example",
        None,
        "DE",
        "externalId",
    )


@pytest.mark.parametrize("attach", [True, False])
async def test_an_act_of_a_person_is_a_fact_of_the_payment_that_it_names(database: str, attach: bool) -> None:
    owner = await capturing.workspace()
    record = statements.record_attach if attach else statements.record_detach

    row = await record(owner.id, True, {"payment": "invoice:in_1", "clickId": CLICK, "note": "they told us on the phone"})
    (joined,) = statements.parse(await Statement.get(id=row.id)).facts

    assert joined.keys == ("invoice:in_1",)
    assert joined.fact == ActFact(id=row.uid, attach=attach, click_id=CLICK, note="they told us on the phone", said_at=row.said_at)


async def test_an_act_on_what_is_no_payment_is_refused(database: str) -> None:
    owner = await capturing.workspace()

    with pytest.raises(Invalid) as caught:
        await statements.record_attach(owner.id, True, {"payment": "customer:cus_1", "clickId": CLICK})

    assert caught.value.field == "payment"


async def test_text_that_a_database_refuses_is_kept_as_derived_text(database: str) -> None:
    owner = await capturing.workspace()

    row = await statements.record_lead(
        owner.id, True, {**LEAD, "externalId": "a\x00b", "metadata": {"k\ud800": ["\x00", None, 1.5, {"é": "👋"}]}}
    )
    stored = await Statement.get(id=row.id)

    assert stored.external_id == "a\ue0000000b"
    assert stored.body["metadata"] == {"k\ue000d800": ["\ue0000000", None, 1.5, {"é": "👋"}]}


async def fault(record: Callable[..., Awaitable[Statement]], workspace_id: int, said: dict[str, Any]) -> str | None:
    try:
        await record(workspace_id, True, said)
    except Invalid as error:
        return error.field
    return None
