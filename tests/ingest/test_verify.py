"""`clickledger verify`: silent on an honest ledger in any order, and loud about every row that evidence does not make."""

from pathlib import Path

import pytest

from ingest.models.ledger import Change, Credit, Refund, Sale, SaleReference
from ingest.models.people import Lead
from ingest.verify.rebuilding import Order
from tests import proof, story
from tests import stripe_events as stripe
from tests.stripe_objects import NOON

ORDERS = [Order(), *(Order(seed=seed) for seed in range(3))]


async def told() -> None:
    """A subscription, a renewal with a refund, a lead, a sale of the site, an unknown click, in both modes and two workspaces."""
    later = NOON + 86_400
    for slug in ("default", "other"):
        tale = await story.begin(slug)
        click = await tale.click()
        await tale.lead("user_1", click)
        await tale.hear(
            stripe.session_completed("cs_1", mode="subscription", subscription="sub_1", customer="cus_1", metadata={"pimmsClickId": click}),
            stripe.invoice_paid("in_1", billing_reason="subscription_create", subscription="sub_1", era="acacia", charge="ch_1"),
            stripe.invoice_paid("in_2", billing_reason="manual", subscription="sub_1", paid_at=later, era="acacia", charge="ch_2"),
            stripe.refund_created("re_1", charge="ch_2", amount=1_200),
            stripe.session_completed("cs_2", currency="eur", client_reference_id="pimms_id_0123456789abcdef"),
            stripe.payment_intent_succeeded("pi_9", livemode=True),
        )  # fmt: skip
        await tale.sale("user_1", amount=900, invoiceId="in_1")
        await tale.sale("user_2", amount=900, currency="JPY")
        await tale.settled()


@pytest.mark.parametrize("order", ORDERS, ids=str)
async def test_nothing_differs_when_the_evidence_is_read_again_in_another_order(
    database: str, sqlite_template: Path, tmp_path: Path, order: Order
) -> None:
    await told()

    assert await proof.differences(sqlite_template, tmp_path, order) == []


@pytest.mark.unproved
async def test_each_row_that_evidence_does_not_make_is_named(database: str, sqlite_template: Path, tmp_path: Path) -> None:
    await told()
    sale = await Sale.filter(refunded_minor=1_200).order_by("id").first()
    assert sale is not None
    await Sale.filter(id=sale.id).update(net_minor=sale.net_minor + 1)
    reference = await SaleReference.filter(sale_id=sale.id).order_by("name").first()
    lead, refund, credit = await Lead.all().first(), await Refund.all().first(), await Credit.all().first()
    for row in (reference, lead, refund, credit):
        assert row is not None
        await row.delete()

    found = {(each.table, each.id, each.column, each.here, each.rebuilt) for each in await proof.differences(sqlite_template, tmp_path)}

    assert reference is not None and lead is not None and refund is not None and credit is not None  # noqa: PT018  # for the types
    assert found == {
        ("Sale", sale.id, "net_minor", sale.net_minor + 1, sale.net_minor),
        ("SaleReference", f"{sale.id} {reference.name}", "row", False, True),
        ("Lead", lead.id, "row", False, True),
        ("Refund", refund.id, "row", False, True),
        ("Credit", credit.id, "row", False, True),
    }


@pytest.mark.unproved
async def test_a_sale_that_no_evidence_made_is_named_and_so_is_its_silence(database: str, sqlite_template: Path, tmp_path: Path) -> None:
    await told()
    sale = await Sale.all().order_by("id").first()
    assert sale is not None
    invented = sale.clone(pk="sale_invented")
    await invented.save(force_create=True)

    found = {(each.table, each.id, each.column) for each in await proof.differences(sqlite_template, tmp_path)}

    assert found == {("Sale", "sale_invented", "row"), ("change (here)", "sale_invented", "announced")}


@pytest.mark.unproved
async def test_a_change_that_is_missing_from_the_stream_is_named(database: str, sqlite_template: Path, tmp_path: Path) -> None:
    await told()
    change = await Change.filter(kind="sale_made", seq=1, livemode=False).order_by("id").first()
    assert change is not None
    await change.delete()

    found = {(each.table, each.id) for each in await proof.differences(sqlite_template, tmp_path)}

    assert ("change (here)", "(change 1 is missing)") in found
