"""Connections: lists in pages, as the Relay specification has them, with `nodes` beside `edges`."""

from typing import Generic, TypeVar

import strawberry

from schema.reading import attribute

T = TypeVar("T")


@strawberry.type(description="Where a page lies in its list.")
class PageInfo:
    has_next_page: bool = attribute("has_next_page", "Whether something follows this page.")
    has_previous_page: bool = attribute("has_previous_page", "Whether something comes before this page.")
    start_cursor: str | None = attribute("start_cursor", "The cursor of the page's first item; null on an empty page.")
    end_cursor: str | None = attribute("end_cursor", "The cursor of the page's last item; null on an empty page.")


@strawberry.type(description="An item of a list, with its cursor.")
class Edge(Generic[T]):
    node: T = attribute("node", "The item.")
    cursor: str = attribute("cursor", "The item's place in this order of this list; opaque.")


@strawberry.type(description="One page of a list.")
class Connection(Generic[T]):
    edges: list[Edge[T]] = attribute("edges", "The items of the page, each with its cursor.")
    nodes: list[T] = attribute("nodes", "The items of the page.")
    page_info: PageInfo = attribute("page_info", "Where the page lies in the list.")
    total_count: int = attribute("total_count", "How many items the whole list has, whatever the page. Counted only when asked for.")
