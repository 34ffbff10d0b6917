"""Tenants: a ledger with a row of every kind, whose every text can be found in an answer; and what of it an answer shows."""

import json
from dataclasses import dataclass
from typing import Any

from tortoise import Tortoise

from tests.ledger import Ledger

SECRET, HIDDEN = "secret-of-the-first", "hidden-of-the-first"
"""What the first's rows are named by, which others may guess, and what stands in them beside."""


@dataclass
class Held:
    """A ledger, the global ids of its rows of every kind, and names that they answer to."""

    ledger: Ledger
    ids: list[str]
    names: list[str]

    @property
    def everything(self) -> list[str]:
        return [*self.ids, *self.names, SECRET, HIDDEN]


async def filled(ledger: Ledger, mark: str, hidden: str = "") -> Held:
    """A row of every kind, each text of it `mark`, or `hidden` where nobody can look for it; names end in it."""
    link = await ledger.link(key=mark, url=f"https://{mark}.test", utm_source=mark, utm_campaign=mark)
    click = await ledger.click(link, anonymous_id=mark, referer=mark, utm_source=mark, utm_campaign=mark, browser=mark, os=mark)
    customer = await ledger.customer(external_id=mark, email=f"{mark}@test", name=hidden)
    stripe = await ledger.stripe_customer(customer, f"cus_{mark}")
    lead = await ledger.lead(customer, click, event_name=mark, metadata={"a": hidden})
    sale = await ledger.sale(customer, click, event_name=mark, metadata={"a": hidden}, invoice_id=f"in_{mark}")
    await ledger.reference(sale, f"in_{mark}")
    await ledger.credit(sale, click)
    await ledger.consideration(sale, click, source=mark, field=mark)
    refund, dispute = await ledger.refund(sale, stripe_id=f"re_{mark}", reason=hidden), await ledger.dispute(sale, reason=hidden)
    event, key = await ledger.event(sale, event_id=f"evt_{mark}", reason=mark, error=hidden), await ledger.key(name=hidden)
    rows = [lead.id, sale.id, customer.id, refund.id, dispute.id, key.id, f"inbox_{event.id}"]
    shared = [link.id, f"click_{click.id}", f"ws_{ledger.workspace.id}"]
    return Held(ledger, [*rows, *shared], [mark, f"{mark}@test", stripe.stripe_id, f"in_{mark}", f"evt_{mark}", click.id])


def leaked(first: Held, other: Held, found: Any, said: str = "") -> list[str]:
    """What of the first is in an answer, but for what was said. The texts of links and clicks are both modes' own."""
    text = json.dumps(found)
    shared = first.ledger.workspace.id == other.ledger.workspace.id
    return [each for each in ([*first.ids, *first.names, HIDDEN] if shared else first.everything) if each in text and each not in said]


async def dump(held: Held, *, shared: bool = True) -> list[Any]:
    """Every row of the ledger's workspace; `shared` takes those, too, that belong to both modes."""
    found: list[Any] = []
    for model in Tortoise.apps["models"].values():
        columns = set(model._meta.fields_db_projection.values())
        if "workspace_id" in columns and (shared or "livemode" in columns):
            rows = await model.filter(workspace_id=held.ledger.workspace.id).order_by("id").values()
            found.append((model.__name__, [row for row in rows if row.get("livemode", held.ledger.livemode) == held.ledger.livemode]))
    return found
