"""Scalars: exact both ways, and nothing else is taken."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from graphql import GraphQLError

from schema.scalars import SCALARS, BigInt, read_big, read_decimal, read_time, write_time

TIMES = ["2026-01-31T09:30:00Z", "2026-01-31T10:30:00+01:00", "2026-01-31T09:30:00.000Z", "2026-01-31t09:30:00z"]


@pytest.mark.parametrize("text", TIMES)
def test_a_time_with_an_offset_is_read_as_utc(text: str) -> None:
    assert read_time(text) == datetime(2026, 1, 31, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "wrong", ["2026-01-31T09:30:00", "2026-01-31", "now", "", 5, None, "0001-01-01T00:00:00+14:00", "9" * 100, "2026W05"]
)
def test_a_naive_time_or_none_at_all_is_refused(wrong: Any) -> None:
    with pytest.raises(GraphQLError):
        read_time(wrong)


def test_a_time_is_written_in_utc() -> None:
    assert write_time(datetime(2026, 1, 1, 1, tzinfo=timezone(timedelta(hours=2)))) == "2025-12-31T23:00:00Z"


@pytest.mark.parametrize(("value", "number"), [("12", 12), (12, 12), ("-9223372036854775808", -(1 << 63)), (0, 0)])
def test_a_big_integer_is_read_from_text_or_number(value: Any, number: int) -> None:
    assert read_big(value) == number


@pytest.mark.parametrize("wrong", ["", "-", "1.0", "1e3", "9223372036854775808", 1 << 63, 1.0, True, None, "٣", " 1", "--1"])
def test_a_big_integer_is_nothing_else(wrong: Any) -> None:
    with pytest.raises(GraphQLError):
        read_big(wrong)


def test_a_big_integer_is_written_as_text() -> None:
    serialize = SCALARS[BigInt].serialize
    assert serialize is not None
    assert serialize(1 << 60) == "1152921504606846976"


@pytest.mark.parametrize("wrong", ["NaN", "Infinity", "-Infinity", "sNaN", "", "x", 1.5, True, None, "1" * 65])
def test_a_decimal_is_finite_and_exact(wrong: Any) -> None:
    with pytest.raises(GraphQLError):
        read_decimal(wrong)

    assert read_decimal("12.30") == Decimal("12.30")


def test_a_decimal_is_written_without_an_exponent() -> None:
    serialize = SCALARS[Decimal].serialize
    assert serialize is not None
    assert serialize(Decimal("1E-7")) == "0.0000001"
