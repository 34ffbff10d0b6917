"""Request bodies: JSON objects, within the limit that `api.limits` holds."""

from typing import Any

from starlette.requests import Request

from api.errors import Malformed
from ingest import bodies


async def json_object(request: Request) -> dict[str, Any]:
    """The JSON object that a request carries.

    Raises:
        TooLarge: over the limit.
        Unreadable: not JSON.
        Malformed: JSON, and not an object.
    """
    value = bodies.parse(await request.body())
    if not isinstance(value, dict):
        raise Malformed("the body must be a JSON object")
    return value
