"""Field types of ours: JSON kept as text, so that both databases store the same bytes.

PostgreSQL's jsonb reorders keys and refuses NUL; the text of a JSON document has neither fault, because the encoder escapes.
"""

from typing import Any

import orjson
from tortoise import fields
from tortoise.models import Model


class JsonText(fields.Field[Any], str):  # type: ignore[misc]  # Tortoise's own fields inherit their value's type the same way
    """A JSON value in a text column. Keys are sorted: equal values are equal bytes, on either database."""

    SQL_TYPE = "TEXT"
    indexable = False

    def to_db_value(self, value: Any, instance: type[Model] | Model) -> str | None:  # noqa: ARG002  # Tortoise's signature
        return None if value is None else orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()

    def to_python_value(self, value: Any) -> Any:
        return orjson.loads(value) if isinstance(value, (str, bytes)) else value
