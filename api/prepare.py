"""What stands before the first request: tables, the default workspace, admin keys. Any number of processes may do it at once."""

from dataclasses import dataclass
from datetime import UTC, datetime

from tortoise.transactions import in_transaction

from api import database
from api.settings import SettingError, Settings
from ingest import endpoints, keys, workspaces
from ingest.models.workspace import ApiKey, Workspace

FROM_SETTINGS = "CLICKLEDGER_ADMIN_KEY"
"""The name of keys that the environment gave."""


@dataclass(frozen=True)
class Prepared:
    """What a first start made."""

    migrations: list[str]
    made_keys: tuple[str, ...]
    """Plaintext, live and test, to be shown once; empty at later starts."""
    hears_stripe: bool
    """There is a secret to verify events with: of the settings, or kept by `stripe install`."""


async def prepare(settings: Settings) -> Prepared:
    """Bring the connected database to where a server can serve.

    Raises:
        SettingError: an admin key in the settings was revoked.
    """
    migrations = await database.migrate()
    workspace = await workspaces.ensure_default(fx_source=settings.fx_source, domain=settings.domain)
    async with in_transaction():
        await Workspace.select_for_update().get(id=workspace.id)  # one process at a time: the others then find the keys made
        made = await _admin_keys(workspace.id, settings.admin_keys)
    receiver = await endpoints.receiver(workspace.slug, settings.webhook_secrets)
    return Prepared(migrations, made, receiver is not None and bool(receiver.good_secrets(datetime.now(UTC))))


async def _admin_keys(workspace_id: int, given: tuple[str, ...]) -> tuple[str, ...]:
    for plaintext in given:
        key = await keys.register(plaintext, workspace_id=workspace_id, scopes=["admin"], name=FROM_SETTINGS)
        if key.revoked_at is not None:
            raise SettingError(FROM_SETTINGS, f"the key {key.hint} was revoked; choose another")
    await _retire_missing(workspace_id, given)
    if given or await ApiKey.exists(workspace_id=workspace_id):
        return ()
    return tuple([(await _made(workspace_id, livemode=livemode)) for livemode in (True, False)])


async def _retire_missing(workspace_id: int, given: tuple[str, ...]) -> None:
    """A key that the environment once gave and gives no more opens nothing more."""
    kept = {keys.digest(plaintext) for plaintext in given}
    for key in await ApiKey.filter(workspace_id=workspace_id, name=FROM_SETTINGS, revoked_at=None):
        if key.digest not in kept:
            await keys.revoke(workspace_id, key.id)


async def _made(workspace_id: int, *, livemode: bool) -> str:
    name = f"first {'live' if livemode else 'test'} admin key"
    _, plaintext = await keys.create(workspace_id=workspace_id, livemode=livemode, scopes=["admin"], name=name)
    return plaintext
