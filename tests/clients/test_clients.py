"""Clients that applications are written with, as they come, against the real server."""

from pathlib import Path
from typing import Any

import pytest

from tests.clients.conftest import Node, Shop, opened
from tests.test_documents import PYTHON


@pytest.mark.parametrize("script", ["apollo.js", "urql.js"])
def test_a_client_pages_writes_and_reads_errors(node: Node, shop: Shop, script: str) -> None:
    assert node.passed(script, settings=shop.settings) == "ok\n"


def test_the_python_of_the_documentation_reads_every_page(shop: Shop) -> None:
    told: dict[str, Any] = {}
    exec(PYTHON, told)

    assert len({sale["id"] for sale in told["every_sale"](shop.server.url, shop.key)}) == shop.sales
    with pytest.raises(RuntimeError, match=r"BAD_USER_INPUT: "):
        told["ask"](shop.server.url, shop.key, "{ sales { totalCount } }")


def test_subscriptions_are_heard_by_every_client(node: Node, sqlite_template: Path, tmp_path: Path) -> None:
    with opened(tmp_path, sqlite_template) as running:
        assert node.passed("subscriptions.js", settings=running.settings) == "ok\n"
