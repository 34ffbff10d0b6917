"""Who gets the credit for a sale, and why: pure. Evidence decides whose touches count; among them the last touch wins.

A candidate is a click id that something said in some place. The strongest rule that has a touch which counts decides; the others are kept
in the explanation with what became of them.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ingest.credit.reasons import REFUSALS, Reason, Rule, Verdict
from ingest.credit.rules import Rules

CLICK_ID = re.compile(r"[0-9A-Za-z]{16}", re.ASCII)
_STRENGTH = {rule: place for place, rule in enumerate(Rule)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A click id as it was said, and where."""

    rule: Rule
    stated: str
    stated_at: datetime
    source: str
    """Event id or statement uid."""
    field: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Touch:
    """A click that is known."""

    click_id: str
    workspace_id: int
    link_id: str
    clicked_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """What is to be credited."""

    workspace_id: int
    paid_at: datetime
    won_at: datetime | None
    """When the payment's subscription was won; None for a payment without one."""
    detached: frozenset[str] = frozenset()
    """Click ids that a person took off this payment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Considered:
    """A candidate and what became of it. `click_id` only where that click is this workspace's to show."""

    rule: Rule
    verdict: Verdict
    reason: Reason
    stated: str | None
    click_id: str | None
    source: str
    field: str
    stated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The touch that gets the whole credit, or None; the reason; and every candidate, strongest first."""

    touch: Touch | None
    reason: Reason
    considered: tuple[Considered, ...]


def decide(conversion: Conversion, candidates: Sequence[Candidate], touches: Mapping[str, Touch], rules: Rules) -> Decision:
    """The decision for one sale; equal arguments in any order give an equal decision."""
    judged = [(candidate, _refusal(conversion, candidate, touches, rules)) for candidate in sorted(set(candidates), key=_order)]
    winner = _winner([candidate for candidate, refusal in judged if refusal is None], touches)
    considered = tuple(_considered(candidate, refusal, winner, conversion, touches) for candidate, refusal in judged)
    if winner is not None:
        return Decision(touch=touches[winner.stated], reason=Reason.CREDITED, considered=considered)
    refusals = {refusal for _, refusal in judged}
    reason = next((refusal for refusal in REFUSALS if refusal in refusals), Reason.NO_CLICK_ID)
    return Decision(touch=None, reason=reason, considered=considered or (_nothing(conversion),))


def _order(candidate: Candidate) -> tuple[int, str, datetime, str, str]:
    return _STRENGTH[candidate.rule], candidate.stated, candidate.stated_at, candidate.source, candidate.field


def _refusal(conversion: Conversion, candidate: Candidate, touches: Mapping[str, Touch], rules: Rules) -> Reason | None:
    """Why this candidate does not count; None when it does."""
    if not CLICK_ID.fullmatch(candidate.stated):
        return Reason.CLICK_MALFORMED
    touch = touches.get(candidate.stated)
    if touch is None:
        return Reason.CLICK_UNKNOWN
    if touch.workspace_id != conversion.workspace_id:
        return Reason.OTHER_WORKSPACE
    if touch.click_id in conversion.detached:
        return Reason.DETACHED
    if candidate.rule is Rule.ATTACHED:
        return None
    return _out_of_time(conversion, candidate, touch, rules)


def _out_of_time(conversion: Conversion, candidate: Candidate, touch: Touch, rules: Rules) -> Reason | None:
    """The window bounds what won the customer or subscription, not each later payment; no touch may follow what it won."""
    limit = conversion.paid_at if candidate.rule is Rule.PAYMENT else conversion.won_at or conversion.paid_at
    if touch.clicked_at > limit + rules.skew:
        return Reason.CLICK_AFTER_PAYMENT
    won_at = limit if candidate.rule in (Rule.PAYMENT, Rule.SUBSCRIPTION) else min(candidate.stated_at, limit)
    if touch.clicked_at < won_at - rules.window:
        return Reason.OUTSIDE_WINDOW
    return None


def turning_points(candidates: Sequence[Candidate], touches: Mapping[str, Touch], rules: Rules) -> set[datetime]:
    """Where `won_at` matters: while it moves and passes none of these moments, every verdict stays as it is."""
    clicked = [
        touches[each.stated].clicked_at for each in candidates if each.stated in touches and each.rule not in (Rule.PAYMENT, Rule.ATTACHED)
    ]
    return {moment - rules.skew for moment in clicked} | {moment + rules.window for moment in clicked}


def _winner(counting: Sequence[Candidate], touches: Mapping[str, Touch]) -> Candidate | None:
    """The last touch of the strongest rule; ties of time go to the greater click id."""
    if not counting:
        return None
    strongest = min(_STRENGTH[candidate.rule] for candidate in counting)
    return max(
        (candidate for candidate in counting if _STRENGTH[candidate.rule] == strongest),
        key=lambda candidate: (touches[candidate.stated].clicked_at, candidate.stated),
    )


def _considered(
    candidate: Candidate, refusal: Reason | None, winner: Candidate | None, conversion: Conversion, touches: Mapping[str, Touch]
) -> Considered:
    touch = touches.get(candidate.stated)
    ours = touch is not None and touch.workspace_id == conversion.workspace_id
    verdict, reason = _verdict(candidate, refusal, winner)
    return Considered(
        rule=candidate.rule,
        verdict=verdict,
        reason=reason,
        stated=candidate.stated,
        click_id=candidate.stated if ours else None,
        source=candidate.source,
        field=candidate.field,
        stated_at=candidate.stated_at,
    )


def _verdict(candidate: Candidate, refusal: Reason | None, winner: Candidate | None) -> tuple[Verdict, Reason]:
    if refusal is not None or winner is None:
        return Verdict.REFUSED, refusal or Reason.NO_CLICK_ID
    if candidate.rule is not winner.rule:
        return Verdict.PASSED_OVER, Reason.WEAKER_EVIDENCE
    if candidate.stated != winner.stated:
        return Verdict.PASSED_OVER, Reason.EARLIER_TOUCH
    return Verdict.CREDITED, Reason.CREDITED


def _nothing(conversion: Conversion) -> Considered:
    return Considered(
        rule=Rule.NONE,
        verdict=Verdict.REFUSED,
        reason=Reason.NO_CLICK_ID,
        stated=None,
        click_id=None,
        source="",
        field="",
        stated_at=conversion.paid_at,
    )
