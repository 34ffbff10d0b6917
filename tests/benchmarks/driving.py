"""Driving: rounds against several contestants in turn, from a process on a core of its own, and what their medians say of each other."""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

from tests.benchmarks import machine
from tests.benchmarks.loads import Load
from tests.server import ROOT

WRK = shutil.which("wrk")
LUA = Path(__file__).with_name("wrk.lua")
DRIVER = "wrk" if WRK else "our own client"


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What one round measured. Latencies in milliseconds."""

    requests: int
    seconds: float
    refused: int
    failed: int
    p50: float
    p99: float

    @property
    def rate(self) -> float:
        return self.requests / self.seconds


@dataclass(frozen=True, slots=True)
class Contestant:
    """A server at an address, and what it is sent in a round of this number."""

    name: str
    url: str
    load: Callable[[int], Load]


@dataclass(slots=True)
class Match:
    """Rounds of several contestants, A B C A B C."""

    rounds: dict[str, list[Round]] = field(default_factory=dict)

    def rate(self, name: str) -> float:
        return median(each.rate for each in self.rounds[name])

    def p99(self, name: str) -> float:
        return median(each.p99 for each in self.rounds[name])

    def ratio(self, name: str, to: str) -> float:
        """The median of the rounds' ratios: a slow minute of the machine slows both of a pair."""
        return median(one.rate / other.rate for one, other in zip(self.rounds[name], self.rounds[to], strict=True))


def drive(url: str, load: Load, seconds: float) -> Round:
    """One round. Raises AssertionError where not every request was answered as it should be."""
    parts = urlsplit(url)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "requests"
        file.write_bytes(load.written(parts.netloc))
        own = [sys.executable, "-m", "tests.benchmarks.client", parts.netloc, str(file), str(load.clients), str(seconds)]
        with machine.on(machine.CLIENT):
            ended = subprocess.run(_wrk(url, load, seconds, file) or own, cwd=ROOT, capture_output=True, text=True, check=True)
    said = json.loads(next(line for line in ended.stdout.splitlines() if line.startswith("{")))
    found = Round(**{**said, "requests": int(said["requests"])})
    if not found.requests and seconds < 60:  # slower than a round is long
        return drive(url, load, seconds * 4)
    assert (found.requests > 0, found.refused, found.failed) == (True, 0, 0), f"{url}: {said}"
    return found


def _wrk(url: str, load: Load, seconds: float, file: Path) -> list[str] | None:
    if WRK is None:
        return None
    threads = ["-t1", f"-c{load.clients}", f"-d{max(1, round(seconds))}s", "--timeout", "20s"]
    return [WRK, *threads, "-s", str(LUA), url, "--", str(file)]


def match(contestants: list[Contestant], *, rounds: int, seconds: float, between: Callable[[], None] = lambda: None) -> Match:
    """A warm-up of each, then the rounds, interleaved. `between` them, whatever one has left to do is waited for."""
    found = Match({each.name: [] for each in contestants})
    for each in contestants:
        drive(each.url, each.load(0), seconds)
    for number in range(1, rounds + 1):
        for each in contestants:
            between()
            found.rounds[each.name].append(drive(each.url, each.load(number), seconds))
    return found


def constant(load: Load) -> Callable[[int], Load]:
    """The same load in every round."""
    return lambda _: load


def rates(found: Match) -> Mapping[str, float]:
    return {name: found.rate(name) for name in found.rounds}
