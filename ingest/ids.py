"""Identifiers: random ones for what people make, derived ones for what is folded, time-ordered ones for clicks."""

import os
import secrets
import time
from functools import lru_cache
from hashlib import blake2b

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
"""In ASCII order, so that text of equal length sorts as the number it stands for."""
_RANDOM_BITS = 53
_RANDOM = (1 << _RANDOM_BITS) - 1
_MILLISECONDS = (1 << 42) - 1
_LETTERS = bytes(ord(ALPHABET[byte % 62]) for byte in range(256))
_UNEVEN = bytes(range(248, 256))
"""Random bytes that would favour the first letters: left out."""
_PAIRS = tuple(first + second for first in ALPHABET for second in ALPHABET)
_LENGTH = 22
_ahead: list[str] = []
"""Random letters that no id has yet. Dozens of ids cost one question to the system."""
os.register_at_fork(after_in_child=_ahead.clear)  # a child would give out the same


def _base62(number: int, length: int) -> str:
    """So many characters, an even number, two at a time: a visitor waits for two of these."""
    pairs = []
    for _ in range(length // 2):
        number, pair = divmod(number, 3_844)
        pairs.append(_PAIRS[pair])
    return "".join(reversed(pairs))


@lru_cache(maxsize=1_024, typed=True)
def derived(prefix: str, *parts: object) -> str:
    """An id that is a function of `parts` alone: `<prefix>_` and 22 characters of their 128-bit hash. A batch asks for most twice."""
    text = "\x1f".join(str(part) for part in parts)
    number = int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest(), "big")
    return f"{prefix}_{_base62(number, 22)}"


def made(prefix: str) -> str:
    """A new random id: `<prefix>_` and 22 characters, which is 130 random bits."""
    return f"{prefix}_{_random()}"


def made_in_order(prefix: str) -> str:
    """A new id that sorts by time: `<prefix>_`, 6 characters of seconds since 1970, and 16 that are 95 random bits.

    Of rows that are written in thousands: their index grows at its end, where a random id would have each change a page of its own.
    """
    return f"{prefix}_{_seconds(int(time.time()))}{_random()[:16]}"


@lru_cache(maxsize=2)
def _seconds(since_1970: int) -> str:
    return _base62(since_1970, 6)


def _random() -> str:
    """22 random letters. Taken by one call, which threads do not interrupt."""
    while True:
        try:
            return _ahead.pop()
        except IndexError:
            letters = secrets.token_bytes(2_048).translate(_LETTERS, _UNEVEN).decode()
            _ahead.extend(letters[start : start + _LENGTH] for start in range(0, len(letters) - _LENGTH, _LENGTH))


def click_id(now: float | None = None, *, secret: int | None = None) -> str:
    """A new click id: 42 bits of milliseconds since 1970, then 53 random bits, in 16 characters that sort by time.

    `secret`, a keyed hash, stands in for the random bits where the same visit must give the same id.
    """
    milliseconds = int((time.time() if now is None else now) * 1000) & _MILLISECONDS
    bits = secrets.randbits(_RANDOM_BITS) if secret is None else secret & _RANDOM
    return _base62(milliseconds << _RANDOM_BITS | bits, 16)


def click_beginnings(earliest: float, latest: float, length: int) -> list[str]:
    """What click ids of these times begin with, so many characters, in order. Three characters are six hours."""
    first, last = (int(at * 1000) << _RANDOM_BITS for at in (earliest, latest))
    unit = 62 ** (16 - length)
    return [_base62(number, length + length % 2)[-length:] for number in range(first // unit, (last | _RANDOM) // unit + 1)]


def click_time_ms(click: str) -> int:
    """Milliseconds since 1970 that a click id of ours carries. Ids of other makers give any number."""
    number = 0
    for character in click:
        number = number * 62 + ALPHABET.index(character)
    return number >> _RANDOM_BITS
