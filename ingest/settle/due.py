"""What waits to be settled now: in which workspaces and modes, or whether in one of them."""

from collections.abc import Sequence
from typing import Any

from tortoise.backends.base.client import BaseDBAsyncClient

from ingest.models.facts import Subject
from ingest.settle import lookups
from ingest.settle.scope import Scope

_WAITS = (
    "stripe_event WHERE state = 'stored'",
    "stripe_event WHERE state = 'failed' AND next_try_at <= {now}",
    "statement WHERE settled = false AND (next_try_at IS NULL OR next_try_at <= {now})",
    "subject WHERE dirty = true AND (next_try_at IS NULL OR next_try_at <= {now})",
)
"""Each has an index of its own, by workspace, mode and id."""
_NOW = {"sqlite": "strftime('%Y-%m-%d %H:%M:%f', 'now') || '+00:00'", "postgres": "now()"}
_HERE = " AND (workspace_id, livemode) >= ({0}, {1}) AND (workspace_id, livemode) <= ({0}, {1})"
"""Bounds, as in `sql.first`: told that columns equal values, PostgreSQL may read all that was done before it comes to what waits."""


async def anywhere(*, thorough: bool = True) -> list[Scope]:
    """The workspaces and modes in which something can be settled. It costs what waits: for whoever asks once a second, or less often."""
    found = [f"SELECT workspace_id, livemode FROM {waits}" for waits in _WAITS]  # noqa: S608  # names of ours, here and below
    found.append(f"SELECT l.workspace_id, l.livemode FROM {lookups.arrived(thorough=thorough)}")  # noqa: S608
    rows = await _asked(" UNION ".join(found))
    return sorted({Scope(row["workspace_id"], bool(row["livemode"])) for row in rows}, key=lambda scope: scope.lock)


async def here(scope: Scope, *, thorough: bool = True) -> bool:
    """Whether something can be settled in this one. It costs the same however much waits."""
    marks = ("?1", "?2") if _dialect() == "sqlite" else ("$1", "$2")
    arrived = f"{lookups.arrived(thorough=thorough)} AND l.workspace_id = {marks[0]} AND l.livemode = {marks[1]}"
    places = [*(waits + _HERE.format(*marks) for waits in _WAITS), arrived]
    some = " OR ".join(f"EXISTS (SELECT 1 FROM {waits})" for waits in places)  # noqa: S608
    [row] = await _asked(f"SELECT {some} AS waits", [scope.workspace_id, scope.livemode])
    return bool(row["waits"])


def _dialect() -> str:
    connection: BaseDBAsyncClient = Subject._meta.db
    return "sqlite" if connection.capabilities.dialect == "sqlite" else "postgres"


async def _asked(statement: str, values: Sequence[Any] = ()) -> list[dict[str, Any]]:
    connection: BaseDBAsyncClient = Subject._meta.db
    return await connection.execute_query_dict(statement.format(now=_NOW[_dialect()]), list(values))
