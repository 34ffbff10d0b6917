"""Whose fault a failure is: the database's own, which passes, or that of what it was asked."""

import sqlite3

import asyncpg
from tortoise.exceptions import DBConnectionError, OperationalError

_AWAY = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_READONLY,
}
_AWAY_STATES = ("08", "53", "57P", "25006", "40", "55P03")  # connection, resources, shutdown, read-only replica, deadlock, lock


def is_away(error: BaseException) -> bool:
    """Whether an error says that the database is gone, locked, full or too busy: nothing was wrong with what was asked."""
    cause = error.args[0] if isinstance(error, OperationalError) and error.args else error
    if isinstance(cause, sqlite3.Error):
        code = getattr(cause, "sqlite_errorcode", None)
        return code is not None and code & 0xFF in _AWAY
    if isinstance(cause, asyncpg.PostgresError):
        return (cause.sqlstate or "").startswith(_AWAY_STATES)
    return isinstance(cause, (DBConnectionError, asyncpg.InterfaceError, OSError, TimeoutError))
