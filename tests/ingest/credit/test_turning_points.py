"""The moments at which a verdict turns are all of them: between two, it does not matter when a subscription was won."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ingest.credit import decide
from ingest.credit.decide import Candidate, Conversion, Touch
from ingest.credit.reasons import Rule
from ingest.credit.rules import Rules
from tests.ledger import EPOCH

DAYS = st.integers(-200, 200).map(lambda day: EPOCH + timedelta(days=day / 2))
PAID_AT = EPOCH + timedelta(days=150)
CLICKS = [f"Abcdefghij01234{number}" for number in range(3)]


@st.composite
def candidates(draw: st.DrawFn) -> Candidate:
    return Candidate(
        rule=draw(st.sampled_from([rule for rule in Rule if rule is not Rule.NONE])),
        stated=draw(st.sampled_from([*CLICKS, "Unknown000000000", "no click id"])),
        stated_at=draw(DAYS),
        source="evt_1",
        field="metadata",
    )


@given(said=st.lists(candidates(), max_size=4), clicked=st.tuples(DAYS, DAYS, DAYS), moved=st.tuples(DAYS, DAYS))
def test_no_verdict_turns_between_two_turning_points(
    said: list[Candidate], clicked: tuple[datetime, ...], moved: tuple[datetime, ...]
) -> None:
    touches = {
        name: Touch(click_id=name, workspace_id=1, link_id="link_1", clicked_at=at) for name, at in zip(CLICKS, clicked, strict=True)
    }
    since, until = sorted(moved)
    rules = Rules()

    before, after = (decide.decide(Conversion(workspace_id=1, paid_at=PAID_AT, won_at=at), said, touches, rules) for at in (until, since))

    if not any(since <= point <= until for point in decide.turning_points(said, touches, rules)):
        assert before == after
