"""Connections: a plan's statements on the driver itself, without the layers that an ORM needs."""

import logging
from collections.abc import Sequence
from typing import Any, Protocol

import orjson
from tortoise.backends.base.client import TransactionalDBClient
from tortoise.models import Model

from resolvers.plan import sqlite

_log = logging.getLogger("tortoise.db_client")


class Connection(Protocol):
    """Where one request reads."""

    sqlite: bool

    def listed(self, values: Sequence[Any]) -> Any:
        """A list as one value of a statement."""

    async def fetch(self, text: str, values: Sequence[Any]) -> list[Any]: ...

    async def stand_still(self) -> None:
        """Read one state of the database until all is given back, whatever others write; before anything is read."""

    async def release(self) -> None:
        """Give back what is held, for a while or for good; the next statement takes it again."""


class Sqlite:
    """A reader beside the one connection that writes."""

    sqlite = True

    def __init__(self, client: Any) -> None:
        self._readers = sqlite.readers(client)
        self._taken: sqlite.Reader | None = None

    def listed(self, values: Sequence[Any]) -> Any:
        return orjson.dumps(values).decode()

    async def fetch(self, text: str, values: Sequence[Any]) -> list[Any]:
        if _log.isEnabledFor(logging.DEBUG):
            _log.debug("%s: %s", text, values)
        if self._taken is None:
            self._taken = self._readers.taken()
        return await self._taken.fetch(text, values)

    async def stand_still(self) -> None:
        """A reader always does."""

    async def release(self) -> None:
        taken, self._taken = self._taken, None
        if taken is not None:
            taken.release()


class Postgres:
    """A connection of the pool, of the one for readers where there is one, for as long as statements follow each other."""

    sqlite = False

    def __init__(self, client: Any) -> None:
        self._readers = getattr(client, "readers", client._pool)
        self._taken: Any = None
        self._state: Any = None

    def listed(self, values: Sequence[Any]) -> Any:
        return list(values)

    async def fetch(self, text: str, values: Sequence[Any]) -> list[Any]:
        if _log.isEnabledFor(logging.DEBUG):
            _log.debug("%s: %s", text, values)
        if self._taken is None:
            self._taken = await self._readers.acquire()
        found: list[Any] = await self._taken.fetch(text, *values)
        return found

    async def stand_still(self) -> None:
        """By a transaction: a statement has a state of its own elsewhere. It costs two round trips."""
        self._taken = await self._readers.acquire()
        state = self._taken.transaction(isolation="repeatable_read", readonly=True)
        await state.start()
        self._state = state

    async def release(self) -> None:
        taken, self._taken = self._taken, None
        if taken is None:
            return
        state, self._state = self._state, None
        try:
            if state is not None and not taken.is_closed():
                await state.rollback()
        finally:
            await self._readers.release(taken)


def of(model: type[Model]) -> Connection | None:
    """Where rows of this model are read now; None inside a transaction, whose own writes another connection would miss."""
    client: Any = model._meta.db
    if isinstance(client, TransactionalDBClient):
        return None
    if client.capabilities.dialect != "sqlite":
        return None if client._pool is None else Postgres(client)
    return None if client.filename == ":memory:" else Sqlite(client)
