"""The explorer's page and files: the policy, the caching, what happens without a build, and what its sources may name."""

import gzip
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from graphql import OperationDefinitionNode, build_schema, parse, validate
from starlette.applications import Starlette
from starlette.testclient import TestClient

from api import explorer
from schema.build import schema

SOURCES = Path(explorer.__file__).parent / "graphiql"
TABS = sorted((SOURCES / "tabs").glob("*.graphql"))

SCRIPT = b"console.log('of our own')"


@pytest.fixture
def dist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A build of one script."""
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html><title>the page</title>")
    (tmp_path / "assets" / "main-ABC.js.gz").write_bytes(gzip.compress(SCRIPT))
    (tmp_path / "secret.js.gz").write_bytes(gzip.compress(b"outside the assets"))
    monkeypatch.setattr(explorer, "DIST", tmp_path)
    return tmp_path


@pytest.fixture
def client() -> Iterator[TestClient]:
    with TestClient(Starlette(routes=explorer.ROUTES)) as client:
        yield client


def test_the_page_may_load_only_our_own_files_and_be_framed_by_nobody(dist: Path, client: TestClient) -> None:
    answer = client.get("/graphiql")

    assert "the page" in answer.text
    assert answer.headers["content-security-policy"] == (
        "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        "font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def test_the_page_is_asked_for_again_and_its_hashed_files_never(dist: Path, client: TestClient) -> None:
    page, script = client.get("/graphiql"), client.get("/graphiql/assets/main-ABC.js")

    assert page.headers["cache-control"] == "no-cache"
    assert script.headers["cache-control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_a_file_reads_the_same_packed_and_unpacked(dist: Path, client: TestClient, encoding: str) -> None:
    answer = client.get("/graphiql/assets/main-ABC.js", headers={"accept-encoding": encoding})

    assert answer.content == SCRIPT
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers.get("content-encoding", "identity") == encoding


@pytest.mark.parametrize("name", ["nothing.js", "..%2Fsecret.js", "main-ABC", "main-ABC.js%00", "%F0%9F%92%B8.js", "a.js" * 200])
def test_no_other_name_finds_a_file(dist: Path, client: TestClient, name: str) -> None:
    assert client.get(f"/graphiql/assets/{name}").status_code == 404


def test_a_missing_build_says_how_to_make_it(tmp_path: Path, client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explorer, "DIST", tmp_path / "never built")

    answer = client.get("/graphiql")

    assert answer.status_code == 503
    assert "make explorer" in answer.text
    assert "make serve" in answer.text


def test_the_lock_file_names_no_host_that_a_package_comes_from() -> None:
    lock = (SOURCES / "package-lock.json").read_text()

    assert '"resolved"' not in lock
    assert "registry" not in lock
    assert lock.count('"integrity"') > 50


def test_our_page_and_styles_name_no_outside_host() -> None:
    texts = [SOURCES / "index.html", *(path for path in (SOURCES / "src").iterdir() if path.suffix != ".svg")]

    named = [(path.name, found) for path in texts for found in re.findall(r"(?:https?:)?//[a-z0-9-]+\.[a-z]+[^\s\"']*", path.read_text())]

    assert named == []


@pytest.mark.parametrize("path", TABS, ids=lambda path: path.stem)
def test_a_tab_is_one_named_operation_under_a_comment_that_teaches(path: Path) -> None:
    text = path.read_text()

    (operation,) = parse(text).definitions

    assert text.startswith("# ")
    assert isinstance(operation, OperationDefinitionNode)
    assert operation.name is not None


@pytest.mark.parametrize("path", TABS, ids=lambda path: path.stem)
def test_a_tab_asks_only_what_the_schema_has(path: Path) -> None:
    served = build_schema(schema.as_str())

    assert validate(served, parse(path.read_text())) == []
