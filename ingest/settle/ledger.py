"""Writes the ledger: the rows of each payment that changed are replaced, whole, and the change is numbered and announced."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from tortoise.models import Model

from ingest import sql
from ingest.fold.leads import Step
from ingest.models.ledger import Change, Consideration, Credit, Dispute, Refund, Sale, SaleReference
from ingest.models.people import Customer
from ingest.rollups import deltas
from ingest.settle import customers
from ingest.settle.rows import Rows, rows
from ingest.settle.scope import Scope
from ingest.settle.settled import Settled
from ingest.told import NEW, SWALLOWED

_GUEST = ["email", "email_key", "name", "country", "first_seen_at", "payment_id"]
_HELD = ("payment_id", "digest", *deltas.OF_SALES)
"""Columns of the sales that a payment has: by which they differ, and by which they were counted."""


async def write(scope: Scope, settled: Sequence[Settled]) -> None:
    """Make the ledger say what these payments say. A payment whose digest is unchanged is not touched."""
    held = await _held(settled)
    made = {each.id: rows(scope, each, customers.customer_id(scope, each.attributed.customer)) for each in settled}
    await _write_guests(scope, settled)
    changed = [each for each in settled if _differs(made[each.id], held.get(each.id, []))]
    await _replace(
        scope,
        [each.id for each in changed],
        [sale.id for each in changed for sale in held.get(each.id, [])],
        [made[each.id] for each in changed],
    )
    await deltas.append(
        scope,
        [deltas.of_sale(sale) for each in changed for sale in held.get(each.id, [])],
        [deltas.of_sale(sale) for each in changed if (sale := made[each.id].sale)],
    )
    await _drop_former_guests(scope, settled)
    await _announce(scope, [(held.get(each.id, []), made[each.id].sale) for each in changed])


async def _held(settled: Sequence[Settled]) -> dict[str, list[Sale]]:
    """The sales that each payment has now: several, where payments have just become one."""
    held: dict[str, list[Sale]] = {}
    for sale in await sql.read(Sale, _HELD, payment_id=[each.id for each in settled]):
        held.setdefault(sale.payment_id, []).append(sale)
    return held


def _differs(made: Rows, held: Sequence[Sale]) -> bool:
    """Without a sale there may still be refunds that wait; those few rows are always written again."""
    return made.sale is None or [sale.digest for sale in held] != [made.digest]


async def _write_guests(scope: Scope, settled: Sequence[Settled]) -> None:
    """A guest is a customer of one payment: one who paid, or who finished a Checkout that cost nothing."""
    guests = [each for each in settled if each.attributed.customer.startswith("guest:")]
    seen = {each.id: moment for each in guests if (moment := each.payment.paid.paid_at if each.payment.paid else each.payment.completed_at)}
    present = [each for each in guests if each.id in seen]
    made = [customers.guest(scope, each.attributed.customer, each.id, each.payment.contact, seen[each.id]) for each in present]
    await sql.insert(made, unique=["id"], update=_GUEST)
    steps: dict[str, tuple[str, tuple[Step, ...]]] = {}
    for each in present:
        if each.payment.completed_at:
            clicks = [stated.said.click_id or "" for stated in each.payment.clicks]
            key = each.attributed.customer
            steps[key] = customers.customer_id(scope, key), (customers.guest_lead(each.payment.completed_at, clicks),)
    await customers.write_leads(scope, steps)


async def _drop_former_guests(scope: Scope, settled: Sequence[Settled]) -> None:
    """The guest of a payment that has since shown a customer, or another first id, is nobody."""
    now = {customers.customer_id(scope, each.attributed.customer) for each in settled}
    rows_held = await sql.read(Customer, ("id",), payment_id=[each.id for each in settled])
    gone = [row.id for row in rows_held if row.id not in now]
    await customers.drop_leads(scope, gone)
    await sql.delete(Customer, id=gone)


async def _replace(scope: Scope, payment_ids: Sequence[str], old_sales: Sequence[str], made: Sequence[Rows]) -> None:
    for child in (Credit, Consideration, SaleReference):
        await sql.delete(child, sale_id=list(old_sales), **scope.filter)
    for returned in (Refund, Dispute):
        await sql.delete(returned, payment_id=list(payment_ids))
    await sql.delete(Sale, id=list(old_sales))
    await sql.insert([each.sale for each in made if each.sale is not None])
    await _create([child for each in made for child in each.children])


async def _create(children: Iterable[Model]) -> None:
    by_table: dict[type[Model], list[Model]] = {}
    for child in children:
        by_table.setdefault(type(child), []).append(child)
    for found in by_table.values():
        await sql.insert(found)


async def _announce(scope: Scope, changes: Iterable[tuple[Sequence[Sale], Sale | None]]) -> None:
    """Append what changed, numbered without a gap: the lease makes this settler the only one that numbers."""
    told = [change for before, after in changes if (change := _change(before, after)) is not None]
    if not told:
        return
    last = await sql.greatest(Change, "seq", **scope.filter)
    start, now = (last or 0) + 1, datetime.now(UTC)
    await sql.insert(
        [Change(seq=seq, kind=kind, sale_id=sale, data=data, at=now, **scope.filter) for seq, (kind, sale, data) in enumerate(told, start)]
    )


def _change(before: Sequence[Sale], after: Sale | None) -> tuple[str, str, dict[str, object]] | None:
    """What happened to a payment's sale; a merge names every id that now resolves to the survivor, and says whether that one is new."""
    old = sorted(sale.id for sale in before)
    if after is None:
        return ("sale_gone", old[0], {SWALLOWED: old[1:]}) if old else None
    swallowed = [sale for sale in old if sale != after.id]
    if swallowed:
        return "sale_merged", after.id, {SWALLOWED: swallowed, **({} if after.id in old else {NEW: True})}
    return "sale_changed" if old else "sale_made", after.id, {}
