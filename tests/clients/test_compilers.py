"""Compilers and linters that front-end developers point at our schema: Relay's, GraphQL Code Generator's, graphql-eslint."""

import json
import shutil
from pathlib import Path

import pytest

from tests.clients.conftest import HERE, Node
from tests.test_documents import DOCUMENTS

ROOT = HERE.parents[1]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """An application's folder: the schema, our packages, room for sources."""
    shutil.copy(ROOT / "schema.graphql", tmp_path)
    (tmp_path / "node_modules").symlink_to(HERE / "node_modules")
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "src").mkdir()
    return tmp_path


def _bin(name: str) -> str:
    return str(HERE / "node_modules/.bin" / name)


def test_relay_compiles_against_the_schema(node: Node, place: Path) -> None:
    shutil.copy(HERE / "relay/relay.config.json", place)
    shutil.copy(HERE / "relay/sales.js", place / "src")

    said = node.passed(_bin("relay-compiler"), "relay.config.json", folder=place)

    made = {path.name.removesuffix(".graphql.js") for path in (place / "src/__generated__").iterdir()}
    assert {"salesQuery", "salesListPaginationQuery", "salesRowRefetchQuery", "salesSaleChangedSubscription"} <= made, said


def test_the_client_preset_makes_types_that_a_page_compiles_with(node: Node, place: Path) -> None:
    shutil.copy(HERE / "codegen.ts", place)
    shutil.copy(HERE / "page.ts", place / "src")

    node.passed(_bin("graphql-codegen"), "--config", "codegen.ts", folder=place)
    node.passed(
        _bin("tsc"),
        *"--noEmit --strict --skipLibCheck --target es2022 --module esnext --moduleResolution bundler src/page.ts".split(),
        folder=place,
    )

    registered = json.loads((place / "src/gql/persisted-documents.json").read_text())
    assert [text[:10] for text in registered.values()] == ["query Page"]


def test_graphql_eslint_has_nothing_against_the_schema_or_the_documents(node: Node, place: Path) -> None:
    shutil.copy(HERE / "eslint.config.js", place)
    (place / "documents").mkdir()
    for name, text in DOCUMENTS.items():
        (place / f"documents/{name}.graphql").write_text(text)

    ended = node.run(_bin("eslint"), "schema.graphql", "documents", folder=place)

    assert ended.returncode == 0, ended.stdout + ended.stderr
