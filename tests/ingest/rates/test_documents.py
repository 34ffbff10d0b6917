"""What sources send is read strictly: a rate that is none names its place, and nothing is taken from a broken document."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest

from ingest.errors import RatesUnreadable
from ingest.rates import bank, hourly, own

XML = b"""<?xml version="1.0" encoding="UTF-8"?>
<gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01" xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref">
<gesmes:subject>Reference rates</gesmes:subject><Cube><Cube time='2026-11-20'><Cube currency='USD' rate='1.1172'/></Cube>
<Cube time='2026-11-21'><Cube currency='USD' rate='9'/></Cube></Cube></gesmes:Envelope>"""


def test_a_day_that_the_calendar_does_not_foresee_is_left_out() -> None:
    document = bank.read_days(XML)

    assert [(rate.currency, rate.at, rate.per_base) for rate in document.rates] == [
        ("USD", datetime(2026, 11, 20, 15, tzinfo=UTC), "1.1172")
    ]


def test_the_archive_is_whole_and_joins_without_a_gap() -> None:
    documents = bank.read_history(bank.archive(), bank.FIRST_DAY)

    assert documents[-1].last == bank.archive_day()
    assert all(later.first - earlier.last == timedelta(days=1) for earlier, later in pairwise(documents))
    assert sum(len(document.rates) for document in documents) > 100_000


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html>",
        b"<Cube/>",
        XML.replace(b"1.1172", b"-1"),
        XML.replace(b"1.1172", b"NaN"),
        XML.replace(b"USD", b"usd"),
        b"<!DOCTYPE a>" + XML,
    ],
)
def test_a_broken_document_of_the_bank_is_refused(content: bytes) -> None:
    with pytest.raises(RatesUnreadable):
        bank.read_days(content)
    with pytest.raises(RatesUnreadable):
        bank.read_history(content, bank.FIRST_DAY)


def test_a_file_of_ones_own_speaks_for_whole_days_and_for_moments() -> None:
    file = own.read(["date,currency,rate", "2026-11-20,kwd,0.307", "2026-11-19T12:00:00+02:00,AED,3.6725"])

    assert [(rate.currency, rate.at, rate.per_base) for rate in file.rates] == [
        ("KWD", datetime(2026, 11, 20, tzinfo=UTC), "0.307"),
        ("AED", datetime(2026, 11, 19, 10, tzinfo=UTC), "3.6725"),
    ]
    assert file.until == datetime(2026, 11, 20, 23, 59, 59, 999_999, tzinfo=UTC)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("2026-11-20,KWD,0", "line 2"),
        ("2026-11-20,KWD", "line 2"),
        ("20 November,KWD,1", "line 2"),
        ("2026-11-20 12:00,KWD,1", "without an offset"),
        ("2026-11-20,DINAR,1", "'DINAR' is not a currency"),
    ],
)
def test_a_wrong_line_of_ones_own_file_is_named(line: str, said: str) -> None:
    with pytest.raises(RatesUnreadable, match=said):
        own.read(["date,currency,rate", line])


def test_an_hourly_answer_keeps_the_digits_that_it_was_sent_with() -> None:
    snapshot = hourly.read(b'{"timestamp": 1795453200, "base": "USD", "rates": {"USD": 1, "KWD": 0.30712345678901234567, "IDR": 16000}}')

    assert {rate.currency: Decimal(rate.per_base) for rate in snapshot.rates} == {
        "KWD": Decimal("0.30712345678901234567"),
        "IDR": Decimal(16000),
    }


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{}", b'{"timestamp": "x", "base": "USD", "rates": {}}', b'{"timestamp": 1, "base": "EUR", "rates": {}}']
)
def test_an_hourly_answer_that_is_none_is_refused(content: bytes) -> None:
    with pytest.raises(RatesUnreadable):
        hourly.read(content)


def test_after_days_away_the_end_of_each_missed_day_is_asked_for() -> None:
    now = datetime(2026, 11, 23, 10, tzinfo=UTC)

    assert hourly.missed(now - timedelta(hours=20), now) == []
    assert hourly.missed(datetime(2026, 11, 21, 9, tzinfo=UTC), now) == [date(2026, 11, 21), date(2026, 11, 22)]
    assert hourly.missed(None, now) == []
