"""The log: one line for each thing that happened, on standard error; JSON where nobody watches.

Secrets, bodies and the queries of addresses stay out of it.
"""

import json
import logging
import sys
from collections.abc import Mapping, MutableMapping
from contextlib import suppress
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, BinaryIO

import orjson
import structlog

_QUIET = ("tortoise", "aiosqlite", "asyncio", "uvicorn.access", "stripe", "watchfiles")
"""Loggers that say too much at DEBUG: Tortoise writes each statement with its values, people's addresses among them."""
request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
"""The request that is answered now: a field of every line that is written meanwhile."""


def _placed(logger: Any, level: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The event with what every line says: during which request, how grave, by whom, when."""
    during = request_id.get()
    if during is not None:
        event["request_id"] = during
    event["level"] = "warning" if level == "warn" else "error" if level == "exception" else level
    record = event.get("_record")  # of the standard library
    event["logger"] = logger.name if record is None else record.name
    event["timestamp"] = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    return event


def join() -> None:
    """Have what is said by structlog go the way of the standard library's loggers."""
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, _placed, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def start(level: str) -> None:
    """Send what this process logs, by structlog or by the standard library, to standard error in one form."""
    join()
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=[_placed], processors=_rendering(sys.stderr.isatty())))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)

    if not sys.stderr.isatty():
        _straighten(level, sys.stderr.buffer)


class Lines(structlog.BytesLogger):
    """Where a logger of structlog's writes its lines; its name is one of their fields."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        super().__init__(file)
        self.name = name

    def msg(self, message: bytes) -> None:
        """A line that the disk will not take is lost alone: nobody who had something to say falls over it."""
        with suppress(OSError):
            super().msg(message)

    log = debug = info = warn = warning = fatal = failure = err = error = critical = exception = msg


def _straighten(level: str, file: BinaryIO) -> None:
    """Have structlog write its lines itself: by way of a record of the standard library each would take four times as long."""
    structlog.configure(
        processors=[_placed, structlog.processors.format_exc_info, structlog.processors.JSONRenderer(_encoded)],
        logger_factory=lambda *names: Lines(file, names[0] if names else "root"),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        cache_logger_on_first_use=True,
    )


def _encoded(event: Mapping[str, Any], **options: Any) -> bytes:
    try:
        return orjson.dumps(event, default=options["default"])
    except TypeError:  # a lone surrogate, or a number over 64 bits
        return json.dumps(event, **options).encode()


def _rendering(watched: bool) -> list[Any]:
    first = [structlog.stdlib.ProcessorFormatter.remove_processors_meta, _without_color]
    if watched:  # the usual traceback of a terminal shows local variables: headers, and the keys in them
        return [*first, structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
    return [*first, structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]


def _without_color(_: Any, __: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """Uvicorn sends its message a second time, coloured."""
    event.pop("color_message", None)
    return event
