"""Where a visitor is sent: the link's address with the visitor's own parameters, the link's utm and the click id. Pure.

No part of the destination but its parameters ever comes out of the request.
"""

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from urllib.parse import quote, unquote_plus, urlsplit, urlunsplit

OURS = frozenset({"pimms-no-track", "dub-no-track", "qr"})
"""Parameters that speak to us and go no further."""
MARKS = frozenset({"pimms_client_reference_id", "dub_client_reference_id"})
"""With the value 1 on a link's address: whoever is there wants the click id as Stripe's Payment Links take it."""
_REMEMBERED = 1_024
"""Addresses whose reading is kept: most visitors of a link bring no parameters, and are sent to the same one."""
_GAP = "\0"
_SAFE = "!$'()*+,/:;=?@%~-._[]"


@lru_cache(maxsize=_REMEMBERED)
def destination(url: str, visitor_query: str, utm: tuple[tuple[str, str], ...]) -> str:
    """The link's address with the visitor's parameters, each in place of one of the same name, and utm where there is none."""
    parts = urlsplit(url)
    visitors = [piece for piece in _pieces(visitor_query) if _name(piece) not in OURS | MARKS]
    named = {_name(piece) for piece in visitors}
    pieces = [piece for piece in _pieces(parts.query) if _name(piece) not in named] + visitors
    names = {_name(piece) for piece in pieces}
    pieces += [f"{name}={quote(value, safe='')}" for name, value in utm if name not in names]
    return urlunsplit(parts._replace(query="&".join(pieces)))


def with_click(url: str, click_id: str) -> str:
    """The destination that carries the click id on: in `pimms_id`, and for a Payment Link in what becomes `client_reference_id`."""
    added = [f"pimms_id={click_id}"]
    if _wants_reference(url):
        added.append(f"client_reference_id=pimms_id_{click_id}")
    taken = MARKS | {"pimms_id", *(piece.partition("=")[0] for piece in added)}
    parts = urlsplit(url)
    pieces = [piece for piece in _pieces(parts.query) if _name(piece) not in taken]
    return urlunsplit(parts._replace(query="&".join(pieces + added)))


def header_with_click(url: str, click_id: str) -> str:
    """`header(with_click(url, click_id))`: all but the id is the same for every visitor of a link."""
    return header(with_click(url, click_id)) if _GAP in url else click_id.join(_around_click(url))


@lru_cache(maxsize=_REMEMBERED)
def _around_click(url: str) -> tuple[str, ...]:
    return tuple(header(piece) for piece in with_click(url, _GAP).split(_GAP))


@lru_cache(maxsize=_REMEMBERED)
def parameters(url: str) -> Mapping[str, str]:
    """The decoded parameters of an address; the first of a name counts."""
    pieces = reversed(_pieces(urlsplit(url).query))
    return MappingProxyType({_name(piece): unquote_plus(piece.partition("=")[2], errors="replace") for piece in pieces})


@lru_cache(maxsize=_REMEMBERED)
def header(url: str) -> str:
    """The address as a Location header can hold it: what is not ASCII is percent-encoded."""
    return quote(url, safe=_SAFE + "#&")


@lru_cache(maxsize=_REMEMBERED)
def _wants_reference(url: str) -> bool:
    host = (urlsplit(url).hostname or "").lower()
    asked = parameters(url)
    return host == "buy.stripe.com" or any(asked.get(mark) == "1" for mark in MARKS)


def _pieces(query: str) -> list[str]:
    return [piece for piece in query.split("&") if piece]


def _name(piece: str) -> str:
    return unquote_plus(piece.partition("=")[0], errors="replace")
