"""Derived text: strings from outside, made storable in both databases, and made back.

PostgreSQL refuses NUL in text and neither database can encode a lone surrogate; Stripe metadata and JSON bodies may hold both.
"""

import re

MARK = "\ue000"  # a private-use character: itself doubled where it occurs
_UNSTORABLE = re.compile("[\x00\ud800-\udfff\ue000]")
_ESCAPED = re.compile(f"{MARK}(?:{MARK}|([0-9a-f]{{4}}))")


def escape(text: str) -> str:
    """Text with NUL, lone surrogates and the mark itself replaced; everything else is untouched."""
    return _UNSTORABLE.sub(lambda found: MARK + (MARK if found[0] == MARK else f"{ord(found[0]):04x}"), text)


def unescape(text: str) -> str:
    """What `escape` was given."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)) if found[1] else MARK, text)
