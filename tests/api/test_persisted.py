"""Persisted documents: by Apollo's hashes, by the specification's ids, and registered ones alone."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette

from api.app import create_app
from api.persisted import Texts, sha256
from api.settings import SettingError, Settings

QUERY = "query Slug { workspace { slug } }"
ANSWER = {"workspace": {"slug": "default"}}


def _named(digest: str = sha256(QUERY), **more: Any) -> dict[str, Any]:
    return {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": digest}}, **more}


@asynccontextmanager
async def _asking(settings: Settings, key: str, **chosen: Any) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(create_app(replace(settings, **chosen), connect=False))
    async with httpx2.AsyncClient(
        transport=transport, base_url="http://clickledger.test", headers={"authorization": f"Bearer {key}"}
    ) as made:
        yield made


def _code(answer: httpx2.Response) -> str:
    code: str = answer.json()["errors"][0]["extensions"]["code"]
    return code


async def test_a_hash_is_unknown_until_its_document_came_with_it(app: Starlette, settings: Settings, live_key: str) -> None:
    async with _asking(settings, live_key) as caller:
        unknown = await caller.post("/graphql", json=_named())
        taken = await caller.post("/graphql", json=_named(query=QUERY))
        known = await caller.post("/graphql", json=_named())
        extensions = json.dumps(_named()["extensions"])
        got = await caller.get("/graphql", params={"extensions": extensions, "operationName": "Slug"})
        stated = await caller.post("/graphql", json={"documentId": f"sha256:{sha256(QUERY)}"})

    assert (unknown.json()["errors"][0]["message"], _code(unknown)) == ("PersistedQueryNotFound", "PERSISTED_QUERY_NOT_FOUND")
    assert [answer.json()["data"] for answer in (taken, known, got, stated)] == [ANSWER] * 4


async def test_a_hash_of_another_document_is_refused_and_not_kept(app: Starlette, settings: Settings, live_key: str) -> None:
    async with _asking(settings, live_key) as caller:
        wrong = await caller.post("/graphql", json=_named("0" * 64, query=QUERY))
        after = await caller.post("/graphql", json=_named("0" * 64))

    assert (_code(wrong), _code(after)) == ("BAD_USER_INPUT", "PERSISTED_QUERY_NOT_FOUND")


async def test_an_extension_of_another_shape_is_a_mistake(app: Starlette, settings: Settings, live_key: str) -> None:
    async with _asking(settings, live_key) as caller:
        for said in (7, {}, {"version": 2, "sha256Hash": "a"}, {"version": 1, "sha256Hash": 7}):
            found = await caller.post("/graphql", json={"extensions": {"persistedQuery": said}})

            assert _code(found) == "BAD_USER_INPUT"


async def test_where_they_are_off_apollo_is_told_to_stop_asking(app: Starlette, settings: Settings, live_key: str) -> None:
    async with _asking(settings, live_key, graphql_persisted="off") as caller:
        found = await caller.post("/graphql", json=_named())
        whole = await caller.post("/graphql", json=_named(query=QUERY))

    assert _code(found) == "PERSISTED_QUERY_NOT_SUPPORTED"
    assert whole.json()["data"] == ANSWER


def test_texts_are_bounded_and_the_one_not_used_longest_goes() -> None:
    texts = Texts(limit_characters=100)
    texts.keep("long", "x" * 6)
    for name in range(25):
        texts.keep(str(name), "x" * 5)
        texts.find("0")

    assert texts.find("long") is None
    assert [name for name in range(25) if texts.find(str(name))] == [0, *range(6, 25)]


FORMS = {
    "relay.json": {"an-id": QUERY},
    "apollo.json": {"format": "apollo-persisted-query-manifest", "version": 1, "operations": [{"id": "an-id", "body": QUERY}]},
}


@pytest.mark.parametrize("form", FORMS)
async def test_of_registered_documents_none_but_they_run(
    app: Starlette, settings: Settings, live_key: str, tmp_path: Path, form: str
) -> None:
    (tmp_path / form).write_text(json.dumps(FORMS[form]))

    async with _asking(settings, live_key, graphql_trusted=str(tmp_path / form)) as caller:
        answered = [
            await caller.post("/graphql", json=asked) for asked in ({"query": QUERY}, _named(), _named("an-id"), {"documentId": "an-id"})
        ]
        other = await caller.post("/graphql", json={"query": "{ workspace { slug } }"})
        told = await caller.post("/graphql", json=_named(sha256("{ workspace { id } }"), query="{ workspace { id } }"))
        named = await caller.post("/graphql", json=_named(sha256("{ workspace { id } }")))
        streamed = await caller.post("/graphql", json={"query": "{ workspace { id } }"}, headers={"accept": "text/event-stream"})

    assert [answer.json()["data"] for answer in answered] == [ANSWER] * 4
    assert (_code(other), _code(told), _code(named)) == ("FORBIDDEN", "FORBIDDEN", "PERSISTED_QUERY_NOT_FOUND")
    assert "only registered documents run here" in streamed.text


async def test_a_folder_of_documents_is_registered(app: Starlette, settings: Settings, live_key: str, tmp_path: Path) -> None:
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages/slug.graphql").write_text(QUERY + "\n")

    async with _asking(settings, live_key, graphql_trusted=str(tmp_path)) as caller:
        found = await caller.post("/graphql", json={"query": QUERY})

    assert found.json()["data"] == ANSWER


WRONG = {"nothing.json": None, "empty.json": "{}", "list.json": "[]", "broken.json": "{", "stale.json": '{"a": "{ nope }"}'}


@pytest.mark.parametrize("name", WRONG)
def test_documents_that_cannot_be_read_or_run_stop_the_start(name: str, tmp_path: Path) -> None:
    text = WRONG[name]
    if text is not None:
        (tmp_path / name).write_text(text)

    with pytest.raises(SettingError, match="CLICKLEDGER_GRAPHQL_TRUSTED"):
        create_app(Settings(graphql_trusted=str(tmp_path / name)))
