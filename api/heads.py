"""The head of a request: its headers by name, laid out once for all who ask for one on the way in."""

from collections.abc import Mapping

from starlette.types import Scope

_KEPT = "clickledger.head"


def said(scope: Scope, name: bytes) -> str | None:
    """The header of this lower-case name, the first where it is given twice; None without one."""
    head: Mapping[bytes, bytes] | None = scope.get(_KEPT)
    if head is None:
        head = scope[_KEPT] = dict(reversed(scope["headers"]))
    value = head.get(name)
    return None if value is None else value.decode("latin-1")
