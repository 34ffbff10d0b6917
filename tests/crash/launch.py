"""A nursery of real servers: it has imported the server once and forks one for each line it reads, which takes no second.

A server so made runs `clickledger serve` as ever, unless the line names a boundary at which it is to kill itself. For tests alone: lines
come on standard input, `{"folder", "settings", "arguments", "crash_at", "passing", "newer"}` for a server, whose pid is answered, or
`{"wait": pid}`, answered with its exit code once it is dead. A `newer` one is of a release whose parser has another version.
"""

import functools
import importlib
import inspect
import itertools
import json
import os
import signal
import sys
from collections.abc import Callable, Mapping
from typing import Any

from api import app
from api.cli import commands
from api.settings import Settings
from ingest import facts
from tests.crash.boundaries import ALL, Boundary


def arm(boundary: Boundary, passing: int) -> None:
    """Have this process die when it comes to the boundary for the `passing`-th time."""
    module, _, path = boundary.where.partition(":")
    *owners, name = path.split(".")
    owner = functools.reduce(getattr, owners, importlib.import_module(module))
    setattr(owner, name, _deadly(getattr(owner, name), boundary.side, passing))


def _deadly(real: Callable[..., Any], side: str, passing: int) -> Callable[..., Any]:
    numbers = itertools.count(1)

    def pass_by(here: str) -> None:
        if here == side and next(numbers) == passing:
            os.kill(os.getpid(), signal.SIGKILL)

    @functools.wraps(real)
    async def awaited(*args: Any, **named: Any) -> Any:
        pass_by("before")
        result = await real(*args, **named)
        pass_by("after")
        return result

    @functools.wraps(real)
    def called(*args: Any, **named: Any) -> Any:
        pass_by("before")
        result = real(*args, **named)
        pass_by("after")
        return result

    return awaited if inspect.iscoroutinefunction(real) else called


def serve(told: Mapping[str, Any]) -> None:
    """Become a server, in its folder and with its settings alone."""
    os.chdir(told["folder"])
    for number, (name, mode) in enumerate((("/dev/null", "r"), ("stdout.txt", "w"), ("stderr.txt", "a"))):
        with open(name, mode) as file:
            os.dup2(file.fileno(), number)
    os.environ.clear()
    os.environ.update(told["settings"])
    sys.argv = ["clickledger", "serve", *told["arguments"]]
    facts.PARSER_VERSION += told["newer"]
    if told["crash_at"]:
        arm(ALL[told["crash_at"]], told["passing"])
    commands.run()


def nurse() -> None:
    """Answer each line until there are no more."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what is printed on the way is no answer
    app.create_app(Settings())  # imports what an application imports
    for line in iter(sys.stdin.readline, ""):
        told = json.loads(line)
        if "wait" in told:
            answer = os.waitstatus_to_exitcode(os.waitpid(told["wait"], 0)[1])
        else:
            answer = os.fork()
            if answer == 0:
                serve(told)
        answers.write(f"{answer}\n")
        answers.flush()


if __name__ == "__main__":
    nurse()
