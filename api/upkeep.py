"""What a server does beside its requests for what it holds: ask Stripe, read the past again, reduce what is old, cut old changes."""

from collections.abc import Callable
from functools import partial

from api.background import Loop
from api.settings import Settings
from ingest import cutting, enrich, reparse, retention, workspaces
from ingest.stripe.client import Api


def loops(settings: Settings, wake: Callable[[], None]) -> dict[str, Loop]:
    """The loops that these settings turn on."""
    found: dict[str, Loop] = {"reparse": partial(reparse.run, wake)}
    if settings.stripe_api_key is not None:
        found["enrich"] = partial(_enrich, settings.stripe_api_key, settings.stripe_api_base, wake)
    if settings.keep_bodies_days:
        found["retention"] = partial(retention.run, settings.keep_bodies_days)
    if settings.keep_changes_days:
        found["cutting"] = partial(cutting.run, settings.keep_changes_days)
    return found


async def _enrich(key: str, base: str, wake: Callable[[], None]) -> None:
    workspace = await workspaces.find(workspaces.DEFAULT)
    await enrich.run(Api(key, base=base, tries=3), workspace.id, wake)
