"""Settings: the only reader of the environment. Each is a row of name, default, meaning; a wrong value is one line that names it."""

import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Any
from urllib.parse import unquote, urlsplit

KEY_PREFIXES = ("clk_live_", "clk_test_")
LOG_LEVELS = ("debug", "info", "warning", "error")
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*|\[[0-9a-f:]+\])(?::\d{1,5})?")


class SettingError(Exception):
    """A setting that cannot be used. Its text never repeats a secret."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(f"{name}: {message}")
        self.name, self.message = name, message


class _Wrong(ValueError):
    """What a reader of one value says of it."""


def _text(value: str) -> str:
    return value


def _database_url(value: str) -> str:
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        raise _Wrong("cannot be read as an address; write sqlite://path or postgres://user:password@host:5432/name") from None
    if parts.scheme not in {"sqlite", "postgres", "postgresql"} or "://" not in value:
        raise _Wrong("must begin with sqlite://, postgres:// or postgresql://")
    if parts.scheme == "sqlite" and not parts.netloc + parts.path:
        raise _Wrong("names no file; write sqlite://clickledger.sqlite3 or sqlite:///var/lib/clickledger.sqlite3")
    if parts.scheme != "sqlite" and not parts.path.strip("/"):
        raise _Wrong("names no database; write postgres://user:password@host:5432/name")
    return value


def _file(value: str) -> str:
    try:
        with open(value, "rb"):
            return value
    except OSError as error:
        raise _Wrong(f"cannot read that file: {error.strerror}") from None


def _whole(low: int, high: int) -> Callable[[str], int]:
    def read(value: str) -> int:
        if not re.fullmatch(r"[0-9]{1,12}", value) or not low <= int(value) <= high:
            raise _Wrong(f"must be a whole number from {low} to {high}")
        return int(value)

    return read


def _listed(value: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part.strip() for part in value.split(",") if part.strip()))


def _admin_keys(value: str) -> tuple[str, ...]:
    keys = _listed(value)
    if any(not key.startswith(KEY_PREFIXES) or key in KEY_PREFIXES or not key.isascii() or not key.isprintable() for key in keys):
        raise _Wrong("each key must begin with clk_live_ or clk_test_ and say something after it")
    return keys


def _domain(value: str) -> str:
    host = value.lower().rstrip(".")
    if not _HOST.fullmatch(host):
        raise _Wrong("must be a host name such as go.example.com, with :port where it has one, and no https://")
    return host


def _base_address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise _Wrong("must be an address such as https://api.stripe.com")
    return value.rstrip("/")


def _origins(value: str) -> tuple[str, ...]:
    origins = tuple(origin.lower().rstrip("/") for origin in _listed(value))
    for origin in origins:
        parts = urlsplit(origin)
        if parts.scheme not in {"http", "https"} or not _HOST.fullmatch(parts.netloc) or parts.path:
            raise _Wrong("must be origins such as https://app.example.com, separated by commas")
    return origins


def _one_of(*choices: str) -> Callable[[str], str]:
    def read(value: str) -> str:
        if value.lower() not in choices:
            raise _Wrong(f"must be one of {', '.join(choices)}")
        return value.lower()

    return read


def _source_name(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,32}", value):
        raise _Wrong("must be a name of letters, digits, - and _, 32 at most")
    return value


def _setting(name: str, default: str | None, read: Callable[[str], Any], meaning: str, *, secret: bool = False) -> Any:
    """A field of Settings: `default` as one would write it in the environment, None where it is off."""
    value = None if default is None else read(default)
    return field(
        default=value, repr=not secret, metadata={"name": name, "default": default, "read": read, "help": meaning, "secret": secret}
    )


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What the operator chose. No secret has a default, and none is shown by repr."""

    database_url: str = _setting(
        "DATABASE_URL",
        "sqlite://clickledger.sqlite3",
        _database_url,
        "Where everything is kept: `sqlite://file` (one process) or `postgres://user:password@host:5432/name` (any number).",
        secret=True,
    )
    webhook_secrets: tuple[str, ...] = _setting(
        "STRIPE_WEBHOOK_SECRET",
        "",
        _listed,
        "The signing secret `whsec_…` of your Stripe endpoint; several, separated by commas, while one replaces another.",
        secret=True,
    )
    stripe_api_key: str | None = _setting(
        "STRIPE_API_KEY", None, _text, "A Stripe key `sk_…` or `rk_…`, for `clickledger stripe` and for backfills.", secret=True
    )
    stripe_api_base: str = _setting("STRIPE_API_BASE", "https://api.stripe.com", _base_address, "Where Stripe's API answers.")
    admin_keys: tuple[str, ...] = _setting(
        "CLICKLEDGER_ADMIN_KEY",
        "",
        _admin_keys,
        "Admin keys of your own, separated by commas, that begin with `clk_live_` or `clk_test_`; else a pair is made and printed once.",
        secret=True,
    )
    domain: str | None = _setting(
        "CLICKLEDGER_DOMAIN", None, _domain, "The public host of your short links and of this server, such as `go.example.com`."
    )
    fx_source: str = _setting(
        "CLICKLEDGER_FX_SOURCE", "ECB", _source_name, "The source of exchange rates that a new workspace begins with."
    )
    fx_feed: str = _setting(
        "CLICKLEDGER_FX_FEED", "on", _one_of("on", "off"), "Whether the server fetches exchange rates; `off` leaves it to `rates update`."
    )
    fx_file: str | None = _setting(
        "CLICKLEDGER_FX_FILE", None, _text, "A file of your own rates, the source `FILE`: `date,currency,rate`, units for one US dollar."
    )
    fx_key: str | None = _setting(
        "CLICKLEDGER_FX_KEY", None, _text, "A key of Open Exchange Rates, for the hourly source `OXR`.", secret=True
    )
    fx_hourly: str = _setting(
        "CLICKLEDGER_FX_HOURLY", "https://openexchangerates.org/api", _base_address, "Where the hourly source answers."
    )
    fx_bank: str = _setting(
        "CLICKLEDGER_FX_BANK", "https://www.ecb.europa.eu/stats/eurofxref", _base_address, "Where the Bank's documents lie."
    )
    geoip_file: str | None = _setting("CLICKLEDGER_GEOIP_FILE", None, _file, "A MaxMind city database, for the region and city of a click.")
    spool: str = _setting(
        "CLICKLEDGER_SPOOL", "clickledger-spool", _text, "The folder that keeps clicks while the database is away; a persistent disk."
    )
    max_body: int = _setting(
        "CLICKLEDGER_MAX_BODY",
        "1048576",
        _whole(1_024, 1 << 30),
        "The largest request body that is read, in bytes; a larger one is answered 413.",
    )
    cors_origins: tuple[str, ...] = _setting(
        "CLICKLEDGER_CORS_ORIGINS", "", _origins, "Origins whose pages may call `/graphql` from a browser, separated by commas."
    )
    trusted_proxies: str = _setting(
        "FORWARDED_ALLOW_IPS", "127.0.0.1", _text, "Proxies whose `X-Forwarded-For` and `-Proto` are believed; `*` believes every one."
    )
    host: str = _setting("HOST", "127.0.0.1", _text, "The address to listen on.")
    port: int = _setting("PORT", "8000", _whole(0, 65_535), "The port to listen on; 0 takes a free one.")
    log_level: str = _setting("LOG_LEVEL", "info", _one_of(*LOG_LEVELS), f"How much is logged: {', '.join(LOG_LEVELS)}.")

    @property
    def public_url(self) -> str:
        """The address that people and Stripe use, without a slash at its end."""
        if self.domain is None:
            return f"http://{self.host}:{self.port}"
        local = self.domain.split(":")[0] in {"localhost", "127.0.0.1"} or self.domain.startswith("[::1]")
        return f"{'http' if local else 'https'}://{self.domain}"

    @property
    def database_shown(self) -> str:
        """The database's address without its password or parameters."""
        parts = urlsplit(self.database_url)
        if parts.scheme == "sqlite":
            return f"sqlite://{parts.netloc}{parts.path}"
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"

    @property
    def sqlite_path(self) -> str | None:
        """The file of a SQLite database; None on PostgreSQL."""
        parts = urlsplit(self.database_url)
        return unquote(parts.netloc + parts.path) if parts.scheme == "sqlite" else None


@dataclass(frozen=True)
class Row:
    """One setting as a table shows it."""

    name: str
    field: str
    default: str
    type: str
    help: str
    secret: bool


def _row(item: "Field[Any]") -> Row:
    shown = {str: "text", int: "number"}.get(type(item.default), "text")
    kind = "list" if isinstance(item.default, tuple) else shown
    return Row(item.metadata["name"], item.name, item.metadata["default"] or "", kind, item.metadata["help"], item.metadata["secret"])


ROWS: tuple[Row, ...] = tuple(_row(item) for item in fields(Settings) if item.default is not MISSING)


def load(environment: Mapping[str, str]) -> Settings:
    """The settings that `environment` says.

    An empty variable is one that is not set.

    Raises:
        SettingError: the first value that cannot be used.
    """
    values = {item.name: _read(item, environment) for item in fields(Settings) if environment.get(item.metadata["name"], "").strip()}
    return Settings(**values)


def _read(item: "Field[Any]", environment: Mapping[str, str]) -> Any:
    name = item.metadata["name"]
    try:
        return item.metadata["read"](environment[name].strip())
    except _Wrong as wrong:
        raise SettingError(name, str(wrong)) from None


def from_environment(overrides: Iterable[tuple[str, str]] = ()) -> Settings:
    """The settings of this process; `overrides` are what its command line said.

    Raises:
        SettingError: the first value that cannot be used.
    """
    return load({**os.environ, **dict(overrides)})


def hand_down(overrides: Mapping[str, str]) -> None:
    """Have the processes that this one starts read what its command line said."""
    os.environ.update(overrides)
