"""Compares two ledgers row by row and column by column, a page at a time."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.models import Model

from ingest.models.ledger import Consideration, Credit, Dispute, Refund, Sale, SaleReference
from ingest.models.people import Customer, Lead, StripeCustomer
from ingest.verify import announcing, counting, reading
from ingest.verify.reading import Row

INTERNAL = frozenset({"payment_id", "digest"})
"""Columns of the settler's own books: payments are numbered as facts come in, and a digest is of the columns beside it."""
_PAGE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One value that is not the same; `column` is `row` where a whole row is on one side alone."""

    table: str
    id: str
    column: str
    here: Any
    rebuilt: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """A table, read for each page of `pages` by the column `by`; `key` names a row on both sides."""

    table: type[Model]
    pages: type[Model]
    by: str = "id"
    key: tuple[str, ...] = ("id",)

    @property
    def columns(self) -> list[str]:
        numbered = {"id"} - set(self.key)
        return sorted(self.table._meta.db_fields - INTERNAL - numbered)


TABLES = (
    *(Compared(table=table, pages=table) for table in (Customer, StripeCustomer, Lead, Sale, Refund, Dispute, Credit, Consideration)),
    Compared(table=SaleReference, pages=Sale, by="sale_id", key=("sale_id", "name")),
)


async def differences(here: BaseDBAsyncClient, rebuilt: BaseDBAsyncClient) -> AsyncIterator[Difference]:
    """Everything in which these ledgers and their rollups differ, and every sale that a change stream does not end with."""
    for compared in TABLES:
        async for found in _in_table(compared, here, rebuilt):
            yield found
    async for table, bucket, measure, mine, other in counting.wrong(here, rebuilt):
        yield Difference(table=table, id=bucket, column=measure, here=mine, rebuilt=other)
    for name, side in (("here", here), ("rebuilt", rebuilt)):
        async for sale, announced in announcing.unannounced(side):
            yield Difference(table=f"change ({name})", id=sale, column="announced", here=not announced, rebuilt=announced)


async def _in_table(compared: Compared, here: BaseDBAsyncClient, rebuilt: BaseDBAsyncClient) -> AsyncIterator[Difference]:
    async for page in reading.pages(here, compared.pages, ["id"], size=_PAGE):
        wanted = [row["id"] for row in page]
        mine = await reading.among(here, compared.table, compared.columns, compared.by, wanted)
        other = await reading.among(rebuilt, compared.table, compared.columns, compared.by, wanted)
        for found in _in_rows(compared, mine, other):
            yield found
    if compared.pages is not compared.table:
        return  # what only the other side has is told of the table whose pages were read
    async for page in reading.pages(rebuilt, compared.table, ["id"], size=_PAGE):
        held = {row["id"] for row in await reading.among(here, compared.table, ["id"], "id", [row["id"] for row in page])}
        for row in page:
            if row["id"] not in held:
                yield _only(compared, (row["id"],), here=False)


def _in_rows(compared: Compared, mine: Sequence[Row], other: Sequence[Row]) -> list[Difference]:
    left, right = _by_key(compared, mine), _by_key(compared, other)
    found = [_only(compared, key, here=key in left) for key in sorted(left.keys() ^ right.keys())]
    for key in sorted(left.keys() & right.keys()):
        found += [
            Difference(table=compared.table.__name__, id=" ".join(key), column=name, here=left[key][name], rebuilt=right[key][name])
            for name in compared.columns
            if left[key][name] != right[key][name]
        ]
    return found


def _by_key(compared: Compared, rows: Sequence[Row]) -> dict[tuple[str, ...], Row]:
    return {tuple(row[name] for name in compared.key): row for row in rows}


def _only(compared: Compared, key: Sequence[str], *, here: bool) -> Difference:
    return Difference(table=compared.table.__name__, id=" ".join(key), column="row", here=here, rebuilt=not here)
