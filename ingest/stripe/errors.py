"""The errors of reading Stripe, and of asking it.

IngestError
├── Unreadable        an event whose money or time cannot be read: it is kept, and fails with this reason
└── StripeRefused     Stripe answered with an error, or did not answer
    ├── KeyRefused    the key is wrong, expired or may not do this: asking again will not help
    ├── Gone          no such object at Stripe (any more)
    └── TryLater      too many requests, a fault of Stripe's or of the network: asking again may help
"""

from ingest.errors import IngestError


class Unreadable(IngestError):
    """A field that a fact needs is missing or has the wrong type; `field` is its place in the event."""

    def __init__(self, field: str) -> None:
        super().__init__(f"cannot read {field}")
        self.field = field


class StripeRefused(IngestError):
    """Stripe did not do what was asked. `code` is Stripe's own, `status` its HTTP status, None where there was no answer."""

    def __init__(self, message: str, *, code: str | None = None, status: int | None = None) -> None:
        super().__init__(message)
        self.message, self.code, self.status = message, code, status


class KeyRefused(StripeRefused):
    """The key is wrong, expired or lacks a permission."""


class Gone(StripeRefused):
    """No such object."""


class TryLater(StripeRefused):
    """Still refused after the retries: a limit, a fault of Stripe's, or no connection. `wait_seconds` is what Stripe asked for."""

    def __init__(self, message: str, *, code: str | None = None, status: int | None = None, wait_seconds: float | None = None) -> None:
        super().__init__(message, code=code, status=status)
        self.wait_seconds = wait_seconds
