"""A small disk in memory, that can be filled to its last byte: PostgreSQL then meets ENOSPC itself, as on a machine whose disk is full."""

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

BLOCK = bytes(1 << 16)


class NotAllowed(Exception):
    """This process may not mount anything."""


@contextmanager
def mounted(megabytes: int) -> Iterator[Path]:
    """A folder with a disk of its own of that size; gone at the end, whatever is still open on it.

    Raises:
        NotAllowed: it takes root, and a container that lets it mount.
    """
    folder = Path(tempfile.mkdtemp(prefix="clickledger-disk-"))
    made = _run("mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=755", "tmpfs", str(folder))
    if made.returncode:
        folder.rmdir()
        raise NotAllowed(made.stderr.strip())
    try:
        yield folder
    finally:
        _run("umount", "--lazy", str(folder))
        folder.rmdir()


@contextmanager
def filled(folder: Path) -> Iterator[None]:
    """Not one more byte fits for the length of the block."""
    filler = folder / "filler"
    try:
        with filler.open("wb", buffering=0) as file, suppress(OSError):
            while True:
                file.write(BLOCK)
        yield
    finally:
        filler.unlink()


def _run(*command: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, capture_output=True, text=True, check=False)
