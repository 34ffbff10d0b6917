"""Writing: the source of a plan's row builder, and the names that it uses. Compiled once; nothing of a request is in it."""

from collections.abc import Callable
from typing import Any


class Writer:
    """Functions within one function `answer(found, origin)`: each sees the levels, named `k0`, `k1` …"""

    def __init__(self) -> None:
        self._bound: dict[str, Any] = {}
        self._names: dict[int, str] = {}
        self._lines: list[str] = []
        self._late: dict[str, Callable[[], str]] = {}
        self._count = 0

    def bind(self, value: Any) -> str:
        """A name for a value that the source needs."""
        if id(value) not in self._names:
            name = self.fresh("v")
            self._names[id(value)], self._bound[name] = name, value
        return self._names[id(value)]

    def fresh(self, prefix: str) -> str:
        self._count += 1
        return f"{prefix}{self._count}"

    def late(self, source: Callable[[], str]) -> str:
        """Source that is known when all else is written: what stands for it until then."""
        name = f"<{self.fresh('l')}>"
        self._late[name] = source
        return name

    def function(self, parameter: str, *lines: str) -> str:
        """A function of one parameter; its name. Written after all that its lines name."""
        name = self.fresh("f")
        self._lines += [f"    def {name}({parameter}):", *(f"        {line}" for line in lines)]
        return name

    def compiled(self, levels: int, result: str) -> Callable[[list[Any], str], Any]:
        names = "".join(f"k{number}, " for number in range(levels))
        opening = [f"    {names}= found"] if levels else []
        source = "\n".join(["def answer(found, origin):", *opening, *self._lines, f"    return {result}"])
        for name, late in self._late.items():
            source = source.replace(name, late())
        space: dict[str, Any] = dict(self._bound)
        exec(compile(source, "<plan>", "exec"), space)  # noqa: S102  # written here from names of the schema alone: see `repr` where keys are written
        made: Callable[[list[Any], str], Any] = space["answer"]
        return made
