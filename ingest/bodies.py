"""Bodies: JSON read from raw bytes, strictly, and cheaply refused.

orjson reads what nearly every body is. Two things it leaves to us: it lets the last of two equal keys win, where another reader
of the same evidence may let the first; and it refuses lone surrogates, which are JSON and which people's metadata may hold.
"""

import json
import re
from typing import Any, NoReturn

import orjson

_NEEDS_A_CLOSER_LOOK = re.compile(rb"[ \t\r\n]:|\\u00(?:22|3[aA])")
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


class Unreadable(ValueError):
    """Not one JSON value in UTF-8 that every reader reads alike; the text says what is wrong, and repeats nothing of it."""


def parse(body: bytes) -> Any:
    """The JSON value in `body`.

    Raises:
        Unreadable: not UTF-8, not JSON, NaN or Infinity, nested too deep, or an object with one key twice.
    """
    if _SURROGATE.search(body):
        return _exact(body)
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Unreadable("the body is not JSON in UTF-8, or is nested too deep") from error
    if _NEEDS_A_CLOSER_LOOK.search(body) or body.count(b'":') != orjson.dumps(value).count(b'":'):
        return _exact(body)
    return value


def _exact(body: bytes) -> Any:
    """The same by the standard library, which shows every key and takes surrogates; some twenty times slower."""
    try:
        return json.loads(body.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_constant)
    except UnicodeDecodeError as error:
        raise Unreadable("the body is not UTF-8") from error
    except RecursionError as error:
        raise Unreadable("the body is nested too deep") from error
    except json.JSONDecodeError as error:
        raise Unreadable("the body is not JSON") from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Unreadable("an object in the body has one key twice")
    return found


def _no_constant(name: str) -> NoReturn:
    raise Unreadable(f"{name} is not JSON")
