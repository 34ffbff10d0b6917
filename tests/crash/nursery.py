"""The other end of `tests.crash.launch`: servers that are forked instead of started afresh, with the face of a process."""

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.server import ROOT, Server, environment


@dataclass
class Nursery:
    """One process that has imported the server and forks others."""

    process: "subprocess.Popen[str]"

    def ask(self, **told: Any) -> int:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(told) + "\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())


@contextmanager
def opened(folder: Path) -> Iterator[Nursery]:
    """A nursery for the length of the block, which speaks to the log in that folder."""
    with (folder / "nursery.txt").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.launch"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            cwd=ROOT,
            env=environment({}),
        )
        with process:  # its input is closed at the end, and then it ends
            yield Nursery(process)


class Child:
    """A forked server, as `subprocess.Popen` would show it: what `Server` asks of a process and no more."""

    def __init__(self, nursery: Nursery, pid: int) -> None:
        self._nursery, self.pid = nursery, pid
        self._descriptor = os.pidfd_open(pid)
        self.returncode: int | None = None

    def poll(self) -> int | None:
        return self.wait(0.0) if self.returncode is None and self._ended(0.0) else self.returncode

    def wait(self, timeout: float) -> int:
        if self.returncode is None:
            if not self._ended(timeout):
                raise subprocess.TimeoutExpired("clickledger serve", timeout)
            self.returncode = self._nursery.ask(wait=self.pid)
            os.close(self._descriptor)
        return self.returncode

    def send_signal(self, sign: signal.Signals) -> None:
        if self.returncode is None:
            signal.pidfd_send_signal(self._descriptor, sign)

    def _ended(self, seconds: float) -> bool:
        return bool(select.select([self._descriptor], [], [], seconds)[0])


@dataclass
class Forked(Server):
    """A server of the nursery; `crash_at` is a boundary at which it dies, at its `passing`-th passing."""

    nursery: Nursery = field(kw_only=True)
    crash_at: str = field(default="", kw_only=True)
    passing: int = field(default=1, kw_only=True)
    newer: bool = field(default=False, kw_only=True)

    def begun(self) -> Any:
        """A process that becomes a server."""
        (self.folder / "stdout.txt").write_text("")
        told = {"settings": environment(self.settings), "arguments": ["--port", "0", *self.arguments]}
        pid = self.nursery.ask(folder=str(self.folder), **told, crash_at=self.crash_at, passing=self.passing, newer=self.newer)
        return Child(self.nursery, pid)
