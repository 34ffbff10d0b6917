"""How much a report can hold, reckoned from its input before anything runs: groups, periods, and whether rows are counted one by one."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from graphql import DocumentNode, FieldNode, ValueNode, VariableNode, Visitor, value_from_ast_untyped, visit

from resolvers.filters import Condition, Operator
from resolvers.reports.question import GROUPS, PERIODS, Dimension, Question

FIELD = "report"
_HOURS = {"HOUR": 1, "DAY": 23, "WEEK": 167, "MONTH": 671}
"""The shortest that a period can be."""


@dataclass(frozen=True, slots=True)
class Extent:
    """Of the largest of several reports."""

    groups: int = 0
    periods: int = 0
    of_rows: bool = False

    def __or__(self, other: "Extent") -> "Extent":
        return Extent(max(self.groups, other.groups), max(self.periods, other.periods), self.of_rows or other.of_rows)


class _Inputs(Visitor):
    """Finds what reports are asked for, and the variables within it."""

    def __init__(self) -> None:
        super().__init__()
        self.inputs: list[ValueNode] = []

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        if node.name.value == FIELD:
            self.inputs += [each.value for each in node.arguments or () if each.name.value == "input"]


class _Variables(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.names: dict[str, None] = {}

    def enter_variable(self, node: VariableNode, *_: Any) -> None:
        self.names[node.name.value] = None


def _inputs(document: DocumentNode) -> list[ValueNode]:
    finding = _Inputs()
    visit(document, finding)
    return finding.inputs


def variables(document: DocumentNode) -> tuple[str, ...]:
    """The variables that say what the document's reports are of."""
    finding = _Variables()
    for each in _inputs(document):
        visit(each, finding)
    return tuple(finding.names)


def of(document: DocumentNode, given: Mapping[str, Any], defaults: Mapping[str, ValueNode | None]) -> Extent:
    """The largest extent of the document's reports."""
    stated = {name: value_from_ast_untyped(value) for name, value in defaults.items() if value is not None}
    found = Extent()
    for each in _inputs(document):
        asked = value_from_ast_untyped(each, {**stated, **given})
        found |= _extent(asked) if isinstance(asked, Mapping) else Extent(GROUPS, PERIODS, True)
    return found


def _extent(asked: Mapping[str, Any]) -> Extent:
    grouped = asked.get("groupBy") or []
    limit = asked.get("limit", 20) if isinstance(asked.get("limit"), (int, type(None))) else GROUPS
    groups = 0 if not grouped else min(GROUPS, max(0, 20 if limit is None else limit))
    of_rows = bool(asked.get("extras")) or _of_rows(grouped if isinstance(grouped, list) else [grouped], asked.get("filter"))
    return Extent(groups, _periods(asked), of_rows)


def _periods(asked: Mapping[str, Any]) -> int:
    interval = asked.get("interval")
    if interval is None:
        return 0
    try:
        days = asked.get("firstDay") is not None
        first, last = (asked["firstDay"], asked["lastDay"]) if days else (asked["from"], asked["to"])
        length = _day(last) - _day(first) + timedelta(days=1) if days else datetime.fromisoformat(last) - datetime.fromisoformat(first)
        return max(1, min(PERIODS, length // timedelta(hours=_HOURS[interval]) + 2))
    except (KeyError, TypeError, ValueError):
        return PERIODS  # execution refuses it, or reads what this does not


def _day(text: str) -> date:
    return date.fromisoformat(text)


def _of_rows(grouped: list[Any], narrowed: Any) -> bool:
    try:
        dimensions = tuple(Dimension[each] for each in grouped)
    except KeyError:
        return True
    named = [name for name, held in narrowed.items() if held is not None] if isinstance(narrowed, Mapping) else []
    columns = ["link_id" if name == "link" else re.sub("([A-Z])", lambda letter: f"_{letter[0].lower()}", name) for name in named]
    return Question(group_by=dimensions, conditions=tuple(Condition(column, Operator.EQ, "") for column in columns)).bucket is None
