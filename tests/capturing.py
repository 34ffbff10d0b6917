"""Builders for the tests of capture: a workspace, its links, a browser's headers, a spool that can be looked into."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from tortoise.exceptions import OperationalError

from ingest import clicks, ids, links, workspaces
from ingest.clicks import Seen
from ingest.models.workspace import Link, Workspace

CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile Safari/604.1"
GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
BROWSER = {"user-agent": CHROME}


async def workspace(**changes: Any) -> Workspace:
    """The workspace `default`, with its columns changed."""
    made = await workspaces.ensure_default()
    if changes:
        await Workspace.filter(id=made.id).update(**changes)
    return await Workspace.get(id=made.id)


async def link(key: str = "spring", url: str = "https://shop.example/pricing", **parts: Any) -> Link:
    owner = await workspace()
    return await links.create(owner.id, links.Draft(url=url, key=key, **parts))


def seen(made: Link, **columns: Any) -> Seen:
    values = {"id": ids.click_id(), "clicked_at": datetime.now(UTC), "url": made.url, **columns}
    return Seen(workspace_id=made.workspace_id, link_id=made.id, **values)


@contextmanager
def database_away(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No click can be stored within the block."""

    async def refuse(_: object) -> None:
        raise OperationalError("the database is away")

    with monkeypatch.context() as patched:
        patched.setattr(clicks, "insert", refuse)
        yield
