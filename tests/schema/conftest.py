"""Asking the schema itself, without HTTP between, and counting what it asks of the database."""

import json
import logging
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import pytest

from ingest.keys import Access
from resolvers.context import Context
from schema import errors
from schema.build import compiled, schema
from tests.ledger import Ledger

Ask = Callable[..., Awaitable[dict[str, Any]]]
ORIGIN = "https://go.test"


_counting: ContextVar[bool | None] = ContextVar("counting", default=None)
"""Whether statements are being counted, of compiled (True) or ordinary execution (False)."""


async def answer(ledger: Ledger, query: str, *, scopes: tuple[str, ...] = ("admin",), **variables: Any) -> dict[str, Any]:
    """What the workspace and mode of `ledger` are answered: data, and errors as they go on the wire. Compiled and ordinary agree on it."""
    access = Access(ledger.workspace.id, ledger.livemode, frozenset(scopes), "key_test")
    if _counting.get() is not None:
        return await answered(access, query, variables, by_plan=bool(_counting.get()))
    before = compiled.operations.counts.compiled
    found = await answered(access, query, variables, by_plan=True)
    if compiled.operations.counts.compiled > before:  # else ordinary execution has answered already
        assert comparable(found) == comparable(await answered(access, query, variables, by_plan=False)), query
    return found


def comparable(found: dict[str, Any]) -> tuple[str, list[str]]:
    """Data byte for byte, and errors by the null that each made: of several rows' errors that one null stands for, any may be told.

    Source: https://spec.graphql.org/September2025/#sec-Handling-Execution-Errors
    """
    errors = [_placed(found.get("data"), error) for error in found.get("errors") or ()]
    return json.dumps({**found, "errors": None}), sorted(map(json.dumps, errors))


def _placed(data: Any, error: dict[str, Any]) -> dict[str, Any]:
    """The error, with the place that is null because of it; rows beneath that have no numbers."""
    path, null = error.get("path", []), list[Any]()
    for step in path:
        if data is None:
            break
        data, null = data[step], [*null, step]
    return {**error, "path": [step if isinstance(step, str) else "*" for step in path[len(null) :]], "null": null}


async def answered(access: Access, query: str, variables: dict[str, Any], *, by_plan: bool) -> dict[str, Any]:
    """The answer of one of the two executions."""
    context = Context(access, "req_test", ORIGIN, compiled=by_plan)
    result = await schema.execute(query, variable_values=variables, context_value=context)
    found: dict[str, Any] = {"data": result.data, "extensions": result.extensions}
    if result.errors:
        found["errors"] = [errors.presented(error, "req_test") for error in result.errors]
    return found


@pytest.fixture
async def ledger(database: str) -> Ledger:
    """An empty ledger, live."""
    return await Ledger.of()


@pytest.fixture
def ask(ledger: Ledger) -> Ask:
    """The data of a question that must have no error."""

    async def asked(query: str, *, of: Ledger = ledger, **variables: Any) -> dict[str, Any]:
        found = await answer(of, query, **variables)
        assert "errors" not in found, found["errors"]
        data: dict[str, Any] = found["data"]
        return data

    return asked


class Said(str):
    """A statement and its values as the log has them."""

    text: str
    values: Sequence[Any]


class _Heard(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.statements: list[Said] = []

    def emit(self, record: logging.LogRecord) -> None:
        if (logged := Said(record.getMessage())).startswith(("SELECT", "WITH")):
            assert isinstance(record.args, tuple)
            logged.text, logged.values = record.args  # type: ignore[assignment]  # what both write
            self.statements.append(logged)


@contextmanager
def heard(*, compiled: bool = False) -> Iterator[list[Said]]:
    """The SELECTs that the block sends; its questions are answered by one execution alone."""
    log, handler = logging.getLogger("tortoise.db_client"), _Heard()
    level, token = log.level, _counting.set(compiled)
    log.addHandler(handler)
    log.setLevel(logging.DEBUG)
    try:
        yield handler.statements
    finally:
        _counting.reset(token)
        log.removeHandler(handler)
        log.setLevel(level)
