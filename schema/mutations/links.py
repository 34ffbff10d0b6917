"""Links: made, changed, archived."""

from collections.abc import Mapping
from typing import Any

import strawberry
from strawberry.types.info import Info

from ingest import links
from resolvers import loading
from resolvers.context import Context
from resolvers.entities import LINK, Row
from resolvers.filters import storable
from schema.links import Link
from schema.mutations.outcomes import UserError, attempted, given, mutation, optional, required, user_errors

UTM = ("source", "medium", "campaign", "term", "content")
NAMES = {f"utm_{name}": f"utm.{name}" for name in UTM}
PLAIN = ("key", "url", "domain", "track_conversion")


@strawberry.input(description="Campaign parameters.")
class UtmInput:
    source: str | None = optional("utm_source: where the visitor comes from.")
    medium: str | None = optional("utm_medium: by what kind of channel.")
    campaign: str | None = optional("utm_campaign: the campaign's name.")
    term: str | None = optional("utm_term: the paid keyword.")
    content: str | None = optional("utm_content: which of several contents.")


@strawberry.input(description="A new link.")
class LinkCreateInput:
    url: str = required("Where it leads: http or https.")
    key: str | None = optional("The part of its address after the domain. A random one unless said.")
    domain: str | None = optional("A host of the workspace. Its first one unless said.")
    track_conversion: bool | None = optional("Whether the click id travels on to the destination. As the workspace says unless said.")
    utm: UtmInput | None = optional("The campaign parameters that its clicks carry.")


@strawberry.input(description="What to change of a link. What is left out stays.")
class LinkUpdateInput:
    id: strawberry.ID = required("The link.")
    url: str | None = optional("Where it leads: http or https.")
    key: str | None = optional("The part of its address after the domain.")
    domain: str | None = optional("A host of the workspace.")
    track_conversion: bool | None = optional("Whether the click id travels on. Null: as the workspace says.")
    utm: UtmInput | None = optional("Campaign parameters. Null takes one away, and all of them where this itself is null.")


@strawberry.input(description="A link to archive.")
class LinkArchiveInput:
    id: strawberry.ID = required("The link.")
    archived: bool = strawberry.field(description="False brings it back.", default=True)


@strawberry.type(description="The link, or what was wrong.")
class LinkPayload:
    link: Link | None = strawberry.field(description="The link as it is now.", default=None)
    user_errors: list[UserError] = user_errors()


def _values(input_: LinkCreateInput | LinkUpdateInput) -> dict[str, Any]:
    """The link's parts that were given, by the names that `ingest` has for them."""
    values = given(input_, *PLAIN)
    if input_.utm is None:
        return values | {f"utm_{name}": None for name in UTM}
    if input_.utm is not strawberry.UNSET:
        values |= {f"utm_{name}": value for name, value in given(input_.utm, *UTM).items()}
    return values


async def _shown(context: Context, link_id: str) -> Mapping[str, Row | None]:
    context.loaders.clear()
    return {"link": await loading.one(context, LINK, link_id)}


@strawberry.type
class LinkMutations:
    @mutation("Make a link. Needs the scope write.")
    async def link_create(self, info: Info, input: LinkCreateInput) -> LinkPayload:  # noqa: A002  # as the argument is called
        async def work() -> Mapping[str, Any]:
            link = await links.create(info.context.access.workspace_id, links.Draft(**_values(input)))
            return await _shown(info.context, link.id)

        return await attempted(info.context, "write", LinkPayload, work, names=NAMES)

    @mutation("Change a link. Needs the scope write.")
    async def link_update(self, info: Info, input: LinkUpdateInput) -> LinkPayload:  # noqa: A002  # as the argument is called
        async def work() -> Mapping[str, Any]:
            link = await links.update(info.context.access.workspace_id, storable(input.id), _values(input))
            return await _shown(info.context, link.id)

        return await attempted(info.context, "write", LinkPayload, work, names=NAMES)

    @mutation("Archive a link: it is no longer followed, and keeps its clicks and sales. Needs the scope write.")
    async def link_archive(self, info: Info, input: LinkArchiveInput) -> LinkPayload:  # noqa: A002  # as the argument is called
        async def work() -> Mapping[str, Any]:
            link = await links.archive(info.context.access.workspace_id, storable(input.id), archived=input.archived)
            return await _shown(info.context, link.id)

        return await attempted(info.context, "write", LinkPayload, work)
