"""Open Exchange Rates' answers, or those of a source that speaks the same JSON: rates of one moment, hourly with a key. Pure.

A source asked hourly publishes oftener than we look: what counts as published is what we saw. After an absence of more than a day, the
end of each missed day is asked for first.
Source: https://docs.openexchangerates.org/reference/api-introduction
"""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from ingest import fx, quotes
from ingest.errors import RatesUnreadable

MOST_DAYS = 31
"""Days of the past that one update asks for, the latest: each is a request that the source counts."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The rates of one moment."""

    at: datetime
    rates: tuple[fx.Published, ...]


@dataclass(frozen=True, slots=True)
class Snapshots:
    """Several, learned together."""

    snapshots: tuple[Snapshot, ...]

    @property
    def rates(self) -> list[fx.Published]:
        return [rate for snapshot in self.snapshots for rate in snapshot.rates]

    def complete(self, known_to: datetime | None, later: Collection[datetime]) -> datetime | None:  # noqa: ARG002  # the shape of fx.Completion
        """How far the source is known: see `fx.Completion`."""
        moments = [snapshot.at for snapshot in self.snapshots] + ([] if known_to is None else [known_to])
        return max(moments, default=None)


def read(content: bytes) -> Snapshot:
    """One answer of `latest.json` or `historical/<day>.json`.

    Raises:
        RatesUnreadable: it is something else.
    """
    try:
        answer = json.loads(content, parse_float=Decimal, parse_int=Decimal)
        if answer["base"] != quotes.OXR.base:
            raise ValueError(f"its base is {answer['base']}")
        at = datetime.fromtimestamp(int(answer["timestamp"]), UTC)
        rates = tuple(fx.published(currency, at, str(rate)) for currency, rate in answer["rates"].items() if currency != quotes.OXR.base)
    except (AttributeError, ArithmeticError, KeyError, OSError, TypeError, ValueError) as error:
        raise RatesUnreadable(quotes.OXR.name, f"not an answer with rates: {error}") from error
    return Snapshot(at, rates)


def missed(known_to: datetime | None, now: datetime) -> list[date]:
    """The whole days between what is known and now whose ends are to be asked for."""
    if known_to is None:
        return []
    days = (now.date() - known_to.date()).days
    return [now.date() - timedelta(days=ago) for ago in range(min(days, MOST_DAYS), 0, -1)] if now - known_to > quotes.OXR.good_for else []
