"""Bodies: JSON read from raw bytes, strictly, and cheaply refused.

orjson reads what nearly every body is. Two things it leaves to us: it lets the last of two equal keys win, where another reader
of the same evidence may let the first; and it refuses lone surrogates, which are JSON and which people's metadata may hold.
"""

import json
from typing import Any, NoReturn

import orjson

_ESCAPED_COLON = b"\\u003"  # and eleven others: they merely cost a closer look
_SURROGATE = (b"\\ud", b"\\uD")


class Unreadable(ValueError):
    """Not one JSON value in UTF-8 that every reader reads alike; the text says what is wrong, and repeats nothing of it."""


def parse(body: bytes) -> Any:
    """The JSON value in `body`.

    Raises:
        Unreadable: not UTF-8, not JSON, NaN or Infinity, nested too deep, or an object with one key twice.
    """
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        if any(sign in body for sign in _SURROGATE):
            return _exact(body)
        raise Unreadable("the body is not JSON in UTF-8, or is nested too deep") from error
    return value if _has_each_key_once(body, value) else _exact(body)


def _has_each_key_once(body: bytes, value: Any) -> bool:
    """True where it is certain, by counting; False where it takes a closer look.

    A colon stands after a key or inside a string. Written out again, the value has as many as the body, unless a key was dropped
    or the body has a colon as an escape.
    """
    return _ESCAPED_COLON not in body and body.count(b":") == orjson.dumps(value).count(b":")


def _exact(body: bytes) -> Any:
    """The same by the standard library, which shows every key and takes surrogates; some twenty times slower."""
    try:
        return json.loads(body.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_constant)
    except UnicodeDecodeError as error:
        raise Unreadable("the body is not UTF-8") from error
    except RecursionError as error:
        raise Unreadable("the body is nested too deep") from error
    except Unreadable:
        raise
    except ValueError as error:  # not JSON, or a number of thousands of digits
        raise Unreadable("the body is not JSON") from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Unreadable("an object in the body has one key twice")
    return found


def _no_constant(name: str) -> NoReturn:
    raise Unreadable(f"{name} is not JSON")
