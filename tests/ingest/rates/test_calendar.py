"""The Bank's calendar, held against every day that the Bank ever published on."""

import csv
import io
import zipfile
from datetime import date, timedelta

from currency_converter import CURRENCY_FILE

from ingest.rates import calendar


def test_the_calendar_foresees_every_publication_since_2002() -> None:
    with zipfile.ZipFile(CURRENCY_FILE) as archive:
        lines = csv.reader(io.StringIO(archive.read(archive.namelist()[0]).decode()))
        published = {date.fromisoformat(line[0]) for line in lines if line[0] != "Date"}

    days = [date(2002, 1, 1) + timedelta(days=number) for number in range((max(published) - date(2002, 1, 1)).days + 1)]
    assert [day for day in days if calendar.is_open(day) != (day in published)] == []


def test_four_in_the_afternoon_of_frankfurt_moves_with_summer_time() -> None:
    assert f"{calendar.moment(date(2026, 10, 23)):%H:%M %Z}" == "14:00 UTC"
    assert f"{calendar.moment(date(2026, 10, 26)):%H:%M %Z}" == "15:00 UTC"


def test_nothing_comes_between_maundy_thursday_and_easter_tuesday() -> None:
    assert calendar.open_after(date(2026, 4, 2)) == date(2026, 4, 7)
