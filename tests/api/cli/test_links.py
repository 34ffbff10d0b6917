"""clickledger links: what it prints, over a real database."""

import asyncio

import pytest
from typer.testing import CliRunner

from api.cli.links import app
from api.database import connected
from ingest import workspaces
from ingest.errors import Invalid


@pytest.fixture
def workspace(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def prepared() -> None:
        async with connected(database_url):
            await workspaces.ensure_default(domain="go.shop.example")

    asyncio.run(prepared())
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("CLICKLEDGER_DOMAIN", "go.shop.example")


def test_a_link_is_made_listed_and_archived(workspace: None) -> None:
    made = CliRunner().invoke(app, ["create", "https://shop.example/pricing", "--key", "spring"])
    listed = CliRunner().invoke(app, ["list"])
    link_id = next(word for word in listed.output.split() if word.startswith("link_"))
    archived = CliRunner().invoke(app, ["archive", link_id])
    after = CliRunner().invoke(app, ["list"])

    assert made.output == "https://go.shop.example/spring\n"
    assert "https://shop.example/pricing" in listed.output
    assert archived.output == "archived https://go.shop.example/spring\n"
    assert link_id not in after.output


def test_a_wrong_address_is_refused(workspace: None) -> None:
    refused = CliRunner().invoke(app, ["create", "ftp://shop.example/"])

    assert isinstance(refused.exception, Invalid)
    assert refused.exception.field == "url"
