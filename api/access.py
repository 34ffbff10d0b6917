"""Who asks: an API key in `Authorization: Bearer …` becomes a workspace, a mode and scopes, or a refusal."""

from starlette.requests import HTTPConnection

from api import heads
from api.errors import Forbidden, Unauthenticated
from ingest.keys import Access, Keyring

LONGEST_KEY = 512


async def identify(connection: HTTPConnection, plaintext: str) -> Access | None:
    """What a key opens, however it came (a header; a WebSocket's first message)."""
    if not 0 < len(plaintext) <= LONGEST_KEY:
        return None
    keyring: Keyring = connection.app.state.keyring
    return await keyring.find(plaintext)


def bearer(connection: HTTPConnection) -> str | None:
    """The key in the Authorization header, None without one. Never in an address: those are logged and shared."""
    scheme, _, key = (heads.said(connection.scope, b"authorization") or "").partition(" ")
    return key.strip() or None if scheme.lower() == "bearer" else None


async def require(connection: HTTPConnection, scope: str) -> Access:
    """The access of a request's key, which has `scope`.

    Raises:
        Unauthenticated: no key, or one that opens nothing.
        Forbidden: the key lacks the scope.
    """
    plaintext = bearer(connection)
    access = None if plaintext is None else await identify(connection, plaintext)
    if access is None:
        raise Unauthenticated
    if not access.allows(scope):
        raise Forbidden(scope)
    return access
