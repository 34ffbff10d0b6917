"""`make bench` runs to its end and measures all of what it says, at a size at which its numbers mean nothing."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.benchmarks.__main__ import PARTS
from tests.benchmarks.table import Line, Table

ROOT = Path(__file__).parents[2]
LINES = (
    "page of 50 sales", "one sale by id", "cost of the last page", "redirect with a committed click", "events of a backlog settled",
    "lag of the settler", "webhook acknowledged", "a click in a flush of eight", "summed into its buckets", "start to ready",
    "memory after", "statements for a redirect's click",
)  # fmt: skip


@pytest.mark.audit
def test_a_small_bench_fails_nowhere_and_prints_its_lines() -> None:
    small = ["--scale", "0.001", "--rounds", "1", "--seconds", "1", "--engine", "sqlite"]
    command = [sys.executable, "-m", "tests.benchmarks", *small]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)

    assert (done.returncode, "failed:" in done.stdout) == (0, False), done.stdout + done.stderr
    assert [line for line in LINES if line not in done.stdout] == []
    assert set(PARTS) == {"reading", "report", "redirect", "webhook", "rollups", "footprint"}


def test_what_was_not_measured_and_what_failed_stand_under_the_table() -> None:
    table = Table()
    table.add(Line(what="a page", against="raw SQL", value=0.85, at_least=0.8, note="85 and 100"))
    table.add(Line(what="a sale", against="raw SQL", value=0.5, at_least=0.6))
    table.skip("PostGraphile: npm did not install it")
    table.fail("webhook, sqlite: AssertionError")

    told = table.markdown()

    assert "| a page | raw SQL | 0.85 times | ≥ 0.8 | yes | 85 and 100 |" in told
    assert "| a sale | raw SQL | 0.50 times | ≥ 0.6 | no |" in told
    assert told.endswith("Not measured: PostGraphile: npm did not install it.\nFailed: webhook, sqlite: AssertionError.")
