"""What a site is answered when it reports a lead or a sale: the shapes of the wire.

They come from evidence alone, so that the same report has the same answer, however far the ledger is.
"""

from collections.abc import Mapping
from typing import Any

from ingest.models.evidence import Click, Statement, StatementKind
from ingest.text import unescape


async def lead(row: Statement) -> dict[str, Any]:
    """`click` is null where none was named, or where no click of this workspace has that id yet."""
    click_id = row.body.get("clickId")
    known = click_id is not None and await Click.exists(workspace_id=row.workspace_id, id=click_id)
    return {"click": {"id": click_id} if known else None, "customer": _customer(row, row.body)}


async def sale(row: Statement) -> dict[str, Any]:
    """The customer is as the last lead before this sale told of them."""
    leads = Statement.filter(workspace_id=row.workspace_id, livemode=row.livemode, external_id=row.external_id, kind=StatementKind.LEAD)
    last = await leads.filter(id__lt=row.id).order_by("-id").first()
    body = row.body
    return {
        "eventName": _shown(body["eventName"]),
        "customer": _customer(row, last.body if last else {}),
        "sale": {
            "amount": body["amount"],
            "currency": str(body["currency"]).lower(),
            "paymentProcessor": _shown(body["paymentProcessor"]),
            "invoiceId": _shown(body.get("invoiceId")),
            "metadata": _shown(body.get("metadata")),
        },
    }


def _customer(row: Statement, body: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": _shown(body.get("customerName")),
        "email": _shown(body.get("customerEmail")),
        "avatar": _shown(body.get("customerAvatar")),
        "externalId": _shown(row.external_id),
    }


def _shown(value: Any) -> Any:
    """As it was said, before it was made storable."""
    if isinstance(value, str):
        return unescape(value)
    if isinstance(value, dict):
        return {unescape(name): _shown(item) for name, item in value.items()}
    return [_shown(item) for item in value] if isinstance(value, list) else value
