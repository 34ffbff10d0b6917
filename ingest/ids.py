"""Identifiers: random ones for what people make, derived ones for what is folded, time-ordered ones for clicks."""

import secrets
import time
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


def _base62(number: int, length: int) -> str:
    """So many characters, an even number, two at a time: a visitor waits for two of these."""
    pairs = []
    for _ in range(length // 2):
        number, pair = divmod(number, 3_844)
        pairs.append(_PAIRS[pair])
    return "".join(reversed(pairs))


def derived(prefix: str, *parts: object) -> str:
    """An id that is a function of `parts` alone: `<prefix>_` and 22 characters of their 128-bit hash."""
    text = "\x1f".join(str(part) for part in parts)
    number = int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest(), "big")
    return f"{prefix}_{_base62(number, 22)}"


def made(prefix: str) -> str:
    """A new random id: `<prefix>_` and 22 characters, which is 130 random bits."""
    letters = b""
    while len(letters) < 22:
        letters += secrets.token_bytes(32).translate(_LETTERS, _UNEVEN)
    return f"{prefix}_{letters[:22].decode()}"


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
