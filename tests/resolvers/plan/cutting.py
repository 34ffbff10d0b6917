"""How the naive reading cuts a sorted list to a page, after the Relay specification; and how it writes moments and money."""

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

Row = dict[str, Any]
DECIMALS = {"JPY": 0, "KWD": 3, "XYZ": None}


class Refused(Exception):
    """An argument that cannot be taken, in the words that say so."""


def sized(first: Any, last: Any) -> int:
    if (first is None) is (last is None):
        raise Refused("first: give first or last, and not both")
    name, size = ("first", first) if last is None else ("last", last)
    if not 1 <= size <= 100:
        raise Refused(f"{name}: must be 1 to 100")
    return int(size)


def place(side: str, cursor: str | None, name: str, descending: bool, column: str) -> Callable[[Any], int] | None:
    """Tells of a row whether it stands before the place (-1), at it (0) or after it (1)."""
    if cursor is None:
        return None
    try:
        given, time, key = json.loads(base64.urlsafe_b64decode(cursor + "=="))
    except ValueError:
        raise Refused(f"{side}: is not a cursor of this API") from None
    if given != name:
        raise Refused(f"{side}: is a cursor of another list or another order")
    there = (datetime.fromisoformat(time), key)

    def stands(row: Any) -> int:
        here = (getattr(row, column), row.id)
        return (here > there) - (here < there) if not descending else (here < there) - (here > there)

    return stands


def cut(whole: list[Any], size: int, forward: bool, after: Any, before: Any, shown: Any, cursor: Any) -> Row:
    """As the Relay specification says: between the cursors, then the first or the last so many."""
    between = [row for row in whole if (after is None or after(row) > 0) and (before is None or before(row) < 0)]
    page = between[:size] if forward else between[-size:]
    start = (
        whole.index(page[0]) if page else next((number for number, row in enumerate(whole) if after is None or after(row) > 0), len(whole))
    )
    more_after = len(between) > size if forward else False
    more_before = len(between) > size if not forward else False
    beyond = before is not None and any(before(row) >= 0 for row in whole)
    behind = after is not None and any(after(row) <= 0 for row in whole[:start] or whole)
    edges = [{"__typename": "Edge", "node": shown(row), "cursor": cursor(row)} for row in page]
    return {
        "edges": [{"node": each["node"], "cursor": each["cursor"]} for each in edges],
        "nodes": [each["node"] for each in edges],
        "totalCount": len(whole),
        "pageInfo": {
            "hasNextPage": more_after or beyond,
            "hasPreviousPage": more_before or behind,
            "startCursor": edges[0]["cursor"] if edges else None,
            "endCursor": edges[-1]["cursor"] if edges else None,
        },
    }


def reportable(asked: Row) -> None:
    """Refuses what no report can be of."""
    limit, groups = asked.get("limit"), asked.get("groupBy") or []
    if limit is not None and not 1 <= limit <= 100:
        raise Refused("input.limit: must be 1 to 100")
    if len(set(groups)) < len(groups) or len(groups) > 5:
        raise Refused("input.groupBy: names at most 5 dimensions, each once")
    given = [names for names in (("from", "to"), ("firstDay", "lastDay")) if any(asked.get(name) is not None for name in names)]
    if len(given) != 1:
        raise Refused("input.from: give either from and to, or firstDay and lastDay")
    first, last = given[0]
    for name in given[0]:
        if asked.get(name) is None:
            raise Refused(f"input.{name}: is missing: a range has both of its ends")
    ends = [datetime.fromisoformat(asked[name]) for name in given[0]]
    if ends[0] > ends[1] or (first == "from" and ends[0] == ends[1]):
        raise Refused(f"input.{last}: must be after {first}")


def moment(at: datetime | None) -> str | None:
    if at is None:
        return None
    text = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{text}.{at.microsecond:06}Z" if at.microsecond else f"{text}Z"


def money(minor: int | None, currency: str) -> Row | None:
    if minor is None:
        return None
    decimals = DECIMALS.get(currency, 2)
    digits = str(abs(minor)).rjust((decimals or 0) + 1, "0")
    whole = digits if not decimals else f"{digits[:-decimals]}.{digits[-decimals:]}"
    return {"amount": None if decimals is None else ("-" if minor < 0 else "") + whole, "minor": str(minor), "currency": currency}
