"""Reports as they are answered: what clicks, leads and sales came to, in all, by group and by period. Exact at the moment they are asked.

Whole hours come out of buckets, with what is not in them yet; everything else is counted row by row, in the same statement. Figures
that are no sums are counted by another, in the same state of the database.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from resolvers.amounts import Amount
from resolvers.context import Context
from resolvers.reports import extras, texts
from resolvers.reports.asking import Asking, Reading
from resolvers.reports.extras import Counted, Key
from resolvers.reports.figures import NONE, Group, Pending, Report, Whole
from resolvers.reports.periods import Period
from resolvers.reports.question import Measure, Question


async def report(context: Context, question: Question) -> Report:
    """The answer, of the moment it is asked.

    Raises:
        BadInput: as `Question.periods` does.
    """
    reading, workspace_id = Reading(), context.access.workspace_id
    try:
        if question.extras:
            await reading.stand_still()
        place = "?1" if reading.sqlite else "$1"
        currency, timezone = (await reading.fetch(f"SELECT currency, timezone FROM workspace WHERE id = {place}", [workspace_id]))[0]
        found = question.periods(ZoneInfo(timezone))
        asking = Asking(question, context.access, found, currency, sqlite=reading.sqlite)
        sums = _sums(question, currency, await reading.read(*asking.sums()))
        counted = Counted()
        if question.extras:
            counted = extras.read(question.extras, await reading.read(*asking.extras(list(sums.groups))))
    finally:
        await reading.release()
    return _answer(question, found, timezone, currency, sums, counted)


@dataclass(slots=True)
class _Sums:
    """The records of a statement, by what they are of."""

    totals: dict[int, list[int]] = field(default_factory=dict)
    elsewhere: dict[str, list[int]] = field(default_factory=dict)
    """By a currency that is not the workspace's."""
    groups: dict[Key, dict[int, Sequence[int]]] = field(default_factory=dict)
    count: int = 0


def _sums(question: Question, currency: str, records: Sequence[Any]) -> _Sums:
    width, found = len(question.group_by), _Sums()
    for kind, period, of, *rest in records:
        key, sums = tuple(rest[:width]), rest[width:]
        if kind == texts.COUNT:
            found.count = sums[0]
        elif kind == texts.GROUP:
            found.groups.setdefault(key, {})[period] = sums
        else:
            _count(found.totals.setdefault(period, list(NONE)), sums, ours=of in (currency, ""))
            if of not in (currency, ""):
                held = found.elsewhere.setdefault(of, [0] * len(sums))
                found.elsewhere[of] = [mine + other for mine, other in zip(held, sums, strict=True)]
    return found


def _answer(question: Question, found: Sequence[Period], timezone: str, currency: str, sums: _Sums, counted: Counted) -> Report:
    shown = found if question.interval else ()
    rows = [Group(key, question.group_by, parts, currency, shown, counted) for key, parts in sums.groups.items()]
    elsewhere = [(of, held) for of, held in sorted(sums.elsewhere.items()) if held[2]]
    return Report(
        start=found[0].start,
        end=found[-1].end,
        timezone=timezone,
        currency=currency,
        totals=Whole(sums.totals, currency, shown, counted),
        rows=_ordered(question, rows),
        groups=sums.count,
        pending=[Pending(of, held[2], Amount(held[4], of), Amount(held[7], of)) for of, held in elsewhere],
    )


def _count(held: list[int], sums: Sequence[int], *, ours: bool) -> None:
    """Add what a period has in one currency; amounts only of the workspace's own, sales of another are pending."""
    for place in range(len(held)):
        if place < 3 or ours:
            held[place] += sums[place]
    if not ours:
        held[3] += sums[2]


_PLACES = {measure: texts.SUMS.index(measure.value) for measure in Measure}


def _ordered(question: Question, rows: list[Group]) -> list[Group]:
    """As the statement chose them."""
    place, sign = _PLACES[question.order], -1 if question.descending else 1
    return sorted(rows, key=lambda row: (sign * row.sums[place], -row.sums[0], row.key))
