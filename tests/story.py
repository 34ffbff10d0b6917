"""A story told to the ledger: clicks, leads, Stripe's events, in any order; then what the books say, as plain values to compare."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from tortoise import Model, Tortoise
from tortoise.transactions import in_transaction

from ingest import clicks, ids, inbox, settler, statements, workspaces
from ingest.clicks import Seen
from ingest.models.evidence import Statement, StripeEvent
from ingest.models.facts import Claim, Fact, Lookup, PaymentKey, Subject
from ingest.models.ledger import Change, Consideration, Credit, Dispute, Refund, Sale, SaleReference
from ingest.models.people import Customer, Lead, StripeCustomer
from ingest.models.rollups import SETS, RollupDelta
from ingest.models.workspace import Link, Workspace
from ingest.rollups import filling
from tests import stripe_events
from tests.stripe_objects import NOON, Json

PAID_AT = datetime.fromtimestamp(NOON, UTC)
LEDGER = (Customer, StripeCustomer, Lead, Sale, SaleReference, Refund, Dispute, Credit, Consideration)
FORGOTTEN = (*reversed(LEDGER), Change, Lookup, Claim, Fact, PaymentKey, Subject, Statement, StripeEvent, RollupDelta, *SETS)
INTERNAL = {"payment_id", "digest"}
"""Columns of the settler's own books, numbered as facts came in."""


@dataclass(slots=True)
class Story:
    """One workspace and what happened in it."""

    workspace: Workspace
    link: Link

    async def click(self, *, days_before: float = 1, link: Link | None = None, anonymous_id: str | None = None, bot: bool = False) -> str:
        """A click so long before the payment at NOON; its id. `days_before` may be negative."""
        at = PAID_AT - timedelta(days=days_before)
        return await self.click_with(ids.click_id(at.timestamp()), at=at, link=link, anonymous_id=anonymous_id, bot=bot)

    async def click_with(
        self, click_id: str, *, at: datetime, link: Link | None = None, anonymous_id: str | None = None, bot: bool = False
    ) -> str:
        its = link or self.link
        seen = Seen(
            id=click_id, workspace_id=its.workspace_id, link_id=its.id, clicked_at=at, url=its.url, anonymous_id=anonymous_id, bot=bot
        )
        assert await clicks.insert([seen]) == [click_id]
        return click_id

    async def hear(self, *events: Json, account_id: int | None = None) -> None:
        """Store Stripe's events, as the webhook does."""
        account = account_id or (await workspaces.primary_account(self.workspace.id)).id
        for event in events:
            body = stripe_events.raw(event)
            await inbox.store(body, inbox.envelope(event), workspace_id=self.workspace.id, account_id=account)

    async def lead(
        self, external_id: str, click_id: str | None = None, *, at: datetime | None = None, livemode: bool = False, **said: Any
    ) -> str:
        """A tracked lead; the uid of its statement."""
        body = {"externalId": external_id, "clickId": click_id or "", "eventName": "Sign up", **said}
        row = await statements.record_lead(self.workspace.id, livemode, body, at=at or PAID_AT - timedelta(hours=1))
        return row.uid

    async def sale(self, external_id: str, *, at: datetime | None = None, livemode: bool = False, **said: Any) -> str:
        row = await statements.record_sale(self.workspace.id, livemode, {"externalId": external_id, **said}, at=at or PAID_AT)
        return row.uid

    async def forget(self) -> None:
        """Empty everything but the workspaces, their links and their clicks."""
        async with in_transaction() as connection:
            await connection.execute_script("".join(f'DELETE FROM "{table._meta.db_table}";' for table in FORGOTTEN))
            await filling.fill(connection)

    async def settled(self) -> "Books":
        """Settle all that waits and read the books."""
        await settler.settle_everything()
        return await books(self.workspace.id)


async def begin(slug: str = "default") -> Story:
    """A new workspace with one link."""
    workspace = await (workspaces.ensure_default() if slug == "default" else workspaces.ensure(slug))
    link = await Link.create(
        id=ids.derived("link", slug), workspace_id=workspace.id, domain="*", key=f"spring-{slug}", url="https://shop.example/spring"
    )
    return Story(workspace, link)


@dataclass(frozen=True, slots=True)
class Books:
    """The ledger of one workspace as plain values: equal books are equal dicts."""

    tables: Mapping[str, list[dict[str, Any]]]

    @property
    def sales(self) -> list[dict[str, Any]]:
        return sorted(self.tables["Sale"], key=lambda sale: (sale["paid_at"], sale["id"]))

    @property
    def sale(self) -> dict[str, Any]:
        """The only sale."""
        assert len(self.tables["Sale"]) == 1, [sale["id"] for sale in self.tables["Sale"]]
        return self.tables["Sale"][0]

    @property
    def leads(self) -> list[dict[str, Any]]:
        return sorted(self.tables["Lead"], key=lambda lead: (lead["at"], lead["id"]))

    @property
    def refunds(self) -> list[dict[str, Any]]:
        return sorted(self.tables["Refund"], key=lambda refund: (refund["at"], refund["id"]))

    @property
    def customers(self) -> list[dict[str, Any]]:
        return sorted(self.tables["Customer"], key=lambda customer: (customer["first_seen_at"], customer["id"]))

    def reasons(self) -> set[tuple[str, str, str]]:
        """(rule, verdict, reason) of every candidate."""
        return {(row["rule"], row["verdict"], row["reason"]) for row in self.tables["Consideration"]}


async def books(workspace_id: int) -> Books:
    """Everything that the ledger holds of a workspace, both modes, in a fixed order; without the numbers that only the settler reads."""
    tables = {}
    for table in LEDGER:
        found = await table.filter(workspace_id=workspace_id).values(*_columns(table))
        tables[table.__name__] = sorted((dict(row) for row in found), key=repr)
    return Books(tables)


async def rows(workspace_id: int) -> list[list[str]]:
    """The same as the database has it, at a quarter of the cost: equal where the books are, for one database alone."""
    found = []
    for table in LEDGER:
        columns = ", ".join(f'"{name}"' for name in _columns(table))
        asked = f'SELECT {columns} FROM "{table._meta.db_table}" WHERE workspace_id = {workspace_id}'
        found.append(sorted(repr(dict(row)) for row in await Sale._meta.db.execute_query_dict(asked)))
    return found


def _columns(table: type[Model]) -> list[str]:
    return [name for name in table._meta.db_fields if name not in INTERNAL and not (table is SaleReference and name == "id")]


async def everything() -> str:
    """Every value of every row that the database holds."""
    text = []
    for model in Tortoise.apps["models"].values():
        text += [repr(row) for row in await model.all().values()]
    return "\n".join(text)


async def failures() -> list[tuple[str, str | None]]:
    """Events that could not be settled."""
    return [(event.event_id, event.error) for event in await StripeEvent.filter(error__isnull=False)]


async def announced(workspace_id: int) -> set[str]:
    """The sales that a reader of the change stream ends up with."""
    present: set[str] = set()
    for change in await Change.filter(workspace_id=workspace_id).order_by("livemode", "seq"):
        data: Mapping[str, Any] = change.data
        present -= set(swallowed(data))
        present = present - {change.sale_id} if change.kind == "sale_gone" else present | {change.sale_id}
    return present


def swallowed(data: Mapping[str, Any]) -> Iterable[str]:
    found: list[str] = data.get("swallowed", [])
    return found
