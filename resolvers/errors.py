"""The errors of this folder: what a reader asked wrongly. Each carries the code that the caller sees.

ReadError
├── BadInput     an argument that cannot be taken; names it
├── Forbidden    the key lacks a scope; names it
├── TooSlow      a subscriber who reads slower than things happen
└── Expired      a cursor older than the changes that are kept
"""


class ReadError(Exception):
    """A question that cannot be answered as it was put."""

    code = "BAD_USER_INPUT"


class BadInput(ReadError):
    """An argument that cannot be taken."""

    def __init__(self, argument: str, message: str) -> None:
        super().__init__(f"{argument}: {message}")
        self.argument = argument


class Forbidden(ReadError):
    """The key does not carry the scope that this needs."""

    code = "FORBIDDEN"

    def __init__(self, scope: str) -> None:
        super().__init__(f"this key lacks the scope {scope}")
        self.scope = scope


class TooSlow(ReadError):
    """More waits for a subscriber than is kept for one."""

    code = "RATE_LIMITED"

    def __init__(self, limit: int) -> None:
        super().__init__(f"more than {limit} events wait to be read: subscribe again")


class Expired(ReadError):
    """What followed the cursor is no longer kept."""

    code = "CURSOR_EXPIRED"

    def __init__(self, argument: str) -> None:
        super().__init__(f"{argument}: changes since this cursor are no longer kept: subscribe without it, and read the sales afresh")
        self.argument = argument
