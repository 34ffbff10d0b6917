"""The log of a process: one form for everybody, and no local variables in it."""

import subprocess
import sys
from pathlib import Path

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


def test_a_log_on_a_full_disk_stops_nobody(tmp_path: Path) -> None:
    script = (
        "import logging, resource, structlog\n"
        "from api import logging as ours\n"
        "ours.start('info')\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (64, resource.RLIM_INFINITY))\n"
        "for number in range(1000):\n"
        "    structlog.get_logger('a').warning('said', number=number)\n"
        "    logging.getLogger('b').warning('said too')\n"
        "print('went on')\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))\n"
    )

    with (tmp_path / "log").open("wb") as log:
        ran = subprocess.run([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, stderr=log, check=True)

    assert ran.stdout == b"went on\n"
