"""What a server does beside its requests for what it holds: ask Stripe, read the past again, let in what waits, reduce what is old;
and have PostgreSQL know how large its tables are."""

from collections.abc import Callable
from functools import partial

from api import statistics
from api.background import Loop
from api.settings import Settings
from ingest import accounts, askers, cutting, reparse, retention


def loops(settings: Settings, wake: Callable[[], None]) -> dict[str, Loop]:
    """The loops that these settings turn on."""
    found: dict[str, Loop] = {"reparse": partial(reparse.run, wake), "quarantine": partial(accounts.let_in, wake)}
    if not settings.sqlite_path:
        found["statistics"] = statistics.run
    if settings.stripe_api_keys:
        found["enrich"] = partial(askers.run, settings.stripe_api_keys, settings.stripe_api_base, wake)
    if settings.keep_bodies_days:
        found["retention"] = partial(retention.run, settings.keep_bodies_days)
    if settings.keep_changes_days:
        found["cutting"] = partial(cutting.run, settings.keep_changes_days)
    return found
