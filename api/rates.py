"""Exchange rates for a server: where its settings say that they come from, and the loop that keeps them coming."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from api.background import Loop
from api.settings import Settings
from ingest.rates import feed


def feeds(settings: Settings) -> feed.Feeds:
    """The sources that the operator chose."""
    return feed.Feeds(
        bank=f"{settings.fx_bank}/",
        file=None if settings.fx_file is None else Path(settings.fx_file),
        hourly=f"{settings.fx_hourly}/",
        key=settings.fx_key,
    )


def loops(settings: Settings, arrived: Callable[[], object]) -> dict[str, Loop]:
    """The loop that follows those sources, where it is on; `arrived` wakes whoever waits for rates."""
    return {"rates": partial(feed.run, feeds(settings), arrived)} if settings.fx_feed == "on" else {}
