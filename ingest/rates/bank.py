"""The European Central Bank's documents, read: its archive, its 90 days and its last day. Pure; the base is the euro.

Each document holds every publication between its first and last day, so it closes the gaps that it covers. The Bank is known complete
to the instant before the first publication that is still to come: a sale of Sunday converts at Friday's rate as soon as Friday's is known.
"""

import csv
import io
import zipfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from pathlib import Path
from xml.etree import ElementTree

from currency_converter import CURRENCY_FILE

from ingest import fx
from ingest.errors import RatesUnreadable
from ingest.rates import calendar

FIRST_DAY = date(2011, 1, 3)
"""Rates are kept from here on: Stripe opened in 2011, so no sale is older."""
LARGEST = 64 * 1024 * 1024
"""No history is larger, unpacked; it holds 3 MB in 2026."""
NAMESPACES = {"ecb": "http://www.ecb.int/vocabulary/2002-08-01/eurofxref"}


@dataclass(frozen=True, slots=True)
class Document:
    """Every publication from `first` to `last`, and nothing else."""

    first: date
    last: date
    rates: tuple[fx.Published, ...]

    def complete(self, known_to: datetime | None, later: Collection[datetime]) -> datetime:
        """How far the Bank is known when this document is stored too: see `fx.Completion`."""
        awaited = awaited_after(known_to)
        if self.first <= awaited <= self.last:
            awaited = calendar.open_after(self.last)
        stored = {calendar.day_of(moment) for moment in later}
        while awaited in stored:
            awaited = calendar.open_after(awaited)
        return calendar.moment(awaited) - fx.INSTANT


def awaited_after(known_to: datetime | None) -> date:
    """The day of the first publication that is not known."""
    return FIRST_DAY if known_to is None else calendar.day_of(known_to + fx.INSTANT)


def archive_day() -> date:
    """The last day in the archive that came with the package; cheap."""
    with zipfile.ZipFile(CURRENCY_FILE) as archive, archive.open(archive.namelist()[0]) as file:
        file.readline()
        return date.fromisoformat(file.readline().decode().partition(",")[0])


def archive() -> bytes:
    """The Bank's history as it came with the package: read here, because the package's converter holds 47 MB to answer one date."""
    return Path(CURRENCY_FILE).read_bytes()


def read_history(content: bytes, since: date) -> list[Document]:
    """The Bank's history, a zipped CSV file, from a day on: a document for each year. Takes half a second, so it is for a thread.

    Raises:
        RatesUnreadable: it is not that file.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive, archive.open(archive.namelist()[0]) as file:
            lines = csv.reader(io.StringIO(file.read(LARGEST).decode()))
            header = next(lines)[1:]
            rows = ((date.fromisoformat(line[0]), dict(zip(header, line[1:], strict=False))) for line in lines)
            return _yearly(since, {day: rates for day, rates in rows if day >= since})
    except (zipfile.BadZipFile, IndexError, StopIteration, ValueError) as error:
        raise RatesUnreadable("ECB", f"not a history of rates: {error}") from error


def read_days(content: bytes) -> Document:
    """The Bank's XML of its last day, or of its last 90 days.

    Raises:
        RatesUnreadable: it is not that file.
    """
    try:
        if b"<!DOCTYPE" in content:
            raise ValueError("a document type has no place here")
        nodes = ElementTree.fromstring(content).iterfind(".//ecb:Cube[@time]", NAMESPACES)  # noqa: S314  # no entities without a doctype
        days = {date.fromisoformat(node.attrib["time"]): {rate.attrib["currency"]: rate.attrib["rate"] for rate in node} for node in nodes}
        return _document(min(days), days)
    except (ElementTree.ParseError, KeyError, ValueError) as error:
        raise RatesUnreadable("ECB", f"not a document of rates: {error}") from error


def _yearly(since: date, days: Mapping[date, Mapping[str, str]]) -> list[Document]:
    """Documents that join without a gap from `since` to the last day, the oldest first."""
    documents, first = [], since
    for _, of_year in groupby(sorted(days), key=lambda day: day.year):
        documents.append(_document(first, {day: days[day] for day in of_year}))
        first = documents[-1].last + calendar.DAY
    return documents


def _document(first: date, days: Mapping[date, Mapping[str, str]]) -> Document:
    """Days on which TARGET is shut are left out: what the calendar does not foresee would change answers already given."""
    rates = [
        fx.published(currency, calendar.moment(day), text)
        for day, rates in days.items()
        if calendar.is_open(day)
        for currency, text in rates.items()
        if text not in {"", "N/A"}
    ]
    return Document(first, max(days), tuple(rates))
