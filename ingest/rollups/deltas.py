"""Deltas: what a transaction that writes clicks, leads or sales adds to the rollups and takes away. Appended in it, and never read by it.

A sale or lead is counted where its click is: in that click's country, campaign and so on, which never change.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ingest import sql
from ingest.models.evidence import Click
from ingest.models.ledger import Sale
from ingest.models.people import Lead
from ingest.models.rollups import CLICKS, DIMENSIONS, LIVE, MEASURES, TEST, RollupDelta
from ingest.settle.scope import Scope

OF_CLICK = DIMENSIONS[1:]
"""Dimensions that a click says; its link a sale and a lead name themselves."""
AMOUNTS = MEASURES[3:]
OF_SALES = ("id", "paid_at", "click_id", "link_id", "currency", "converted_currency", *AMOUNTS, *(f"converted_{name}" for name in AMOUNTS))
"""Columns by which a sale is counted."""
COLUMNS = ("workspace_id", "mode", "hour", "currency", *DIMENSIONS, *MEASURES)
_Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A sale or a lead as it is counted."""

    at: datetime
    click_id: str | None
    link_id: str | None
    currency: str = ""
    measures: Mapping[str, int] = field(default_factory=dict)


def of_sale(sale: Sale) -> Part:
    """In the currency that it was converted to; while it is not converted, in its own."""
    converted = sale.converted_net_minor is not None
    return Part(
        at=sale.paid_at,
        click_id=sale.click_id,
        link_id=sale.link_id,
        currency=sale.converted_currency if converted else sale.currency,
        measures={"sales": 1, **{name: getattr(sale, f"converted_{name}" if converted else name) for name in AMOUNTS}},
    )


def of_lead(lead: Lead) -> Part:
    return Part(at=lead.at, click_id=lead.click_id, link_id=lead.link_id, measures={"leads": 1})


def hour_of(at: datetime) -> int:
    """Whole hours since 1970."""
    return int(at.timestamp()) // 3600


async def append(scope: Scope, gone: Iterable[Part], come: Iterable[Part]) -> None:
    """Note that these no longer count and those do; nothing is written of what stays the same."""
    sums: dict[_Key, list[int]] = {}
    for sign, parts in ((-1, gone), (1, come)):
        for part in parts:
            _add(sums, (hour_of(part.at), part.currency, part.link_id or "", part.click_id), part.measures, sign)
    sums = {key: values for key, values in sums.items() if any(values)}
    clicks = await _dimensions(scope, [key[3] for key in sums if key[3] is not None])
    whole: dict[_Key, list[int]] = {}
    for (hour, currency, link_id, click_id), values in sums.items():
        said = clicks.get(click_id, ("",) * len(OF_CLICK))
        _add(whole, (hour, currency, link_id, *said), dict(zip(MEASURES, values, strict=True)), 1)
    mode = LIVE if scope.livemode else TEST
    rows = [(scope.workspace_id, mode, *key, *values) for key, values in whole.items() if any(values)]
    await sql.insert([RollupDelta(**dict(zip(COLUMNS, row, strict=True))) for row in rows])


def _add(sums: dict[_Key, list[int]], key: _Key, measures: Mapping[str, int], sign: int) -> None:
    held = sums.setdefault(key, [0] * len(MEASURES))
    for place, name in enumerate(MEASURES):
        held[place] += sign * measures.get(name, 0)


async def _dimensions(scope: Scope, click_ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
    found = await sql.read(Click, ("id", *OF_CLICK), id=click_ids, workspace_id=scope.workspace_id)
    return {click.id: tuple(getattr(click, name) or "" for name in OF_CLICK) for click in found}


def of_clicks(clicks: Iterable[Any]) -> list[tuple[Any, ...]]:
    """The deltas of clicks that are new, as rows of `COLUMNS`: one for each combination of workspace, hour and dimensions."""
    counts: dict[_Key, int] = {}
    for click in clicks:
        if not click.bot:
            said = tuple(getattr(click, name) or "" for name in DIMENSIONS)
            key = (click.workspace_id, CLICKS, hour_of(click.clicked_at), "", *said)
            counts[key] = counts.get(key, 0) + 1
    return [(*key, count, *[0] * (len(MEASURES) - 1)) for key, count in counts.items()]


def _from_clicks() -> str:
    said = ", ".join(f"coalesce({name}, '')" for name in DIMENSIONS)
    zeros = ", ".join("0" for _ in MEASURES[1:])
    return (
        f"INSERT INTO rollup_delta ({', '.join(COLUMNS)}) SELECT workspace_id, {CLICKS}, "
        f"floor(extract(epoch FROM clicked_at) / 3600)::int, '', {said}, count(*), {zeros} FROM fresh WHERE NOT bot GROUP BY 1, 3, {said}"
    )


FROM_CLICKS = _from_clicks()
"""The same within one statement of PostgreSQL, of the clicks that a part of it named `fresh` has inserted."""
FRESH = ("id", "workspace_id", "clicked_at", "bot", *DIMENSIONS)
"""Columns that `fresh` must have."""
