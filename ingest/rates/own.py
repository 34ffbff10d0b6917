"""An operator's own rates: a CSV file of `date,currency,rate`, units of the currency for one US dollar. Pure.

A date speaks for its whole day in UTC, a time with an offset for that moment; the file is known complete to the latest of them. A row for
a moment that was already complete counts only where its currency had no rate in force: new rows come at the end.
"""

import csv
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ingest import fx
from ingest.errors import RatesUnreadable

COLUMNS = ["date", "currency", "rate"]


@dataclass(frozen=True, slots=True)
class File:
    """What the file says, and the moment to which it speaks."""

    until: datetime
    rates: tuple[fx.Published, ...]

    def complete(self, known_to: datetime | None, later: Collection[datetime]) -> datetime:  # noqa: ARG002  # the shape of fx.Completion
        """How far the file is known: see `fx.Completion`."""
        return self.until if known_to is None else max(self.until, known_to)


def read(lines: Iterable[str]) -> File:
    """The rates of a file with its heading line.

    Raises:
        RatesUnreadable: naming the line.
    """
    table = csv.DictReader(lines)
    if table.fieldnames != COLUMNS:
        raise RatesUnreadable("FILE", f"the first line must be {','.join(COLUMNS)}")
    rates, until = [], []
    for row in table:
        try:
            at, end = _spoken_for(row["date"].strip())
            rates.append(fx.published(row["currency"].strip().upper(), at, row["rate"].strip()))
        except (AttributeError, ValueError) as error:
            raise RatesUnreadable("FILE", f"line {table.line_num}: {error}") from error
        until.append(end)
    if not rates:
        raise RatesUnreadable("FILE", "it holds no rates")
    return File(max(until), tuple(rates))


def _spoken_for(text: str) -> tuple[datetime, datetime]:
    """When a row's rate begins, and the moment to which the row speaks."""
    at = datetime.fromisoformat(text)
    if at.tzinfo is not None:
        return at.astimezone(UTC), at.astimezone(UTC)
    if len(text) > len("2026-11-23"):
        raise ValueError(f"{text} names a time without an offset")
    day = at.replace(tzinfo=UTC)
    return day, day + timedelta(days=1) - fx.INSTANT
