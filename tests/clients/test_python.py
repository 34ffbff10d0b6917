"""`gql`, Python's GraphQL client, against the real server, with the code that docs/graphql.md prints."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from gql import Client, gql
from gql.transport.aiohttp import AIOHTTPTransport
from gql.transport.exceptions import TransportQueryError
from graphql import GraphQLError

from tests import talking
from tests.clients.conftest import Shop, opened
from tests.test_documents import GQL


@pytest.fixture
def documented() -> dict[str, Any]:
    told: dict[str, Any] = {}
    exec(GQL, told)
    return told


def over_http(shop: Shop, *, checked: bool) -> Client:
    transport = AIOHTTPTransport(shop.graphql, headers={"Authorization": f"Bearer {shop.key}"})
    return Client(transport=transport, fetch_schema_from_transport=checked)


async def test_it_reads_the_schema_and_a_page(shop: Shop, documented: dict[str, Any]) -> None:
    assert len(await documented["latest"](shop.server.url, shop.key)) == shop.sales


async def test_a_mistake_is_found_against_the_schema_or_told_with_its_code(shop: Shop) -> None:
    wrong, unpaged = gql("{ sales(first: 1) { nodes { nonsense } } }"), gql("{ sales { totalCount } }")

    async with over_http(shop, checked=True) as session:
        with pytest.raises(GraphQLError, match="nonsense"):
            await session.execute(wrong)
    async with over_http(shop, checked=False) as session:
        with pytest.raises(TransportQueryError) as refused:
            await session.execute(unpaged)
    assert refused.value.errors is not None
    assert refused.value.errors[0]["extensions"]["code"] == "BAD_USER_INPUT"


@pytest.fixture
def own(sqlite_template: Path, tmp_path: Path) -> Iterator[Shop]:
    with opened(tmp_path, sqlite_template) as running:
        yield running


async def test_it_hears_changes_and_goes_on_from_a_cursor(own: Shop, documented: dict[str, Any]) -> None:
    hearing = documented["changes"](own.server.url, own.key)
    first = asyncio.ensure_future(anext(hearing))
    async with asyncio.timeout(talking.PATIENCE):
        number = 100
        while not first.done():  # nobody says when a subscription has begun
            await talking.sale(own.server.url, own.key, number)
            number += 1
            await asyncio.sleep(0.3)
        await hearing.aclose()
        await talking.sale(own.server.url, own.key, number)
        again = documented["changes"](own.server.url, own.key, first.result()["cursor"])
        following = await anext(again)
        await again.aclose()

    assert (first.result()["kind"], following["kind"]) == ("MADE", "MADE")
    assert following["saleId"] != first.result()["saleId"]
