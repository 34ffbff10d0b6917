"""Settings: the only reader of the environment. Each is a row of name, default, meaning; a wrong value is one line that names it."""

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Any
from urllib.parse import unquote, urlsplit

from api import values
from api.values import Wrong
from ingest import quotes
from ingest.askers import Key

LOG_LEVELS = ("debug", "info", "warning", "error")


class SettingError(Exception):
    """A setting that cannot be used. Its text never repeats a secret."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(f"{name}: {message}")
        self.name, self.message = name, message


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
        values.database_url,
        "Where everything is kept: `sqlite://file` (one process) or `postgres://user:password@host:5432/name` (any number).",
        secret=True,
    )
    webhook_secrets: tuple[str, ...] = _setting(
        "STRIPE_WEBHOOK_SECRET",
        "",
        values.signing_secrets,
        "The signing secret `whsec_…` of your Stripe endpoint; several, separated by commas, while one replaces another.",
        secret=True,
    )
    stripe_api_keys: tuple[Key, ...] = _setting(
        "STRIPE_API_KEY",
        "",
        values.stripe_keys,
        "A Stripe key `sk_…` or `rk_…`, for `clickledger stripe`, for backfills, and to ask what no event tells; several, separated by "
        "commas, where a workspace has its own: `shop=sk_…`.",
        secret=True,
    )
    stripe_api_base: str = _setting("STRIPE_API_BASE", "https://api.stripe.com", values.base_address, "Where Stripe's API answers.")
    admin_keys: tuple[str, ...] = _setting(
        "CLICKLEDGER_ADMIN_KEY",
        "",
        values.admin_keys,
        "Admin keys of your own, separated by commas, that begin with `clk_live_` or `clk_test_`; else a pair is made and printed once.",
        secret=True,
    )
    domain: str | None = _setting(
        "CLICKLEDGER_DOMAIN", None, values.domain, "The public host of your short links and of this server, such as `go.example.com`."
    )
    fx_source: str = _setting(
        "CLICKLEDGER_FX_SOURCE",
        "ECB",
        values.one_of(*quotes.SOURCES),
        "The source of exchange rates that a new workspace begins with.",
    )
    fx_feed: str = _setting(
        "CLICKLEDGER_FX_FEED",
        "on",
        values.one_of("on", "off"),
        "Whether the server fetches exchange rates; `off` leaves it to `rates update`.",
    )
    fx_file: str | None = _setting(
        "CLICKLEDGER_FX_FILE",
        None,
        values.file,
        "A file of your own rates, the source `FILE`: `date,currency,rate`, units for one US dollar.",
    )
    fx_key: str | None = _setting(
        "CLICKLEDGER_FX_KEY", None, values.text, "A key of Open Exchange Rates, for the hourly source `OXR`.", secret=True
    )
    fx_hourly: str = _setting(
        "CLICKLEDGER_FX_HOURLY", "https://openexchangerates.org/api", values.base_address, "Where the hourly source answers."
    )
    fx_bank: str = _setting(
        "CLICKLEDGER_FX_BANK", "https://www.ecb.europa.eu/stats/eurofxref", values.base_address, "Where the Bank's documents lie."
    )
    geoip_file: str | None = _setting(
        "CLICKLEDGER_GEOIP_FILE", None, values.file, "A MaxMind city database, for the region and city of a click."
    )
    spool: str = _setting(
        "CLICKLEDGER_SPOOL", "clickledger-spool", values.text, "The folder that keeps clicks while the database is away; a persistent disk."
    )
    max_body: int = _setting(
        "CLICKLEDGER_MAX_BODY",
        "1048576",
        values.whole(1_024, 1 << 30),
        "The largest request body that is read, in bytes; a larger one is answered 413.",
    )
    keep_bodies_days: int = _setting(
        "CLICKLEDGER_KEEP_BODIES_DAYS",
        "0",
        values.whole(0, 36_500),
        "After so many days the body of a settled event is reduced to what is read of it; 0 keeps every body whole.",
    )
    keep_changes_days: int = _setting(
        "CLICKLEDGER_KEEP_CHANGES_DAYS",
        "90",
        values.whole(0, 36_500),
        "For so many days a subscriber may be away and miss no change of a sale; older changes go. 0 keeps them for ever.",
    )
    cors_origins: tuple[str, ...] = _setting(
        "CLICKLEDGER_CORS_ORIGINS", "", values.origins, "Origins whose pages may call `/graphql` from a browser, separated by commas."
    )
    graphql_depth: int = _setting(
        "CLICKLEDGER_GRAPHQL_DEPTH", "20", values.whole(1, 100), "The most fields within fields of a GraphQL document."
    )
    graphql_roots: int = _setting(
        "CLICKLEDGER_GRAPHQL_ROOTS", "50", values.whole(1, 10_000), "The most fields at the top of a GraphQL operation."
    )
    graphql_aliases: int = _setting(
        "CLICKLEDGER_GRAPHQL_ALIASES", "200", values.whole(0, 10_000), "The most aliases of a GraphQL operation."
    )
    graphql_directives: int = _setting(
        "CLICKLEDGER_GRAPHQL_DIRECTIVES", "200", values.whole(0, 10_000), "The most directives of a GraphQL operation."
    )
    graphql_tokens: int = _setting(
        "CLICKLEDGER_GRAPHQL_TOKENS", "4000", values.whole(10, 100_000), "The most words and signs of a GraphQL document."
    )
    graphql_cost: int = _setting(
        "CLICKLEDGER_GRAPHQL_COST",
        "20000",
        values.whole(1, 10_000_000),
        "The most objects that a GraphQL answer may hold, by the sizes of its pages.",
    )
    graphql_answer: int = _setting(
        "CLICKLEDGER_GRAPHQL_ANSWER",
        "16777216",
        values.whole(1_024, 1 << 30),
        "The most bytes of a GraphQL answer; a larger one becomes an error.",
    )
    graphql_seconds: int = _setting(
        "CLICKLEDGER_GRAPHQL_SECONDS",
        "30",
        values.whole(1, 3_600),
        "The most seconds that a query or mutation may take, or a batch of them.",
    )
    graphql_batch: int = _setting(
        "CLICKLEDGER_GRAPHQL_BATCH", "10", values.whole(0, 1_000), "The most operations of an array in one request; 0 refuses arrays."
    )
    graphql_persisted: str = _setting(
        "CLICKLEDGER_GRAPHQL_PERSISTED", "on", values.one_of("on", "off"), "Whether automatic persisted queries are kept, in memory."
    )
    graphql_trusted: str | None = _setting(
        "CLICKLEDGER_GRAPHQL_TRUSTED",
        None,
        values.text,
        "Registered documents, a folder of `.graphql` files or a JSON file of hashes and texts: with it, none but these run.",
    )
    rate_key: int = _setting(
        "CLICKLEDGER_RATE_KEY",
        "6000",
        values.whole(0, 10_000_000),
        "Requests that a key may send in a minute, to each process; 0 is no limit.",
    )
    rate_address: int = _setting(
        "CLICKLEDGER_RATE_ADDRESS",
        "12000",
        values.whole(0, 10_000_000),
        "Requests that an address may send in a minute, to each process, whatever its keys; 0 is no limit.",
    )
    trusted_proxies: str = _setting(
        "FORWARDED_ALLOW_IPS",
        "127.0.0.1",
        values.text,
        "Proxies whose `X-Forwarded-For` and `-Proto` are believed; `*` believes every one.",
    )
    host: str = _setting("HOST", "127.0.0.1", values.text, "The address to listen on.")
    port: int = _setting("PORT", "8000", values.whole(0, 65_535), "The port to listen on; 0 takes a free one.")
    log_level: str = _setting("LOG_LEVEL", "info", values.one_of(*LOG_LEVELS), f"How much is logged: {', '.join(LOG_LEVELS)}.")

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
    except Wrong as wrong:
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
