"""What a scenario expects beside what the ledger says. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ingest.scenario.moments import moment
from ingest.scenario.reading import COUNTS

_TIMES = frozenset({"paid_at", "at"})


@dataclass(frozen=True, slots=True)
class Line:
    """One value that was expected, and the one that was found."""

    what: str
    expected: Any
    found: Any

    @property
    def agrees(self) -> bool:
        return bool(self.expected == self.found)


def lines(expected: Mapping[str, Any], found: Mapping[str, Any], clock: datetime) -> list[Line]:
    """Every expected value beside the found one. A section that is named must have exactly those rows; in a row only named keys count."""
    return [line for section, rows in expected.items() for line in _section(section, rows, found[section], clock)]


def _section(section: str, rows: Any, found: Any, clock: datetime) -> Iterator[Line]:
    if section in COUNTS:
        yield Line(section, rows, found)
        return
    if section == "events":  # only those that are named: each of them is evidence, and most are of no interest
        found = [next((row for row in found if row["id"] == wanted.get("id")), {}) for wanted in rows]
    yield Line(f"number of {section}", len(rows), len(found))
    for number, (wanted, row) in enumerate(zip(rows, found, strict=False), 1):
        for name, value in wanted.items():
            right = moment(value, clock) if name in _TIMES and value is not None else value
            yield Line(f"{section}[{number}].{name}", right, row.get(name))
