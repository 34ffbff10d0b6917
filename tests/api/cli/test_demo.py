"""The demo, as a newcomer runs it: the real server, its front doors, and figures made by hand."""

import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from api.webhook import Receivers
from tests.server import Server, ran

NOBODY = "http://127.0.0.1:9"
"""Where no bank answers: rates come from the archive that is shipped."""


@pytest.fixture
def served(database_url: str, tmp_path: Path) -> Iterator[Server]:
    running = Server(tmp_path, {"DATABASE_URL": database_url, "CLICKLEDGER_FX_BANK": NOBODY}).start()
    yield running
    if running.process is not None:
        running.kill()


@pytest.mark.proved
def test_every_figure_of_the_demo_is_the_one_worked_out_by_hand_and_verify_finds_no_difference(served: Server) -> None:
    told = ran(served.folder, "demo", "--url", served.url, settings=served.settings)
    again = ran(served.folder, "demo", "--url", served.url, settings=served.settings)
    time.sleep(Receivers(()).pause_seconds)  # a receiver that was looked up within it is believed
    hook = httpx2.post(f"{served.url}/webhooks/stripe", content=b"{}", headers={"stripe-signature": "t=1,v1=0"})
    proved = ran(served.folder, "verify", settings=served.settings)

    assert "22 of 22 answers are as expected." in told.stdout, told.stdout + told.stderr + served.log[-3_000:]
    assert (told.returncode, again.returncode) == (0, 0), again.stdout + again.stderr
    assert hook.status_code == 503, "the demo leaves no secret behind"
    assert proved.returncode == 0, proved.stdout + proved.stderr


def test_without_a_server_the_demo_says_what_to_do(tmp_path: Path, database_url: str) -> None:
    told = ran(tmp_path, "demo", "--url", NOBODY, "--key", "clk_test_x", "--secret", "whsec_x", settings={"DATABASE_URL": database_url})

    assert told.returncode == 1
    assert "start one with `make serve`" in told.stderr
