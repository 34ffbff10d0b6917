"""Subscriptions: what happens, as it happens."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import strawberry

from resolvers import streams
from resolvers.context import Context
from resolvers.entities import Row
from resolvers.reads import Asked
from resolvers.streams import SaleChangeKind, SaleEvent
from schema import conditions as on
from schema.clicks import Click
from schema.enums import described
from schema.reading import attribute, stream
from schema.sales import Sale

_FILTER = "Only those that meet every condition given; null is the same as leaving a condition out."


described(
    SaleChangeKind,
    "SaleChangeKind",
    "What happened to a sale.",
    {
        SaleChangeKind.MADE: "It is new.",
        SaleChangeKind.CHANGED: "Something of it is new: what was refunded, who has the credit, its rate.",
        SaleChangeKind.MERGED: "Others turned out to be the same payment. `swallowed` are the ids that now name this one.",
        SaleChangeKind.GONE: "It was no payment after all, or belongs to nothing any more.",
    },
)


@strawberry.type(description="A change of a sale.")
class SaleChange:
    cursor: str = attribute("cursor", "Its place in the stream; opaque. Give the last one that you have as `after` to go on from there.")
    kind: SaleChangeKind = attribute("kind", "What happened.")
    sale_id: strawberry.ID = attribute("sale_id", "The sale's id when it happened.")
    sale: Sale | None = attribute("sale", "The sale as it is now, under whatever id; null when it is gone.")
    swallowed: list[strawberry.ID] = attribute("swallowed", "Of a merge: ids that were sales and from now on name this one.")
    at: datetime = attribute("at", "When it was settled.")


async def _clicks(context: Context, _row: None, filter: Any = None) -> AsyncIterator[Row]:  # noqa: A002  # as the argument is called
    asked = on.of(filter)
    people = () if any(condition.column == "bot" for condition in asked) else on.PEOPLE
    return streams.clicks(context, [*people, *asked])


async def _sales(
    context: Context,
    _row: None,
    after: str | None = None,
    filter: Any = None,  # noqa: A002  # as the argument is called
) -> AsyncIterator[SaleEvent]:
    return streams.sales(context, await streams.start(context, after), on.of(filter))


@strawberry.type(description="What can be followed: over a WebSocket (graphql-transport-ws) or server-sent events (graphql-sse).")
class Subscription:
    click_recorded: Click = stream(
        Asked(_clicks),
        "Each click that is committed from now on, once; without bots' unless the filter asks for them. Clicks are not replayed.",
        {"filter": (on.ClickFilter | None, _FILTER)},
    )
    sale_changed: SaleChange = stream(
        Asked(_sales),
        "Each change of a sale, once and in order. Mergers and ends are told whatever the filter: they end ids that you may hold.",
        {
            "after": (str | None, "Go on after this cursor, with nothing lost and nothing twice. Without it the stream starts now."),
            "filter": (on.SaleFilter | None, _FILTER),
        },
    )
