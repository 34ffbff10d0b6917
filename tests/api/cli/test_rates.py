"""clickledger rates: what it prints, over a real database and a real file."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.cli.rates import app
from ingest import quotes
from ingest.rates.waiting import Lack, lack


@pytest.fixture
def own_rates(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of rates that the environment names; the Bank is out of reach."""
    path = tmp_path / "rates.csv"
    path.write_text("date,currency,rate\n2026-11-20,KWD,0.25\n")
    for name, value in (("DATABASE_URL", database_url), ("CLICKLEDGER_FX_FILE", str(path)), ("CLICKLEDGER_FX_BANK", "http://127.0.0.1:1")):
        monkeypatch.setenv(name, value)
    return path


def test_update_says_what_each_source_brought_and_show_keeps_it(own_rates: Path) -> None:
    updated = CliRunner().invoke(app, ["update"])
    shown = CliRunner().invoke(app, ["show"])

    assert "FILE: 1 new rates; known complete to 2026-11-20 23:59:59 UTC" in updated.output
    assert updated.exit_code == (1 if "127.0.0.1" in updated.output else 0)
    assert "known complete to 2026-11-20 23:59:59 UTC" in shown.output
    assert "no sale waits for a rate" in shown.output


def test_why_a_sale_waits_is_told_apart() -> None:
    has = {quotes.ECB.base, "USD"}

    assert lack(None, {"EUR", "USD"}) is Lack.SOURCE
    assert lack(has, {"KWD", "USD"}) is Lack.CURRENCY
    assert lack(has, {"EUR", "USD"}) is Lack.TIME
