"""Connections: a plan's statements on the driver itself, without the layers that an ORM needs."""

import logging
from collections.abc import Sequence
from typing import Any

import orjson
from tortoise.backends.base.client import TransactionalDBClient
from tortoise.models import Model

_log = logging.getLogger("tortoise.db_client")


class Connection:
    """Where one request reads."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.sqlite = client.capabilities.dialect == "sqlite"

    def listed(self, values: Sequence[Any]) -> Any:
        """A list as one value of a statement."""
        return orjson.dumps(values).decode() if self.sqlite else list(values)

    async def fetch(self, text: str, values: Sequence[Any]) -> list[Any]:
        if _log.isEnabledFor(logging.DEBUG):
            _log.debug("%s: %s", text, values)
        async with self._client.acquire_connection() as connection:
            if self.sqlite:
                found: list[Any] = await connection.execute_fetchall(text, values)
            else:
                found = await connection.fetch(text, *values)
        return found


def of(model: type[Model]) -> Connection | None:
    """Where rows of this model are read now; None inside a transaction, whose own writes another connection would miss."""
    client = model._meta.db
    return None if isinstance(client, TransactionalDBClient) else Connection(client)
