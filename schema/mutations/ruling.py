"""Acts of administrators: keys and the workspace itself."""

from collections.abc import Mapping
from typing import Any

import strawberry
from strawberry.types.info import Info

from ingest import keys, workspaces
from resolvers import loading
from resolvers.entities import API_KEY, WORKSPACE
from resolvers.filters import storable
from schema.mutations.outcomes import UserError, attempted, given, mutation, optional, required, user_errors
from schema.workspaces import ApiKey, Workspace


@strawberry.input(description="A new key, of the mode of the key that asks.")
class ApiKeyCreateInput:
    name: str = required("What people call it.")
    scopes: list[str] = required("What it may do: read, write, lead.write, sale.write, admin.")


@strawberry.input(description="A key to end.")
class ApiKeyRevokeInput:
    id: strawberry.ID = required("The key: `key_…`.")


@strawberry.input(description="What to change of the workspace. What is left out stays.")
class WorkspaceUpdateInput:
    name: str | None = optional("Its name for people.")
    currency: str | None = optional("What amounts are converted to from now on: ISO 4217.")
    timezone: str | None = optional("The time zone that its days are of: an IANA name.")
    track_conversion: bool | None = optional("What a link does that does not say: true sends the click id on.")
    fx_source: str | None = optional("Where its exchange rates come from.")
    allowed_hosts: list[str] | None = optional("Hosts whose pages may record clicks; none means any.")


@strawberry.type(description="The new key, or what was wrong.")
class ApiKeyCreatePayload:
    api_key: ApiKey | None = strawberry.field(description="The key, without its secret.", default=None)
    plaintext: str | None = strawberry.field(description="The key itself. It is shown this once.", default=None)
    user_errors: list[UserError] = user_errors()


@strawberry.type(description="The key, or what was wrong.")
class ApiKeyPayload:
    api_key: ApiKey | None = strawberry.field(description="The key as it is now.", default=None)
    user_errors: list[UserError] = user_errors()


@strawberry.type(description="The workspace, or what was wrong.")
class WorkspacePayload:
    workspace: Workspace | None = strawberry.field(description="The workspace as it is now.", default=None)
    user_errors: list[UserError] = user_errors()


@strawberry.type
class RulingMutations:
    @mutation("Make a key. Its plaintext is shown this once. Needs the scope admin.")
    async def api_key_create(self, info: Info, input: ApiKeyCreateInput) -> ApiKeyCreatePayload:  # noqa: A002  # as the argument is called
        access = info.context.access

        async def work() -> Mapping[str, Any]:
            row, plaintext = await keys.create(
                workspace_id=access.workspace_id, livemode=access.livemode, scopes=input.scopes, name=storable(input.name)
            )
            return {"api_key": await loading.one(info.context, API_KEY, row.id), "plaintext": plaintext}

        return await attempted(info.context, "admin", ApiKeyCreatePayload, work)

    @mutation("End a key, for good. Needs the scope admin.")
    async def api_key_revoke(self, info: Info, input: ApiKeyRevokeInput) -> ApiKeyPayload:  # noqa: A002  # as the argument is called
        access = info.context.access

        async def work() -> Mapping[str, Any]:
            row = await keys.revoke(access.workspace_id, input.id, livemode=access.livemode)
            return {"api_key": await loading.one(info.context, API_KEY, row.id)}

        return await attempted(info.context, "admin", ApiKeyPayload, work)

    @mutation("Change the workspace. Needs the scope admin.")
    async def workspace_update(self, info: Info, input: WorkspaceUpdateInput) -> WorkspacePayload:  # noqa: A002  # as the argument is called
        access = info.context.access

        async def work() -> Mapping[str, Any]:
            changes = given(input, "name", "currency", "timezone", "track_conversion", "fx_source", "allowed_hosts")
            await workspaces.update(access.workspace_id, changes)
            return {"workspace": await loading.one(info.context, WORKSPACE, access.workspace_id)}

        return await attempted(info.context, "admin", WorkspacePayload, work)
