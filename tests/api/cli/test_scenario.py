"""clickledger scenario: what it prints, and how it ends."""

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from api.cli.scenario import scenario
from ingest.errors import Invalid

STORY = """
title: A sale
clicks:
  - {name: spring, at: -1d}
events:
  - type: checkout.session.completed
    created: +0s
    object: {id: cs_1, payment_status: paid, currency: usd, amount_total: 5000, metadata: {pimmsClickId: <spring>}}
expected:
  sales:
    - {gross: 5000, click: spring}
"""
app = typer.Typer()
app.command()(scenario)


def told(tmp_path: Path, text: str, *options: str) -> tuple[int, str]:
    path = tmp_path / "story.yaml"
    path.write_text(text)
    result = CliRunner().invoke(app, [str(path), *options], catch_exceptions=False)
    return result.exit_code, result.output


def test_a_scenario_that_agrees_ends_well_in_any_order(tmp_path: Path) -> None:
    code, output = told(tmp_path, STORY, "--orders", "2")

    assert code == 0
    assert "A sale" in output
    assert "all 3 agree" in output


def test_a_difference_is_shown_and_ends_with_code_1(tmp_path: Path) -> None:
    code, output = told(tmp_path, STORY.replace("gross: 5000", "gross: 4900"))

    assert code == 1
    assert [line.split() for line in output.splitlines() if line.startswith("NO")] == [["NO", "sales[1].gross", "4900", "5000"]]
    assert "1 of 3 differ" in output


def test_a_fault_of_a_file_names_the_file_and_the_place(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match=r"story.yaml: chapter 1: has no key 'clix'"):
        told(tmp_path, STORY.replace("clicks:", "clix:"))
