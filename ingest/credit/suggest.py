"""Which click may have led to a sale that none is credited with: pure. A suggestion is for a person to judge, and credits nobody.

Independent hints add up as chances do: a click that two hints speak for leads one that either speaks for, and none is ever certain.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from ingest.credit.rules import Rules

MOST = 5
RECENT = timedelta(hours=1)
"""How shortly before a payment a click is near enough to tell by time and country alone."""


class Why(StrEnum):
    """What speaks for a click, strongest first."""

    SAME_BROWSER = "same_browser"  # the browser of a click that this customer is known by
    SAME_CUSTOMER = "same_customer"  # led to another sale or a lead of this customer
    SAME_EMAIL = "same_email"  # led to a sale or a lead of a customer with the same e-mail
    SHORTLY_BEFORE = "shortly_before"  # from the customer's country, within the hour before the payment


_CHANCE = {Why.SAME_BROWSER: 0.8, Why.SAME_CUSTOMER: 0.7, Why.SAME_EMAIL: 0.6, Why.SHORTLY_BEFORE: 0.4}


@dataclass(frozen=True, slots=True)
class Hint:
    """One thing that speaks for a click, and the row that says so: a lead, a sale, another click."""

    click_id: str
    clicked_at: datetime
    why: Why
    source: str


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A click, how likely it seems (above 0, below 1), and what speaks for it, strongest first."""

    click_id: str
    score: float
    hints: tuple[Hint, ...]


def rank(hints: Iterable[Hint], paid_at: datetime, rules: Rules, *, refused: frozenset[str] = frozenset()) -> tuple[Suggestion, ...]:
    """The likeliest clicks first; `refused` are those that a person took off. Equal arguments in any order give an equal answer."""
    by_click: dict[str, set[Hint]] = {}
    for hint in hints:
        if hint.click_id not in refused and paid_at - rules.window <= hint.clicked_at <= paid_at + rules.skew:
            by_click.setdefault(hint.click_id, set()).add(hint)
    rivals = sum(any(hint.why is Why.SHORTLY_BEFORE for hint in found) for found in by_click.values())
    made = [_suggestion(click_id, found, paid_at, rivals) for click_id, found in by_click.items()]
    return tuple(sorted(made, key=lambda each: (-each.score, paid_at - each.hints[0].clicked_at, each.click_id))[:MOST])


def _suggestion(click_id: str, found: Iterable[Hint], paid_at: datetime, rivals: int) -> Suggestion:
    strongest: dict[Why, float] = {hint.why: _chance(hint, paid_at, rivals) for hint in found}
    hints = tuple(sorted(found, key=lambda hint: (-_CHANCE[hint.why], hint.source)))
    return Suggestion(click_id=click_id, score=round(1 - _none_holds(strongest), 3), hints=hints)


def _chance(hint: Hint, paid_at: datetime, rivals: int) -> float:
    """Time and country alone say the less the more clicks they fit, and the longer ago the click was."""
    if hint.why is not Why.SHORTLY_BEFORE:
        return _CHANCE[hint.why]
    nearness = 1 - min(abs(paid_at - hint.clicked_at) / RECENT, 1) / 2
    return _CHANCE[hint.why] * nearness / max(rivals, 1)


def _none_holds(chances: Mapping[Why, float]) -> float:
    left = 1.0
    for why in Why:
        left *= 1 - chances.get(why, 0.0)
    return left
