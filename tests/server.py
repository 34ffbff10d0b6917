"""The real `clickledger serve` as a process: started, read, stopped and killed by its pid."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parent.parent
PATIENCE_SECONDS = 30.0


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """What a process needs to run from another folder, and no setting but these."""
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG", "TMPDIR", "SYSTEMROOT"}}
    return {**kept, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", **settings}


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "api.cli.main", *arguments]


def ran(folder: Path, *arguments: str, settings: Mapping[str, str] | None = None) -> "subprocess.CompletedProcess[str]":
    """A command that ended, with what it said."""
    return subprocess.run(
        command(*arguments), cwd=folder, env=environment(settings or {}), capture_output=True, text=True, timeout=180, check=False
    )


@dataclass
class Server:
    """A server in `folder`, with `settings` and on a free port. Start it as often as you like."""

    folder: Path
    settings: Mapping[str, str] = field(default_factory=dict)
    arguments: tuple[str, ...] = ()
    process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> "Server":
        """Returns when it takes connections."""
        self.process = self.begun()
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not re.search(r"^Address .*\n", self.said, re.MULTILINE):
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise AssertionError(f"the server did not start:\n{self.said}\n{self.log}")
            time.sleep(0.02)
        return self

    def begun(self) -> "subprocess.Popen[bytes]":
        """A process that becomes a server."""
        with (self.folder / "stdout.txt").open("wb") as out, (self.folder / "stderr.txt").open("ab") as log:
            return subprocess.Popen(
                command("serve", "--port", "0", *self.arguments), cwd=self.folder, env=environment(self.settings), stdout=out, stderr=log
            )

    @property
    def said(self) -> str:
        """What it printed since its last start."""
        return (self.folder / "stdout.txt").read_text()

    @property
    def log(self) -> str:
        return (self.folder / "stderr.txt").read_text()

    def word(self, name: str) -> str | None:
        """The value that it announced under a word, such as `Address` or `Test key`."""
        found = re.search(rf"^{re.escape(name)} +(\S+)", self.said, re.MULTILINE)
        return found[1] if found else None

    @property
    def url(self) -> str:
        address = self.word("Address")
        assert address is not None
        return address

    def stop(self) -> int:
        """SIGTERM, and its exit code."""
        return self._end(signal.SIGTERM)

    def kill(self) -> int:
        """SIGKILL: no goodbye."""
        return self._end(signal.SIGKILL)

    def _end(self, sign: signal.Signals) -> int:
        assert self.process is not None
        self.process.send_signal(sign)
        code = self.process.wait(PATIENCE_SECONDS)
        self.process = None
        return code
