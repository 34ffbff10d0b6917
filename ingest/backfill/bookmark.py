"""How far a backfill has come, in a small file: a run that died goes on where it stopped, over the same stretch of time."""

import json
import os
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from ingest.backfill.lists import SLACK, Span


@dataclass(slots=True, kw_only=True)
class Bookmark:
    """The place in each list. Without a path it is kept in memory alone."""

    account: str
    livemode: bool
    span: Span
    started_at: datetime
    path: Path | None = None
    after: dict[str, str] = field(default_factory=dict)
    """`lists.place` -> the last object that was taken in."""
    finished: list[str] = field(default_factory=list)

    def move(self, name: str, last: str) -> None:
        self.after[name] = last
        self._write()

    def restart(self, name: str) -> None:
        self.after.pop(name, None)
        self._write()

    def finish(self, name: str) -> None:
        self.after.pop(name, None)
        self.finished.append(name)
        self._write()

    def close(self) -> None:
        """The run is whole: nothing to go on with."""
        if self.path is not None:
            self.path.unlink(missing_ok=True)

    def _write(self) -> None:
        if self.path is None:
            return
        state = {
            "account": self.account,
            "livemode": self.livemode,
            "started_at": self.started_at.isoformat(),
            "since": self.span.since.isoformat(),
            "until": self.span.until.isoformat(),
            "after": self.after,
            "finished": self.finished,
        }
        beside = self.path.with_name(self.path.name + ".new")
        beside.write_text(json.dumps(state, indent=2))
        os.replace(beside, self.path)  # whole or not at all, wherever the process dies


def resume(path: Path, *, account: str, livemode: bool, now: datetime) -> Bookmark | None:
    """The bookmark of a run of this account that did not finish, if there is one that can be read and is not too old."""
    try:
        state: dict[str, Any] = json.loads(path.read_text())
        started_at = datetime.fromisoformat(state["started_at"])
        if (state["account"], state["livemode"]) != (account, livemode) or now - started_at > SLACK:
            return None
        span = Span(datetime.fromisoformat(state["since"]), datetime.fromisoformat(state["until"]))
        after, finished = dict(state["after"]), list(state["finished"])
        return Bookmark(account=account, livemode=livemode, span=span, started_at=started_at, path=path, after=after, finished=finished)
    except (FileNotFoundError, KeyError, TypeError, ValueError):
        return None
