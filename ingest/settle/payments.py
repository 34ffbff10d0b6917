"""Payments: load their facts, fold them, decide the credit, convert, and hand the rows to the ledger."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal

from ingest import fx, money, sql, stored_facts
from ingest.fold import payment as folding
from ingest.fold.payment import Payment
from ingest.fold.seen import Seen
from ingest.models.facts import Fact, PaymentKey, Subject
from ingest.models.workspace import Workspace
from ingest.quotes import Quote
from ingest.settle import crediting, customers, ledger, lookups
from ingest.settle.crediting import Attributed
from ingest.settle.evidence import fault, wait
from ingest.settle.scope import Scope
from ingest.settle.settled import Settled

_DONE = {"dirty": False, "error": None, "attempts": 0, "next_try_at": None}


async def settle(scope: Scope, payment_ids: Sequence[str], present: Collection[str]) -> set[str]:
    """Fold these payments and write what changed. Returns the customer keys that turn out to name nobody.

    `present` are the keys of customers that have just been settled and need not be again.

    A payment that cannot be folded keeps its rows, and its error stands on its subject; the others go on.
    """
    if not payment_ids:
        return set()
    folded, failed = await _fold(payment_ids)
    attributed = await crediting.attribute(scope, folded)
    (workspace,) = await sql.read(Workspace, id=scope.workspace_id)
    settled = [await _settled(name, account, payment, attributed[name], workspace) for name, (account, payment) in folded.items()]
    needed = {each.attributed.customer for each in settled if not each.attributed.customer.startswith("guest:")}
    nobody = await customers.settle(scope, needed - set(present))
    await ledger.write(scope, settled)
    await lookups.replace(scope, {each.id: _looked_up(each, workspace.fx_source) for each in settled})
    await _note(failed)
    return nobody


async def _fold(payment_ids: Sequence[str]) -> tuple[dict[str, tuple[int, Payment]], dict[str, Exception]]:
    seen, accounts, keys = await _load(payment_ids)
    folded: dict[str, tuple[int, Payment]] = {}
    failed: dict[str, Exception] = {}
    for name in payment_ids:
        try:
            folded[name] = accounts[name], folding.fold(seen.get(name, ()), keys.get(name, ()))
        except Exception as error:  # one payment's fault is kept on it and stops no other
            failed[name] = error
    return folded, failed


async def _load(payment_ids: Sequence[str]) -> tuple[dict[str, list[Seen]], dict[str, int], dict[str, list[str]]]:
    """The facts, the account and the keys of each payment."""
    seen: dict[str, list[Seen]] = {}
    accounts: dict[str, int] = {}
    keys: dict[str, list[str]] = {}
    for row in await sql.read(Fact, payment_id=list(payment_ids)):
        seen.setdefault(row.payment_id, []).append(Seen(stored_facts.load(row.kind, row.data), row.source, row.at))
    for key in await sql.read(PaymentKey, payment_id=list(payment_ids)):
        keys.setdefault(key.payment_id, []).append(key.key)
        accounts[key.payment_id] = key.account_id
    return seen, accounts, keys


async def _settled(name: str, account: int, payment: Payment, attributed: Attributed, workspace: Workspace) -> Settled:
    quote = None
    if payment.paid:
        quote = await quote_for(workspace, payment)
    return Settled(id=name, account=account, payment=payment, attributed=attributed, quote=quote, currency=workspace.currency)


async def quote_for(workspace: Workspace, payment: Payment) -> Quote | None:
    """The rate of the moment of payment, or None while none is known."""
    if payment.paid is None:
        return None
    if payment.paid.currency == workspace.currency:
        return Quote(rate=Decimal(1), source="", published_at=payment.paid.paid_at)
    if money.exponent(payment.paid.currency) is None:  # somebody may quote it, and still nobody knows what its minor unit is
        return None
    return await fx.quote(workspace.fx_source, payment.paid.currency, workspace.currency, payment.paid.paid_at)


def _looked_up(each: Settled, fx_source: str) -> dict[str, bool]:
    keys = dict(each.attributed.looked_up)
    if each.payment.paid and each.quote is None:
        keys[f"rate:{fx_source}:{each.payment.paid.currency}"] = True
    return keys


async def _note(failed: Mapping[str, Exception]) -> None:
    for name, error in failed.items():
        await put_off(name, error)


async def put_off(subject_id: str, error: Exception) -> None:
    """Keep a subject's error and let it wait before it is tried again."""
    subject = await Subject.get(id=subject_id)
    attempts = subject.attempts + 1
    await Subject.filter(id=subject_id).update(
        error=fault(error), attempts=attempts, next_try_at=datetime.now(UTC) + wait(attempts), dirty=True
    )


async def done(subject_ids: Iterable[str]) -> None:
    """These subjects are folded and what they read is in the ledger."""
    await sql.update(Subject, _DONE, id=list(subject_ids))
