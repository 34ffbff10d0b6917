"""The workspace of the key that asks, and its keys."""

from datetime import datetime

import strawberry

from resolvers.entities import API_KEY, WORKSPACE
from schema.nodes import Node
from schema.reading import column, computed, many, row_type
from schema.references import ApiKeyConnection


@row_type(API_KEY, "An API key, without its secret: that was shown once. Only a key with the scope admin sees these.")
class ApiKey(Node):
    id: strawberry.ID = computed(API_KEY.global_id, "id", description="The global id: `key_…`.")
    livemode: bool = column("livemode", "Whether it opens live rather than test data.")
    name: str = column("name", "What people call it.")
    hint: str = column("hint", "Its first and last characters.")
    scopes: list[str] = column("scopes", "What it may do: read, write, lead.write, sale.write, admin.")
    created_at: datetime = column("created_at", "When it was made.")
    revoked_at: datetime | None = column("revoked_at", "Since when it opens nothing.")


@row_type(WORKSPACE, "A tenant: everything belongs to one.")
class Workspace(Node):
    id: strawberry.ID = computed(WORKSPACE.global_id, "id", description="The global id: `ws_…`.")
    slug: str = column("slug", "Its name in addresses.")
    name: str = column("name", "Its name for people.")
    currency: str = column("currency", "What amounts are converted to: ISO 4217, upper case.")
    timezone: str = column("timezone", "The time zone that its days are of: an IANA name.")
    track_conversion: bool = column("track_conversion", "What a link does that does not say: true sends the click id on.")
    fx_source: str = column("fx_source", "Where its exchange rates come from.")
    allowed_hosts: list[str] = column("allowed_hosts", "Hosts whose pages may record clicks; none means any.")
    created_at: datetime = column("created_at", "When it was made.")
    api_keys: ApiKeyConnection = many(API_KEY, "Its keys of this mode, the newest first. Needs the scope admin.", by="workspace_id")
