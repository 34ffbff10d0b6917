"""A cable between the server and PostgreSQL that can be pulled: now, or at a COMMIT, before or after it got through."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

_COMMIT = b"COMMIT;"


@dataclass
class Cable:
    """A socket that leads to PostgreSQL's."""

    target: Path
    cuts: int = 0
    _at_commit: Literal["before", "after"] | None = None
    _torn: bool = False
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    def cut_at_commit(self, side: Literal["before", "after"]) -> None:
        """The next COMMIT never arrives; or it does, and its answer never comes back."""
        self._at_commit = side

    @contextmanager
    def torn(self) -> Iterator[None]:
        """Within the block nothing gets through, and every connection is reset."""
        self._torn = True
        self.cut()
        yield
        self._torn = False

    def cut(self) -> None:
        """Reset all connections."""
        self.cuts += 1
        for writer in self._open:
            writer.transport.abort()
        self._open.clear()

    async def join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, until either end is gone."""
        if self._torn:
            writer.transport.abort()
            return
        try:
            far_reader, far_writer = await asyncio.open_unix_connection(str(self.target))
        except OSError:
            writer.transport.abort()
            return
        self._open |= {writer, far_writer}
        try:
            await asyncio.gather(self._forward(reader, far_writer, asked=True), self._forward(far_reader, writer, asked=False))
        finally:
            self._open -= {writer, far_writer}
            for each in (writer, far_writer):
                each.close()

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, asked: bool) -> None:
        with suppress(OSError):
            while data := await reader.read(1 << 16):
                side = self._at_commit if asked and _COMMIT in data else None
                if side == "before":
                    self._at_commit = None
                    self.cut()
                    break
                writer.write(data)
                await writer.drain()
                if side == "after":
                    self._at_commit = None
                    await asyncio.sleep(0.05)  # it arrives and is done
                    self.cut()
                    break
        writer.close()


@asynccontextmanager
async def laid(pgdata: Path, folder: Path) -> AsyncIterator[Cable]:
    """A cable from a socket in `folder`, named as PostgreSQL names its own."""
    cable = Cable(pgdata / ".s.PGSQL.5432")
    server = await asyncio.start_unix_server(cable.join, str(folder / ".s.PGSQL.5432"))
    async with server:
        yield cable
        cable.cut()
