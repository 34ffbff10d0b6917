"""The mutation customerErase: what it answers, and who may ask."""

from tests import story
from tests import stripe_events as stripe
from tests.ledger import Ledger
from tests.schema.conftest import answer

ERASE = """mutation($id: ID!) { customerErase(input: {id: $id}) {
    erasure events statements clicks customer { externalId email name sales(first: 1) { totalCount } } userErrors { field code } } }"""


async def test_a_person_is_erased_and_answered_for_without_a_name(ledger: Ledger) -> None:
    tale = await story.begin()
    await tale.hear(stripe.session_completed("cs_1", livemode=ledger.livemode, metadata={"pimmsCustomerId": "user_ada"}))
    [customer] = (await tale.settled()).customers

    first = await answer(ledger, ERASE, id=customer["id"])
    again = await answer(ledger, ERASE, id=customer["id"])

    done = first["data"]["customerErase"]
    assert (done["events"], done["statements"], done["clicks"], done["userErrors"]) == (1, 0, 0, [])
    assert done["customer"]["externalId"].startswith("erased_")
    assert (done["customer"]["email"], done["customer"]["name"], done["customer"]["sales"]) == (None, None, {"totalCount": 1})
    assert again == first


async def test_somebody_unknown_is_a_user_error_and_a_lesser_key_is_refused(ledger: Ledger) -> None:
    unknown = await answer(ledger, ERASE, id="cust_nobody")
    refused = await answer(ledger, ERASE, scopes=("read", "write"), id="cust_nobody")

    assert unknown["data"]["customerErase"]["userErrors"] == [{"field": "id", "code": "NOT_FOUND"}]
    assert refused["errors"][0]["extensions"]["code"] == "FORBIDDEN"
