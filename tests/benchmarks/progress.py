"""What a run is doing now, on standard error, so that nobody wonders whether it still lives. The results are on standard output."""

import sys
import time
from collections.abc import Iterator
from typing import Any

_BEGAN = time.perf_counter()
_EVERY_SECONDS = 5.0


def say(text: str) -> None:
    elapsed = round(time.perf_counter() - _BEGAN)
    print(f"[{elapsed // 60:3}:{elapsed % 60:02}] {text}", file=sys.stderr, flush=True)


def counted(rows: Iterator[Any], what: str) -> Iterator[Any]:
    """The same rows, and from time to time how many there were."""
    said = time.perf_counter()
    for number, row in enumerate(rows, start=1):
        if number % 1_000 == 0 and time.perf_counter() - said > _EVERY_SECONDS:
            say(f"{what}: {number:,} rows")
            said = time.perf_counter()
        yield row
