"""Scalars: how times, exact numbers and free-form values look on the wire."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, NewType

import strawberry
from graphql import GraphQLError
from strawberry.types.scalar import ScalarDefinition

BigInt = NewType("BigInt", int)
Json = NewType("Json", object)
_BOUND = 1 << 63


def _refuse(message: str) -> GraphQLError:
    return GraphQLError(message, extensions={"code": "BAD_USER_INPUT"})


def write_time(time: datetime) -> str:
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z")


def read_time(value: object) -> datetime:
    """Raises GraphQLError for anything but an RFC 3339 string with its offset."""
    if not isinstance(value, str) or len(value) > 64:
        raise _refuse("a DateTime is an RFC 3339 string, such as 2026-01-31T09:30:00Z")
    try:
        time = datetime.fromisoformat(value.upper())
        if time.tzinfo is not None and "T" in value.upper():
            return time.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise _refuse("a DateTime is an RFC 3339 string, such as 2026-01-31T09:30:00Z") from error
    raise _refuse("a DateTime needs a time and its offset: end it with Z, or with one such as +02:00")


def read_date(value: object) -> date:
    """Raises GraphQLError for anything but a day written as 2026-01-31."""
    if isinstance(value, str) and len(value) == 10:
        try:
            return date.fromisoformat(value)
        except ValueError as error:
            raise _refuse("a Date is a day such as 2026-01-31") from error
    raise _refuse("a Date is a day such as 2026-01-31")


def read_big(value: object) -> int:
    """Raises GraphQLError for anything but a whole number of 64 bits, as a string or a number."""
    digits = value.removeprefix("-") if isinstance(value, str) else ""
    if isinstance(value, str) and digits.isascii() and digits.isdigit() and len(digits) < 20:
        value = int(value)
    if type(value) is not int or not -_BOUND <= value < _BOUND:
        raise _refuse("a BigInt is a whole number of 64 bits, as a string or a number")
    return value


def read_decimal(value: object) -> Decimal:
    """Raises GraphQLError for anything but a finite decimal in a string or a whole number."""
    if isinstance(value, (str, int)) and not isinstance(value, bool) and len(str(value)) <= 64:
        try:
            number = Decimal(value)
        except ArithmeticError as error:
            raise _refuse("a Decimal is a number in a string") from error
        if number.is_finite():
            return number
    raise _refuse("a Decimal is a finite number in a string")


SCALARS: Mapping[object, ScalarDefinition] = {
    datetime: strawberry.scalar(
        name="DateTime",
        description="A moment, as an RFC 3339 string in UTC: 2026-01-31T09:30:00Z. What is sent must carry an offset.",
        specified_by_url="https://datatracker.ietf.org/doc/html/rfc3339",
        serialize=write_time,
        parse_value=read_time,
    ),
    date: strawberry.scalar(
        name="Date",
        description="A day of the workspace's time zone: 2026-01-31.",
        serialize=date.isoformat,
        parse_value=read_date,
    ),
    Decimal: strawberry.scalar(
        name="Decimal",
        description='An exact decimal number, as a string: "12.30".',
        serialize=lambda number: format(number, "f"),
        parse_value=read_decimal,
    ),
    BigInt: strawberry.scalar(
        name="BigInt",
        description="A whole number of 64 bits: given as a string, as JSON numbers lose digits past 2^53; taken as either.",
        serialize=str,
        parse_value=read_big,
    ),
    Json: strawberry.scalar(
        name="JSON",
        description="Any JSON value, as it was sent.",
        specified_by_url="https://datatracker.ietf.org/doc/html/rfc8259",
        serialize=lambda value: value,
        parse_value=lambda value: value,
    ),
}


def scalar_map() -> dict[Any, ScalarDefinition]:
    return dict(SCALARS)
