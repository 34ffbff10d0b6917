"""Documents by name: automatic persisted queries as Apollo Client speaks them, and registered documents, with which none but these run.

Source: https://www.apollographql.com/docs/apollo-server/performance/apq
"""

import hashlib
import json
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from graphql import GraphQLError

from api.settings import SettingError, Settings
from schema.build import schema
from schema.documents import Documents
from schema.limits import Limits

SETTING = "CLICKLEDGER_GRAPHQL_TRUSTED"
SHA256 = "sha256:"


@dataclass(slots=True)
class Texts:
    """The latest texts by their SHA-256, so many characters of them in all."""

    limit_characters: int = 4_000_000
    _kept: OrderedDict[str, str] = field(default_factory=OrderedDict)
    _characters: int = 0

    def find(self, digest: str) -> str | None:
        if digest in self._kept:
            self._kept.move_to_end(digest)
        return self._kept.get(digest)

    def keep(self, digest: str, text: str) -> None:
        if self.find(digest) is None and len(text) <= self.limit_characters // 20:
            self._kept[digest] = text
            self._characters += len(text)
            while self._characters > self.limit_characters:
                self._characters -= len(self._kept.popitem(last=False)[1])


@dataclass(frozen=True, slots=True)
class Persisted:
    """Where a request that names its document finds it."""

    texts: Texts | None
    """None where automatic persisted queries are off."""
    registered: Mapping[str, str] | None = None
    """Registered documents by every name that they have; None where any document runs."""

    def text(self, query: str | None, extensions: Mapping[str, Any], document_id: str | None) -> str:
        """The document of a request.

        Raises:
            GraphQLError: it names one that is not here, or another than it sends, or none.
        """
        digest = _named(extensions, document_id)
        if query is not None:
            return query if digest is None else self._taken(digest, query)
        if digest is None:
            raise GraphQLError("query is missing", extensions={"code": "BAD_USER_INPUT"})
        found = self.registered.get(digest) if self.registered is not None else self._kept(digest)
        if found is None:
            raise GraphQLError("PersistedQueryNotFound", extensions={"code": "PERSISTED_QUERY_NOT_FOUND"})
        return found

    def _kept(self, digest: str) -> str | None:
        if self.texts is None:
            raise GraphQLError("PersistedQueryNotSupported", extensions={"code": "PERSISTED_QUERY_NOT_SUPPORTED"})
        return self.texts.find(digest)

    def _taken(self, digest: str, query: str) -> str:
        if digest != sha256(query):
            raise GraphQLError("the hash is not that of the query", extensions={"code": "BAD_USER_INPUT"})
        if self.texts is not None and self.registered is None:
            self.texts.keep(digest, query)
        return query


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _named(extensions: Mapping[str, Any], document_id: str | None) -> str | None:
    """The name that a request gives its document: Apollo's extension, or the `documentId` of the specification's draft."""
    if document_id is not None:
        return document_id.removeprefix(SHA256)
    said = extensions.get("persistedQuery")
    if said is None:
        return None
    if isinstance(said, dict) and said.get("version") == 1 and isinstance(said.get("sha256Hash"), str):
        return str(said["sha256Hash"])
    raise GraphQLError("extensions.persistedQuery must have version 1 and a sha256Hash", extensions={"code": "BAD_USER_INPUT"})


def create(chosen: Settings) -> tuple[Persisted, Documents]:
    """The documents of an application, under the limits that were set.

    Raises:
        SettingError: registered documents that cannot be read, or cannot run.
    """
    named = None if chosen.graphql_trusted is None else registered(chosen.graphql_trusted)
    texts = Texts() if chosen.graphql_persisted == "on" else None
    limits = Limits(
        depth=chosen.graphql_depth,
        roots=chosen.graphql_roots,
        aliases=chosen.graphql_aliases,
        directives=chosen.graphql_directives,
        tokens=chosen.graphql_tokens,
        cost=chosen.graphql_cost,
    )
    documents = Documents(schema._schema, limits=limits, registered=None if named is None else frozenset(named.values()))
    for name, text in (named or {}).items():
        _run(documents, name, text)
    return Persisted(texts, named), documents


def _run(documents: Documents, name: str, text: str) -> None:
    try:
        found = documents.prepared(text).errors
    except GraphQLError as error:
        found = (error,)
    if found:
        raise SettingError(SETTING, f"the document {name} cannot run: {found[0].message}")


def registered(place: str) -> dict[str, str]:
    """The documents of a folder or file by their hashes, and by the names that the file gives them.

    Raises:
        SettingError: they cannot be read.
    """
    path = Path(place)
    try:
        named = list(_of_folder(path) if path.is_dir() else _of_file(path))
    except (OSError, ValueError, LookupError, AttributeError, TypeError) as error:
        message = "must be a folder of .graphql files, or a JSON file of hashes and documents as Apollo, Relay or Codegen write it"
        raise SettingError(SETTING, message) from error
    if not named:
        raise SettingError(SETTING, "holds no document")
    return {name.removeprefix(SHA256): text for given, text in named for name in (given, sha256(text))}


def _of_folder(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(each for each in folder.rglob("*") if each.suffix in {".graphql", ".gql"}):
        text = path.read_text(encoding="utf-8")
        yield sha256(text.strip()), text
        yield sha256(text.strip()), text.strip()


def _of_file(path: Path) -> Iterator[tuple[str, str]]:
    """Apollo's manifest, `{"operations": [{"id", "body"}]}`, or `{"<hash>": "<document>"}`, as Relay and Codegen write it."""
    said = json.loads(path.read_text(encoding="utf-8"))
    if isinstance(said.get("operations"), list):
        yield from ((str(each["id"]), str(each["body"])) for each in said["operations"])
    else:
        yield from ((name, text) for name, text in said.items() if isinstance(text, str))
