"""Who asks: one workspace, one mode, and the loaders of one request. Nothing here outlives the request."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from strawberry.dataloader import DataLoader

from ingest.models.ledger import Change
from resolvers.errors import Forbidden
from resolvers.plan.faults import Answer


class Access(Protocol):
    """What a key opens. `ingest.keys.Access` is one."""

    @property
    def workspace_id(self) -> int: ...
    @property
    def livemode(self) -> bool: ...
    def allows(self, scope: str) -> bool: ...


class Changes(Protocol):
    """The numbered stream of what changed. `ingest.changes.Changes` is one."""

    async def head(self, workspace_id: int, livemode: bool) -> int: ...
    async def reach(self, workspace_id: int, livemode: bool, after: int) -> None: ...
    def follow(self, workspace_id: int, livemode: bool, after: int) -> AsyncIterator[Sequence[Change]]: ...


class Arrivals(Protocol):
    """The ids of clicks as they are committed. `ingest.arrivals.Arrivals` is one."""

    def follow(self, workspace_id: int) -> AsyncIterator[Sequence[str]]: ...


class Feed(Protocol):
    """What a subscription follows. `ingest.feed.Feed` is one."""

    @property
    def changes(self) -> Changes: ...
    @property
    def clicks(self) -> Arrivals: ...


class Payloads(Protocol):
    """How the rows that one operation shows are read by plans. `resolvers.plan.operations.Payloads` is one."""

    async def read(self, type_: Any, details: Any, row: Any, variables: Any, context: "Context") -> Answer | None: ...


class Documents(Protocol):
    """Documents as one application keeps them, under its limits. `schema.documents.Documents` is one."""

    def prepared(self, text: str, *, curious: bool = True) -> Any: ...


class Loader(DataLoader[Any, Any]):
    """A loader whose readers may leave: when a field fails, execution cancels its siblings, and what one awaited others may still await."""

    def load(self, key: Any) -> Awaitable[Any]:
        return asyncio.shield(super().load(key))


@dataclass(slots=True)
class Context:
    """One request: its access, its id for the log, and the address that the caller reached us at."""

    access: Access
    request_id: str
    origin: str
    """Scheme and host, `https://go.example.com`: what a link on the fallback domain is shown with."""
    wake: Callable[[], None] = lambda: None
    """Tells the settler that something was stored."""
    compiled: bool = True
    """Whether a compiled plan may answer; False for ordinary execution alone, which must answer the same."""
    feed: Feed | None = None
    """Of a caller who may subscribe."""
    followed: Callable[[], None] = lambda: None
    """Tells that a subscription has begun, whose answer takes as long as it takes."""
    documents: Documents | None = None
    """The application's; without one, those of the process, under the usual limits."""
    payloads: Payloads | None = None
    """Of a mutation or subscription whose rows plans may read."""
    loaders: dict[Hashable, Loader] = field(default_factory=dict)

    def require(self, scope: str) -> None:
        """Raises Forbidden without it."""
        if not self.access.allows(scope):
            raise Forbidden(scope)

    def renew(self) -> None:
        """Forget what was read: the next event of a subscription is answered as things stand then."""
        self.loaders.clear()

    def loader(self, key: Hashable, load: Callable[[list[Any]], Any]) -> Loader:
        """The request's one loader under `key`: what is asked of it in one turn of the loop becomes one statement."""
        if key not in self.loaders:
            self.loaders[key] = Loader(load_fn=load)
        return self.loaders[key]
