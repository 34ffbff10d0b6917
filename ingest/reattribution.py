"""Weighing a sale again: its payment is folded anew from the same facts, under the rules in force when it was paid."""

from ingest.errors import NotFound
from ingest.models.facts import Subject
from ingest.models.ledger import Sale
from ingest.text import escape


async def ask(workspace_id: int, livemode: bool, sale_id: str) -> None:
    """Have the settler fold the payment of this sale once more.

    Raises:
        NotFound: no such sale in this workspace and mode.
    """
    sale = await Sale.get_or_none(workspace_id=workspace_id, livemode=livemode, id=escape(sale_id))
    if sale is None:
        raise NotFound("sale", sale_id)
    await Subject.filter(id=sale.payment_id, workspace_id=workspace_id).update(dirty=True, next_try_at=None)
