"""What a run does: how long, how often, how much."""

from dataclasses import dataclass

from tests.benchmarks.databases import Store
from tests.benchmarks.size import Size
from tests.benchmarks.table import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    size: Size
    rounds: int
    seconds: float
    store: Store
    table: Table
