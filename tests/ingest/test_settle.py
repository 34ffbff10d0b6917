"""What the ledger says when evidence is settled: joining, credit, refunds; on both databases."""

from ingest import workspaces
from tests import story
from tests import stripe_events as stripe
from tests.story import PAID_AT


async def test_a_paid_session_with_a_click_is_one_credited_sale(database: str) -> None:
    tale = await story.begin()
    click = await tale.click()

    await tale.hear(stripe.session_completed("cs_1", intent="pi_1", client_reference_id=f"pimms_id_{click}"))
    books = await tale.settled()

    assert await story.failures() == []
    assert (books.sale["gross_minor"], books.sale["currency"], books.sale["click_id"]) == (5_000, "USD", click)
    assert (books.sale["paid_at"], books.sale["converted_net_minor"]) == (PAID_AT, 5_000)
    assert books.reasons() == {("payment", "credited", "credited")}
    assert [lead["click_id"] for lead in books.leads] == [click]


async def test_a_workspace_that_changes_its_currency_has_every_sale_converted_anew(database: str) -> None:
    tale = await story.begin()
    await tale.hear(stripe.session_completed("cs_1", intent="pi_1"))
    before = (await tale.settled()).sale

    await workspaces.update(tale.workspace.id, {"currency": "EUR"})
    after = (await tale.settled()).sale

    assert (before["converted_currency"], before["converted_net_minor"]) == ("USD", 5_000)
    assert (after["converted_currency"], after["converted_net_minor"], after["net_minor"]) == ("EUR", None, 5_000)
