"""The workspace and mode that a settler works in, and the names that depend on them."""

from dataclasses import dataclass
from typing import TypedDict

from tortoise.backends.base.client import BaseDBAsyncClient

from ingest import ids


class Here(TypedDict):
    """The columns that every row of a scope has alike."""

    workspace_id: int
    livemode: bool


@dataclass(frozen=True, slots=True)
class Scope:
    """One workspace in one mode: settled by one settler at a time, and never mixed with another."""

    workspace_id: int
    livemode: bool

    @property
    def filter(self) -> Here:
        """The condition, and the columns, of every row of this scope."""
        return {"workspace_id": self.workspace_id, "livemode": self.livemode}

    @property
    def lock(self) -> int:
        """The number of this scope's advisory lock."""
        return self.workspace_id * 2 + self.livemode

    def id(self, prefix: str, *parts: object) -> str:
        """A derived id within this scope."""
        return ids.derived(prefix, self.workspace_id, int(self.livemode), *parts)


async def wait_for_lease(connection: BaseDBAsyncClient, scope: Scope) -> None:
    """The settler's lease, for an act that will not be put off: settlers pass this scope by until the transaction ends."""
    if connection.capabilities.dialect != "sqlite":
        await connection.execute_query("SELECT pg_advisory_xact_lock(1, $1)", [scope.lock])


def with_account(subject: str, account_id: int) -> str:
    """`cus:<id>` and `sub:<id>` belong to a Stripe account; `ext:<id>` belongs to the workspace."""
    kind, _, name = subject.partition(":")
    return subject if kind == "ext" else f"{kind}:{account_id}:{name}"


def bounded(key: str, length: int = 400) -> str:
    """A key that fits its column: an endless one ends in its hash."""
    return key if len(key) <= length else f"{key[: length - 40]}…{ids.derived('key', key)}"
