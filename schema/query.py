"""The questions: what can be asked, and where to begin."""

import asyncio
from typing import Any, Literal

import strawberry

from resolvers import loading, lookups
from resolvers.context import Context
from resolvers.entities import (
    CLICK,
    CUSTOMER,
    DISPUTE,
    LEAD,
    LINK,
    REFUND,
    SALE,
    STRIPE_EVENT,
    WORKSPACE,
    Entity,
    Row,
)
from resolvers.errors import BadInput
from resolvers.filters import Condition, Operator
from resolvers.reads import ASK, Ask, Asked, Named
from schema import conditions as on
from schema import orders as by
from schema.clicks import Click
from schema.customers import Customer
from schema.diagnoses import Diagnosis, diagnose
from schema.links import Link
from schema.nodes import Node
from schema.reading import field, many
from schema.references import (
    ClickConnection,
    CustomerConnection,
    DisputeConnection,
    LeadConnection,
    LinkConnection,
    RefundConnection,
    SaleConnection,
    StripeEventConnection,
)
from schema.reports import Report, ReportInput, reported
from schema.sales import Sale
from schema.workspaces import Workspace

MOST_IDS = 100


async def _node(context: Context, _row: None, id: str) -> Row | None:  # noqa: A002  # as the argument is called
    return await loading.node(context, id)


async def _nodes(context: Context, _row: None, ids: list[str]) -> list[Row | None]:
    if len(ids) > MOST_IDS:
        raise BadInput("ids", f"at most {MOST_IDS} at a time")
    return await asyncio.gather(*(loading.node(context, each) for each in ids))


def _node_named(context: Context, id: str) -> Named | None:  # noqa: A002  # as the argument is called
    return loading.named(context, id)


def _nodes_named(context: Context, ids: list[str]) -> list[Named | None]:
    if len(ids) > MOST_IDS:
        raise BadInput("ids", f"at most {MOST_IDS} at a time")
    return [loading.named(context, each) for each in ids]


async def _workspace(context: Context, _row: None) -> Row | None:
    return await loading.one(context, WORKSPACE, context.access.workspace_id)


def _workspace_named(context: Context) -> Named:
    return Named(WORKSPACE, context.access.workspace_id)


async def _named(context: Context, entity: Entity, global_id: str) -> Row | None:
    key = entity.key(global_id)
    return None if key is None else await loading.one(context, entity, key)


def _only(arguments: dict[str, Any]) -> tuple[str, str]:
    """The one argument that is given.

    Raises:
        BadInput: none is, or more than one.
    """
    given = [(name, value) for name, value in arguments.items() if value is not None]
    if len(given) != 1:
        raise BadInput(", ".join(arguments), "give exactly one of them")
    return given[0]


def _by_id(entity: Entity, arguments: dict[str, Any]) -> Named | Literal[Ask.ASK] | None:
    """The row that an id alone names; where it is not by the id, or not by it alone, the function is asked."""
    if any((value is None) is (name == "id") for name, value in arguments.items()) or "id" not in arguments:
        return ASK
    key = entity.key(arguments["id"])
    return None if key is None else Named(entity, key)


def _link_named(_context: Context, **arguments: Any) -> Named | Literal[Ask.ASK] | None:
    return _by_id(LINK, arguments)


def _click_named(_context: Context, click_id: str) -> Named:
    return Named(CLICK, click_id)


def _customer_named(_context: Context, **arguments: Any) -> Named | Literal[Ask.ASK] | None:
    return _by_id(CUSTOMER, arguments)


def _sale_named(_context: Context, **arguments: Any) -> Named | Literal[Ask.ASK] | None:
    return _by_id(SALE, arguments)


async def _link(
    context: Context,
    _row: None,
    id: str | None = None,  # noqa: A002  # as the argument is called
    domain: str | None = None,
    key: str | None = None,
) -> Row | None:
    name, value = _only({"id": id, "key": key})
    if name == "key":
        return await lookups.link(context, value, domain)
    if domain is not None:
        raise BadInput("domain", "goes with key, not with id")
    return await _named(context, LINK, value)


async def _click(context: Context, _row: None, click_id: str) -> Row | None:
    return await loading.one(context, CLICK, click_id)


async def _customer(
    context: Context,
    _row: None,
    id: str | None = None,  # noqa: A002  # as the argument is called
    external_id: str | None = None,
    stripe_customer_id: str | None = None,
    email: str | None = None,
) -> Row | None:
    name, value = _only({"id": id, "externalId": external_id, "stripeCustomerId": stripe_customer_id, "email": email})
    if name == "externalId":
        return await lookups.customer_by_external_id(context, value)
    if name == "stripeCustomerId":
        return await lookups.customer_by_stripe_id(context, value)
    if name == "email":
        return await lookups.customer_by_email(context, value)
    return await _named(context, CUSTOMER, value)


async def _sale(
    context: Context,
    _row: None,
    id: str | None = None,  # noqa: A002  # as the argument is called
    stripe_id: str | None = None,
) -> Row | None:
    name, value = _only({"id": id, "stripeId": stripe_id})
    return await lookups.sale(context, value) if name == "stripeId" else await _named(context, SALE, value)


@strawberry.type(description="Everything that can be asked. A key sees its own workspace, live or test, and nothing else.")
class Query:
    node: Node | None = field(
        Asked(_node, named=_node_named),
        "Anything by its global id; null for an id that names nothing here.",
        {"id": (strawberry.ID, "The id.")},
    )
    nodes: list[Node | None] = field(
        Asked(_nodes, named=_nodes_named),
        "Several by their global ids, in their order; null for each that names nothing.",
        {"ids": (list[strawberry.ID], "The ids: at most 100.")},
    )
    workspace: Workspace = field(Asked(_workspace, named=_workspace_named), "The workspace of the key that asks.")
    link: Link | None = field(
        Asked(_link, named=_link_named),
        "A link by its id, or by its address.",
        {
            "id": (strawberry.ID | None, "Its id."),
            "domain": (str | None, "With `key`: the host that it is on. The workspace's first one unless said otherwise."),
            "key": (str | None, "The part of its address after the domain."),
        },
    )
    links: LinkConnection = many(LINK, "Links, archived ones too.", filter=on.LinkFilter, order=by.LinkOrder)
    click: Click | None = field(
        Asked(_click, named=_click_named), "A click by its click id.", {"click_id": (str, "The click id: 16 letters and digits.")}
    )
    clicks: ClickConnection = many(
        CLICK, "Clicks, without bots' unless the filter asks for them.", unless_asked=on.PEOPLE, filter=on.ClickFilter, order=by.ClickOrder
    )
    customer: Customer | None = field(
        Asked(_customer, named=_customer_named),
        "A customer by exactly one of these.",
        {
            "id": (strawberry.ID | None, "The id."),
            "external_id": (str | None, "The site's own id of them."),
            "stripe_customer_id": (str | None, "A Stripe customer, `cus_…`, that points to them now."),
            "email": (str | None, "The e-mail address, in any case; of several customers the one first seen."),
        },
    )
    customers: CustomerConnection = many(CUSTOMER, "Customers.", filter=on.CustomerFilter, order=by.CustomerOrder)
    sale: Sale | None = field(
        Asked(_sale, named=_sale_named),
        "A sale by exactly one of these.",
        {
            "id": (strawberry.ID | None, "The id, or one that it had before."),
            "stripe_id": (str | None, "Any of Stripe's ids of its payment: `cs_…`, `in_…`, `pi_…`, `ch_…`."),
        },
    )
    sales: SaleConnection = many(SALE, "Sales.", filter=on.SaleFilter, order=by.SaleOrder)
    refunds: RefundConnection = many(REFUND, "Refunds, in every state.", filter=on.RefundFilter, order=by.RefundOrder)
    disputes: DisputeConnection = many(DISPUTE, "Disputes.", filter=on.DisputeFilter, order=by.DisputeOrder)
    leads: LeadConnection = many(LEAD, "Leads.", filter=on.LeadFilter, order=by.LeadOrder)
    stripe_events: StripeEventConnection = many(
        STRIPE_EVENT, "Stripe's events as we took them in: the inbox.", filter=on.StripeEventFilter, order=by.StripeEventOrder
    )
    unattributed: SaleConnection = many(
        SALE,
        "Sales that no click has the credit for; `attribution` says why, `suggestions` which click it may have been.",
        always=(Condition("click_id", Operator.IS_NULL, True),),
        filter=on.SaleFilter,
        order=by.SaleOrder,
    )
    report: Report = field(
        Asked(reported),
        "What clicks, leads and sales came to in a time, in all, by group and by period: exact and of this moment.",
        {"input": (ReportInput, "What it is of.")},
    )
    diagnose: Diagnosis = field(
        Asked(diagnose),
        "What an id or address names, and what is missing between the click and its credit, and where to put it.",
        {"id": (str, "Any id of Stripe's, a click id, a customer's id of yours or of Stripe's, an e-mail address, or a global id.")},
    )
