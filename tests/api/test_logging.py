"""The log of a process: one form for everybody, and no local variables in it."""

import subprocess
import sys

import orjson

from tests.server import ROOT

SCRIPT = """
import logging, structlog
from api import logging as ours
ours.start("debug")
def fall():
    key = "clk_live_hunter2"
    raise RuntimeError("fell")
try:
    fall()
except RuntimeError:
    structlog.get_logger("a").exception("said", by="structlog")
logging.getLogger("b").warning("said by %s", "logging")
logging.getLogger("tortoise.db_client").debug("INSERT hunter2")
"""


def test_both_loggers_write_json_lines_without_local_variables() -> None:
    ran = subprocess.run([sys.executable, "-c", SCRIPT], cwd=ROOT, capture_output=True, text=True, check=True)

    first, second = (orjson.loads(line) for line in ran.stderr.splitlines())
    assert (first["event"], first["by"], first["level"]) == ("said", "structlog", "error")
    assert "RuntimeError: fell" in first["exception"]
    assert (second["event"], second["logger"]) == ("said by logging", "b")
    assert "hunter2" not in ran.stderr.replace('key = \\"clk_live_hunter2\\"', "")
