"""What a filter asks of a column, as data, and as a condition of a statement. Equal on both databases."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pypika_tortoise.enums import Dialects
from pypika_tortoise.queries import Table
from pypika_tortoise.terms import Criterion, Function, LiteralValue

from ingest.text import escape


class Operator(StrEnum):
    """How a value is held against a column."""

    EQ = "eq"
    IN = "in"
    GTE = "gte"
    LT = "lt"
    CONTAINS = "contains"
    """Text within text, letters as they are: LIKE ignores case on one database and not on the other."""
    IS_NULL = "is_null"


@dataclass(frozen=True, slots=True)
class Condition:
    """One column held against one value; a tuple of values for IN."""

    column: str
    operator: Operator
    value: Any


NOTHING = LiteralValue("1") == LiteralValue("0")


def storable(value: Any) -> Any:
    """Text as the database holds it: neither can be asked for a NUL or a lone surrogate."""
    return escape(value) if isinstance(value, str) else value


def criterion(condition: Condition, table: Table, dialect: Dialects) -> Criterion:
    """The condition in SQL, its values as parameters."""
    column, value = table[condition.column], condition.value
    match condition.operator:
        case Operator.EQ:
            found: Criterion = column == storable(value)
        case Operator.IN:
            found = column.isin([storable(each) for each in value]) if value else NOTHING
        case Operator.GTE:
            found = column >= storable(value)
        case Operator.LT:
            found = column < storable(value)
        case Operator.CONTAINS:
            name = "instr" if dialect is Dialects.SQLITE else "strpos"
            found = Function(name, column, storable(value)) > LiteralValue("0")
        case Operator.IS_NULL:
            found = column.isnull() if value else column.notnull()
    return found


def criteria(conditions: Iterable[Condition], table: Table, dialect: Dialects) -> list[Criterion]:
    return [criterion(condition, table, dialect) for condition in conditions]
