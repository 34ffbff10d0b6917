"""Stripe's signatures: whether a body was signed with one of our secrets, within the last five minutes and not in the future."""

import time
from collections.abc import Iterable

TOLERANCE_SECONDS = 300


def verified(body: bytes, header: str | None, secrets: Iterable[str], *, now: float | None = None) -> bool:
    """Whether any `v1` of the header is good for any of the secrets. The library bounds the past alone; here the future is bounded too."""
    if not header or not header.isascii():  # the library's comparison raises on other text
        return False
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return any(_verified(text, header, secret) for secret in secrets) and _signed_at(header) <= (now or time.time()) + TOLERANCE_SECONDS


def _verified(text: str, header: str, secret: str) -> bool:
    from stripe import SignatureVerificationError, WebhookSignature  # by the first event: it brings its clients, a tenth of a start

    try:
        return bool(WebhookSignature.verify_header(text, header, secret, TOLERANCE_SECONDS))
    except SignatureVerificationError:
        return False


def _signed_at(header: str) -> int:
    """The timestamp of a header that the library has read: its first `t`."""
    return int(next(part[2:].split("=", 1)[0] for part in header.split(",") if part.startswith("t=")))
