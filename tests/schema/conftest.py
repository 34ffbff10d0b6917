"""Asking the schema itself, without HTTP between, and counting what it asks of the database."""

import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from ingest.keys import Access
from resolvers.context import Context
from schema import errors
from schema.build import schema
from tests.ledger import Ledger

Ask = Callable[..., Awaitable[dict[str, Any]]]
ORIGIN = "https://go.test"


async def answer(ledger: Ledger, query: str, *, scopes: tuple[str, ...] = ("admin",), **variables: Any) -> dict[str, Any]:
    """What the workspace and mode of `ledger` are answered: data, and errors as they go on the wire."""
    access = Access(ledger.workspace.id, ledger.livemode, frozenset(scopes), "key_test")
    result = await schema.execute(query, variable_values=variables, context_value=Context(access, "req_test", ORIGIN))
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


class _Heard(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.statements: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if (text := record.getMessage()).startswith("SELECT"):
            self.statements.append(text)


@contextmanager
def heard() -> Iterator[list[str]]:
    """The SELECTs that the block sends."""
    log, handler = logging.getLogger("tortoise.db_client"), _Heard()
    level = log.level
    log.addHandler(handler)
    log.setLevel(logging.DEBUG)
    try:
        yield handler.statements
    finally:
        log.removeHandler(handler)
        log.setLevel(level)
