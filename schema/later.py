"""Work that begins when it is awaited."""

from collections.abc import Callable, Coroutine, Generator
from functools import partial
from typing import Any


class Later:
    """What a field gives that has to ask the database.

    When a field fails, execution drops its siblings, some before they began; a coroutine among them would be one that was never awaited.
    """

    __slots__ = ("_begin",)

    def __init__(self, begin: Callable[..., Coroutine[Any, Any, Any]], *arguments: Any, **named: Any) -> None:
        self._begin = partial(begin, *arguments, **named)

    def __await__(self) -> Generator[Any, None, Any]:
        return self._begin().__await__()
