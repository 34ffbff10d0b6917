"""`diagnose(id:)`: whatever is pasted is found by any of its names, and told what is missing and where to put it."""

from datetime import timedelta
from typing import Any

import pytest

from ingest.models.evidence import EventState
from resolvers.diagnosis import Missing
from schema.diagnoses import _TEXTS
from tests import story
from tests import stripe_events as stripe
from tests.ledger import EPOCH, Ledger
from tests.schema.conftest import Ask, answer, heard

QUESTION = """query($id: String!) { diagnose(id: $id) {
  asked kind complete findings { code text place } sale { id } customer { id externalId } click { clickId } } }"""


async def diagnosed(ask: Ask, name: str, **given: Any) -> tuple[str, list[str]]:
    found = (await ask(QUESTION, id=name, **given))["diagnose"]
    assert found["complete"] is (not found["findings"])
    return found["kind"], [each["code"] for each in found["findings"]]


async def test_a_credited_payment_is_complete_by_every_name_of_it(ledger: Ledger, ask: Ask) -> None:
    click, customer = await ledger.click(), await ledger.customer(external_id="user_1", email="ada@example.com")
    await ledger.stripe_customer(customer, "cus_1")
    await ledger.lead(customer, click)
    sale = await ledger.sale(customer, click, reason="credited")
    for name in ("cs_1", "pi_1", "sale_before"):
        await ledger.reference(sale, name)
    event = await ledger.event(sale, event_id="evt_1")
    names = {
        "PAYMENT": ["cs_1", " pi_1 ", sale.id, "sale_before"],
        "EVENT": [event.event_id],
        "CLICK": [click.id, f"click_{click.id}", f"pimms_id_{click.id}"],
        "CUSTOMER": ["user_1", "ADA@example.com", "cus_1", customer.id],
    }

    for kind, given in names.items():
        for name in given:
            found = (await ask(QUESTION, id=name))["diagnose"]
            assert (found["kind"], found["findings"]) == (kind, []), name
            assert (found["sale"]["id"], found["customer"]["id"], found["click"]["clickId"]) == (sale.id, customer.id, click.id), name


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        ("no_click_id", "CLICK_ID_NOWHERE"),
        ("click_malformed", "CLICK_ID_MALFORMED"),
        ("click_unknown", "CLICK_UNKNOWN"),
        ("other_workspace", "CLICK_ELSEWHERE"),
        ("click_after_payment", "CLICK_TOO_LATE"),
        ("outside_window", "CLICK_TOO_OLD"),
        ("detached", "CLICK_TAKEN_OFF"),
    ],
)
async def test_a_payment_without_credit_says_why(ledger: Ledger, ask: Ask, reason: str, code: str) -> None:
    await ledger.reference(await ledger.sale(reason=reason), "cs_1")

    assert await diagnosed(ask, "cs_1") == ("PAYMENT", [code])


async def test_a_payment_of_nobody_in_an_unknown_rate_says_all_three(ledger: Ledger, ask: Ask) -> None:
    sale = await ledger.sale(await ledger.customer(external_id=None), **dict.fromkeys(Ledger.CONVERTED))
    await ledger.reference(sale, "pi_1")

    assert await diagnosed(ask, "pi_1") == ("PAYMENT", ["RATE_UNKNOWN", "CLICK_ID_NOWHERE", "CUSTOMER_WITHOUT_ID"])


async def test_where_a_click_id_goes_is_told(ledger: Ledger, ask: Ask) -> None:
    await ledger.reference(await ledger.sale(), "cs_1")

    (finding,) = (await ask(QUESTION, id="cs_1"))["diagnose"]["findings"]

    assert "metadata.pimmsClickId" in finding["place"]
    assert "client_reference_id" in finding["place"]
    assert "/track/lead" in finding["place"]


async def test_an_event_says_how_far_it_is(ledger: Ledger, ask: Ask) -> None:
    for state in (EventState.STORED, EventState.FAILED, EventState.IGNORED):
        await ledger.event(event_id=f"evt_{state.value}", state=state)

    assert await diagnosed(ask, "evt_stored") == ("EVENT", ["EVENT_WAITING"])
    assert await diagnosed(ask, "evt_failed") == ("EVENT", ["EVENT_FAILED"])
    assert await diagnosed(ask, "evt_ignored") == ("EVENT", ["EVENT_IGNORED"])


async def test_a_click_says_what_keeps_it_from_credit(ledger: Ledger, ask: Ask) -> None:
    silent = await ledger.click(await ledger.link(track_conversion=False))
    bot = await ledger.click(bot=True)

    assert await diagnosed(ask, silent.id) == ("CLICK", ["CLICK_ID_NOT_SENT", "CLICK_NAMED_BY_NOBODY"])
    assert await diagnosed(ask, bot.id) == ("CLICK", ["CLICK_OF_A_BOT", "CLICK_NAMED_BY_NOBODY"])


async def test_a_customer_says_what_is_missing_on_either_side(ledger: Ledger, ask: Ask) -> None:
    lonely, led = await ledger.customer(external_id="lonely"), await ledger.customer(external_id="led")
    await ledger.lead(led, await ledger.click())
    paid = await ledger.customer(external_id="paid")
    await ledger.sale(paid, paid_at=EPOCH)
    latest = await ledger.sale(paid, paid_at=EPOCH + timedelta(days=1), reason="click_unknown")

    assert await diagnosed(ask, lonely.external_id or "") == ("CUSTOMER", ["CUSTOMER_WITHOUT_CLICK", "CUSTOMER_WITHOUT_SALE"])
    assert await diagnosed(ask, "led") == ("CUSTOMER", ["CUSTOMER_WITHOUT_SALE"])
    assert await diagnosed(ask, "paid") == ("CUSTOMER", ["CLICK_UNKNOWN"])
    assert (await ask(QUESTION, id="paid"))["diagnose"]["sale"]["id"] == latest.id


async def test_what_nobody_knows_is_told_by_its_look(ledger: Ledger, ask: Ask) -> None:
    assert await diagnosed(ask, "cs_test_a1B2") == ("UNKNOWN", ["NOTHING_HEARD"])
    assert await diagnosed(ask, "pimms_id_0123456789abcdef") == ("UNKNOWN", ["CLICK_UNKNOWN"])
    for name in ("nobody@example.com", "\x00", "sale_x", "inbox_1", "é" * 99):
        assert await diagnosed(ask, name) == ("UNKNOWN", ["NOT_RECOGNISED"])


@pytest.mark.parametrize("name", ["", "   ", "x" * 321])
async def test_what_is_no_id_is_refused(ledger: Ledger, name: str) -> None:
    assert (await answer(ledger, QUESTION, id=name))["errors"][0]["extensions"] == {"code": "BAD_USER_INPUT"}


async def test_a_payment_that_brought_no_money_is_known_by_its_session_and_event(database: str, ask: Ask) -> None:
    tale = await story.begin()
    unpaid = stripe.session_completed("cs_1", payment_status="unpaid")
    await tale.hear(unpaid)
    await tale.settled()
    of = await Ledger.of(livemode=False)

    assert await diagnosed(ask, "cs_1", of=of) == ("PAYMENT", ["NOT_PAID"])
    assert await diagnosed(ask, unpaid["id"], of=of) == ("EVENT", ["NOT_PAID"])


async def test_it_takes_a_dozen_statements_at_most(ledger: Ledger) -> None:
    sale = await ledger.sale(await ledger.customer(external_id="user_1"), await ledger.click())
    await ledger.event(sale, event_id="evt_1")
    for name in ("evt_1", sale.id, "cs_nobody", "user_1", "nobody@example.com"):
        with heard() as statements:
            await answer(ledger, QUESTION, id=name)

        assert 0 < len(statements) <= 14, (name, "\n".join(statements))


def test_everything_that_can_be_missing_has_words() -> None:
    assert set(_TEXTS) == set(Missing)


@pytest.mark.parametrize(
    "name", ["x" * 320, "evt_" + "x" * 316, "evt_" + "\x00" * 316, "\ud800" * 320, "cus_" + "é" * 300, f"{'a' * 310}@test.com"]
)
async def test_the_longest_id_is_looked_for_and_no_fault(ledger: Ledger, ask: Ask, name: str) -> None:
    kind, findings = await diagnosed(ask, name)

    assert (kind, len(findings)) == ("UNKNOWN", 1)
