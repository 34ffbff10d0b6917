"""The errors of this folder.

IngestError
├── Invalid          a field's fault: what was said cannot be taken, and saying it again will not help
├── NotFound         what was named is not in this workspace
├── CurrencyUnknown  a code whose decimals nobody told us: its amounts have no major units
├── RatesUnreadable  a source of exchange rates is away, or what it sent is not rates
├── Overrun          who listens is too far behind, and something would have to be left out
└── Cut              what a reader wants to go on from is older than what is kept
"""


class IngestError(Exception):
    """Anything that `ingest` refuses to do."""


class Invalid(IngestError):
    """A value that cannot be taken: `field` as the caller names it, `code` for programs, `message` for people."""

    def __init__(self, field: str, code: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field, self.code, self.message = field, code, message


class NotFound(IngestError):
    """No such thing in this workspace and mode."""

    def __init__(self, what: str, name: str) -> None:
        super().__init__(f"no {what} {name}")
        self.what, self.name = what, name


class CurrencyUnknown(IngestError):
    """No such currency in our table: amounts in it are kept as they came, and wait."""

    def __init__(self, currency: str) -> None:
        super().__init__(f"unknown currency {currency!r}")
        self.currency = currency


class RatesUnreadable(IngestError):
    """Nothing was learned from a source of rates: the next attempt may."""

    def __init__(self, source: str, detail: str) -> None:
        super().__init__(f"{source}: {detail}")
        self.source, self.detail = source, detail


class Overrun(IngestError):
    """More waits for a listener than is kept for one."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"more than {limit} wait for you")
        self.limit = limit


class Cut(IngestError):
    """The changes that follow a reader's last one are gone: it must read the sales afresh."""

    def __init__(self, after: int) -> None:
        super().__init__(f"what followed change {after} is no longer kept")
        self.after = after
