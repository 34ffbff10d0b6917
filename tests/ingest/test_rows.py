"""Rows of a settled payment: their digest says whether they changed, and nothing else."""

import os
import subprocess
import sys

import pytest

DIGEST = """
from ingest.models.ledger import Credit, Refund
from ingest.settle.rows import digest
print(digest([Refund(id="rfnd_1", amount_minor=700, currency="USD"), Credit(id="cred_1", weight="1")]))
"""


@pytest.mark.parametrize("seed", ["0", "1", "2"])
def test_a_digest_is_the_same_in_every_process(seed: str) -> None:
    """Python orders its sets anew in each process; a digest that followed them would announce changes after every restart."""
    told = [
        subprocess.run(
            [sys.executable, "-c", DIGEST], env={**os.environ, "PYTHONHASHSEED": each}, capture_output=True, text=True, check=True
        )
        for each in (seed, "42")
    ]

    assert told[0].stdout == told[1].stdout
    assert len(told[0].stdout) == 25
