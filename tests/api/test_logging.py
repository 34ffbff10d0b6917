"""The log of a process: one form for everybody, and no local variables in it."""

import re
import subprocess
import sys
import time
from pathlib import Path

import httpx2
import orjson

from tests import capturing, stripe_events
from tests.server import ROOT, Server

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


def test_a_servers_log_holds_no_secret_no_address_and_nobodys_name(tmp_path: Path) -> None:
    secrets = {"CLICKLEDGER_ADMIN_KEY": "clk_live_hunter2", "STRIPE_WEBHOOK_SECRET": "whsec_hunter3", "CLICKLEDGER_FX_KEY": "hunter4"}
    away = {"CLICKLEDGER_FX_BANK": "http://127.0.0.1:1", "CLICKLEDGER_FX_HOURLY": "http://127.0.0.1:1"}
    server = Server(tmp_path, {**secrets, **away, "LOG_LEVEL": "debug"}).start()
    key, said = (
        {"authorization": "Bearer clk_live_hunter2"},
        {"eventName": "a", "externalId": "user_5", "customerEmail": "ada@five.example"},
    )
    event = stripe_events.raw(stripe_events.customer_created("cus_1", email="ada@six.example"))

    with httpx2.Client(base_url=server.url, headers={**capturing.BROWSER, "x-forwarded-for": "93.184.216.34"}) as caller:
        answers = [
            caller.get("/nowhere?email=ada@seven.example", headers={"referer": "https://eight.example/"}),
            caller.post("/track/lead", headers=key, json=said),
            caller.post("/track/lead", headers={"authorization": "Bearer clk_live_hunter9"}, json=said),
            caller.post("/webhooks/stripe", headers={"stripe-signature": stripe_events.sign(event, "whsec_hunter3")}, content=event),
            caller.post("/webhooks/stripe", headers={"stripe-signature": "t=1,v1=hunter10"}, content=event),
            caller.post("/graphql", headers=key, json={"query": '{ customer(email: "ada@eleven.example") { id nothing } }'}),
        ]
    for _ in range(200):
        if "of OXR not updated" in server.log:
            break
        time.sleep(0.05)
    server.stop()

    assert [answer.status_code for answer in answers] == [404, 200, 401, 200, 400, 200]
    assert server.log.count('"answered"') == len(answers)
    assert "of OXR not updated" in server.log
    assert re.findall(r"hunter\d+|93\.184|ada@\w+|user_5|eight\.example", server.log) == []
