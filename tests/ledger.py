"""A builder that makes any row with sensible defaults, straight in the tables: a test states only what matters to it."""

import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from ingest import ids
from ingest.models.evidence import Click, EventState, Statement, StatementKind, StripeEvent
from ingest.models.facts import Fact, Subject, SubjectKind
from ingest.models.ledger import (
    Consideration,
    Credit,
    Dispute,
    DisputeStatus,
    Refund,
    RefundStatus,
    Sale,
    SaleKind,
    SaleReference,
    SaleStatus,
)
from ingest.models.people import Customer, Lead, StripeCustomer
from ingest.models.rollups import RollupDelta
from ingest.models.workspace import Account, ApiKey, Link, Workspace
from ingest.rollups import deltas

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
_numbers = itertools.count(1)


def _at(minutes: int) -> datetime:
    return EPOCH + timedelta(minutes=minutes)


_FIGURES = ("gross", "tax", "shipping", "discount", "refunded", "disputed", "net")


@dataclass
class Ledger:
    """Rows of one workspace in one mode."""

    CONVERTED: ClassVar = tuple(f"converted_{name}_minor" for name in _FIGURES)

    workspace: Workspace
    account: Account
    livemode: bool = True
    _minutes: int = field(default=0)

    @classmethod
    async def of(cls, slug: str = "default", *, livemode: bool = True) -> "Ledger":
        """A builder for the workspace of this slug, made if it is not there."""
        workspace, _ = await Workspace.get_or_create({"name": slug.title()}, slug=slug)
        account, _ = await Account.get_or_create(workspace_id=workspace.id, is_primary=True)
        return cls(workspace, account, livemode)

    def _later(self) -> datetime:
        self._minutes += 1
        return _at(self._minutes)

    def _owned(self) -> dict[str, Any]:
        return {"workspace_id": self.workspace.id, "livemode": self.livemode}

    def _new(self, key: str) -> dict[str, Any]:
        return {"id": key, "workspace_id": self.workspace.id}

    async def link(self, **values: Any) -> Link:
        number = next(_numbers)
        row = {"domain": "go.example.com", "key": f"key{number}", "url": f"https://shop.example.com/{number}"} | values
        return await Link.create(**(self._new(ids.made("link")) | row))

    async def click(self, link: Link | None = None, **values: Any) -> Click:
        link = link or await self.link()
        row = {"clicked_at": self._later(), "url": link.url, "country": "FR", "device": "desktop", "referer": "news.example.com"} | values
        return await Click.create(**(self._new(ids.click_id()) | {"link_id": link.id} | row))

    async def counted(self, click: Click) -> Click:
        """The click, with what the product writes beside it: for a ledger that is settled and proved."""
        rows = [dict(zip(deltas.COLUMNS, row, strict=True)) for row in deltas.of_clicks([click])]
        await RollupDelta.bulk_create([RollupDelta(**row) for row in rows])
        return click

    async def customer(self, **values: Any) -> Customer:
        number = next(_numbers)
        email = values.get("email", f"buyer{number}@example.com")
        row = {
            "external_id": f"user_{number}",
            "email": email,
            "email_key": email.lower() if email else None,
            "name": f"Buyer {number}",
            "first_seen_at": self._later(),
        } | values
        return await Customer.create(**({"id": ids.made("cust")} | self._owned() | row))

    async def stripe_customer(self, customer: Customer, stripe_id: str) -> StripeCustomer:
        return await StripeCustomer.create(
            id=ids.made("scus"), **self._owned(), account_id=self.account.id, stripe_id=stripe_id, customer_id=customer.id
        )

    async def lead(self, customer: Customer | None = None, click: Click | None = None, **values: Any) -> Lead:
        customer = customer or await self.customer()
        row = {"event_name": "Sign up", "source": "site", "at": self._later(), **_credited(click)} | values
        return await Lead.create(**({"id": ids.made("lead"), "customer_id": customer.id} | self._owned() | row))

    async def payment(self) -> Subject:
        return await Subject.create(id=ids.made("pay"), **self._owned(), kind=SubjectKind.PAYMENT, dirty=False)

    async def sale(self, customer: Customer | None = None, click: Click | None = None, **values: Any) -> Sale:
        """A sale of 10.00 USD, credited to `click` if there is one."""
        customer = customer or await self.customer()
        row = _sale(values.pop("gross_minor", 1_000)) | _credited(click) | {"paid_at": self._later()} | values
        owned = {"account_id": self.account.id, "payment_id": (await self.payment()).id, "customer_id": customer.id}
        sale = await Sale.create(**({"id": ids.made("sale")} | self._owned() | owned | row))
        await self.reference(sale, sale.id)
        return sale

    async def reference(self, sale: Sale, name: str) -> SaleReference:
        """Another name of a sale: one of Stripe's, or an id that it had before."""
        return await SaleReference.create(**self._owned(), name=name, sale_id=sale.id)

    async def refund(self, sale: Sale, amount_minor: int = 100, **values: Any) -> Refund:
        row = {"stripe_id": f"re_{next(_numbers)}", "status": RefundStatus.SUCCEEDED, "counted_minor": amount_minor, "at": self._later()}
        return await Refund.create(**({"id": ids.made("rfnd")} | self._owned() | _of(sale, amount_minor) | row | values))

    async def dispute(self, sale: Sale, amount_minor: int = 100, **values: Any) -> Dispute:
        row = {"stripe_id": f"du_{next(_numbers)}", "status": DisputeStatus.OPEN, "counted_minor": amount_minor, "at": self._later()}
        return await Dispute.create(**({"id": ids.made("disp")} | self._owned() | _of(sale, amount_minor) | row | values))

    async def credit(self, sale: Sale, click: Click, **values: Any) -> Credit:
        row = {"position": 0, "weight": "1", "click_id": click.id, "link_id": click.link_id} | values
        money = {name: value for name, value in _of(sale, sale.net_minor).items() if name != "payment_id"}
        return await Credit.create(**({"id": ids.made("cred")} | self._owned() | money | row))

    async def consideration(self, sale: Sale, click: Click | None = None, **values: Any) -> Consideration:
        stated = click.id if click else "0123456789abcdef"
        row = {
            "position": next(_numbers),
            "rule": "payment",
            "verdict": "credited" if click else "refused",
            "reason": "credited" if click else "click_unknown",
            "stated": stated,
            "click_id": click.id if click else None,
            "source": "evt_1",
            "field": "data.object.metadata.pimmsClickId",
            "stated_at": sale.paid_at,
        } | values
        return await Consideration.create(**({"id": ids.made("cons"), "sale_id": sale.id} | self._owned() | row))

    async def event(self, sale: Sale | None = None, **values: Any) -> StripeEvent:
        """A settled event; evidence of `sale` where one is given."""
        at = self._later()
        row: dict[str, Any] = {
            "event_id": f"evt_{next(_numbers)}",
            "api_version": "2026-10-28.endive",
            "type": "invoice.paid",
            "created_at": at,
            "received_at": at,
            "settled_at": at + timedelta(seconds=1),
            "source": "webhook",
            "body": b"{}",
            "state": EventState.SETTLED,
        } | values
        event = await StripeEvent.create(account_id=self.account.id, **self._owned(), **row)
        if sale is not None:
            await self.fact(sale.payment_id, event)
        return event

    async def fact(self, payment_id: str, event: StripeEvent) -> None:
        """What an event says of a payment."""
        row: dict[str, Any] = {
            "kind": "invoice",
            "object_id": "in_1",
            "position": 0,
            "data": {},
            "parser_version": 1,
            "source": event.event_id,
        }
        owned = {"account_id": self.account.id, "payment_id": payment_id, "event_id": event.id, "at": event.created_at}
        await Fact.create(**self._owned(), **owned, **row)

    async def statement(self, **values: Any) -> Statement:
        row: dict[str, Any] = {
            "uid": ids.made("stm"),
            "kind": StatementKind.LEAD,
            "body": {},
            "said_at": self._later(),
            "settled": True,
        } | values
        return await Statement.create(**self._owned(), **row)

    async def key(self, **values: Any) -> ApiKey:
        number = next(_numbers)
        row: dict[str, Any] = {"digest": f"{number:064}", "hint": "clk_…", "name": f"key {number}", "scopes": ["read"]} | values
        return await ApiKey.create(**({"id": ids.made("key")} | self._owned() | row))


def _credited(click: Click | None) -> dict[str, Any]:
    return {"click_id": click.id, "link_id": click.link_id} if click else {}


def _of(sale: Sale, amount_minor: int) -> dict[str, Any]:
    return {
        "sale_id": sale.id,
        "payment_id": sale.payment_id,
        "currency": sale.currency,
        "amount_minor": amount_minor,
        "converted_currency": sale.converted_currency,
        "converted_minor": amount_minor,
    }


def _sale(gross_minor: int) -> dict[str, Any]:
    minor = {name: gross_minor if name in {"gross", "net"} else 0 for name in _FIGURES}
    return {
        "kind": SaleKind.PURCHASE,
        "status": SaleStatus.PAID,
        "currency": "USD",
        "converted_currency": "USD",
        "reason": "no_click_id",
        "ruleset": "0" * 16,
        "digest": "0" * 24,
        **{f"{name}_minor": value for name, value in minor.items()},
        **{f"converted_{name}_minor": value for name, value in minor.items()},
    }
