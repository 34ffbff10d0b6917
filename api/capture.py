"""What the doors of capture share for the life of the application: links lately followed, the visitors' daily keys, the atlas."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from maxminddb import InvalidDatabaseError
from starlette.applications import Starlette
from starlette.requests import Request

from api.health import Metrics
from api.settings import SettingError, Settings
from ingest import hits
from ingest.clicks import Kept, Recorder, Seen
from ingest.geo import Atlas
from ingest.targets import Target, Targets
from ingest.visitors import DailyKeys

SITE_COOKIE, ANONYMOUS_COOKIE = "pimms_id", "pimms_anonymous_id"
NO_TRACK = ("pimms-no-track", "dub-no-track")


@dataclass(frozen=True)
class Capture:
    targets: Targets
    keys: DailyKeys
    atlas: Atlas

    async def seen(self, target: Target, hit: hits.Hit) -> Seen:
        return hits.click(target, hit, await self.keys.key(hit.at.astimezone(UTC).date()))


def create(settings: Settings) -> Capture:
    """Raises SettingError for a MaxMind file that is not one."""
    try:
        atlas = Atlas(Path(settings.geoip_file) if settings.geoip_file else None)
    except (OSError, InvalidDatabaseError) as error:
        raise SettingError("CLICKLEDGER_GEOIP_FILE", f"{settings.geoip_file} is not a MaxMind database that can be read") from error
    return Capture(Targets(), DailyKeys(), atlas)


def of(app: Starlette) -> Capture:
    """The application's one, made at its first use."""
    found: Capture | None = getattr(app.state, "capture", None)
    if found is None:
        found = app.state.capture = create(app.state.settings)
    return found


async def record(app: Starlette, click: Seen) -> Kept:
    recorder: Recorder = app.state.clicks
    kept = await recorder.record(click)
    metrics: Metrics = app.state.metrics
    metrics.clicks.labels(kept.value).inc()
    return kept


def address(request: Request) -> str | None:
    """The visitor's address: the connection's, or what a trusted proxy says (the server reads `FORWARDED_ALLOW_IPS`)."""
    return request.client.host if request.client else None


def now() -> datetime:
    return datetime.now(UTC)


def untracked(request: Request) -> bool:
    """Whether the visitor asked not to be recorded."""
    return any(name in request.headers or name in request.query_params for name in NO_TRACK)
