"""The table of kills and losses: tests write down what they did, `make prove` prints the sum.

`python -m tests.crash.table FILE` prints it from the lines of that file.
"""

import json
import os
import sys
from collections.abc import Iterable
from pathlib import Path

_NUMBERS = ("kills", "acknowledged", "redelivered", "losses", "differences", "examples", "orders")
_SHOWN = ("what", "database", *_NUMBERS)


def note(what: str, database: str, **numbers: int) -> None:
    """Add a line, where somebody asked for a table."""
    asked = os.environ.get("PROVE_TABLE")
    if asked:
        with Path(asked).open("a") as file:
            file.write(json.dumps({"what": what, "database": database, **numbers}) + "\n")


def rounds(short: int, long: int) -> int:
    """How often to do something: little in `make test`, `long` times PROVE_ROUNDS in `make prove`."""
    asked = int(os.environ.get("PROVE_ROUNDS", "0"))
    return long * asked if asked else short


def lines(noted: Iterable[str]) -> Iterable[str]:
    """The table, in Markdown: what was done on which database, summed, and a line of totals."""
    sums: dict[tuple[str, str], dict[str, int]] = {}
    for row in map(json.loads, noted):
        for key in ((row["what"], row["database"]), ("in all", "both")):
            found = sums.setdefault(key, dict.fromkeys(_NUMBERS, 0))
            for name in _NUMBERS:
                found[name] += row.get(name, 0)
    whole = sums.pop(("in all", "both"), None)
    ordered = sorted(sums.items()) + ([(("in all", "both"), whole)] if whole else [])
    yield _line(_SHOWN)
    yield _line(["---", "---", *["---:"] * len(_NUMBERS)])
    for (what, database), found in ordered:
        yield _line([what, database, *(f"{found[name]:,}" for name in _NUMBERS)])


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    sys.stdout.write("\n".join(lines(Path(sys.argv[1]).read_text().splitlines())) + "\n")
