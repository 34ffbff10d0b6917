"""How the value of a setting is read from text: what it means, or why it cannot be used. Pure, but for a file that must be there."""

import re
from collections.abc import Callable
from urllib.parse import urlsplit

from ingest.askers import Key
from ingest.workspaces import is_slug

KEY_PREFIXES = ("clk_live_", "clk_test_")
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*|\[[0-9a-f:]+\])(?::\d{1,5})?")


class Wrong(ValueError):
    """Why a value cannot be used; the text never repeats it."""


def text(value: str) -> str:
    return value


def database_url(value: str) -> str:
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        raise Wrong("cannot be read as an address; write sqlite://path or postgres://user:password@host:5432/name") from None
    if parts.scheme not in {"sqlite", "postgres", "postgresql"} or "://" not in value:
        raise Wrong("must begin with sqlite://, postgres:// or postgresql://")
    if parts.scheme == "sqlite" and not parts.netloc + parts.path:
        raise Wrong("names no file; write sqlite://clickledger.sqlite3 or sqlite:///var/lib/clickledger.sqlite3")
    if parts.scheme != "sqlite" and not parts.path.strip("/"):
        raise Wrong("names no database; write postgres://user:password@host:5432/name")
    return value


def file(value: str) -> str:
    try:
        with open(value, "rb"):
            return value
    except OSError as error:
        raise Wrong(f"cannot read that file: {error.strerror}") from None


def whole(low: int, high: int) -> Callable[[str], int]:
    def read(value: str) -> int:
        if not re.fullmatch(r"[0-9]{1,12}", value) or not low <= int(value) <= high:
            raise Wrong(f"must be a whole number from {low} to {high}")
        return int(value)

    return read


def listed(value: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part.strip() for part in value.split(",") if part.strip()))


def admin_keys(value: str) -> tuple[str, ...]:
    keys = listed(value)
    if any(not key.startswith(KEY_PREFIXES) or key in KEY_PREFIXES or not key.isascii() or not key.isprintable() for key in keys):
        raise Wrong("each key must begin with clk_live_ or clk_test_ and say something after it")
    return keys


def signing_secrets(value: str) -> tuple[str, ...]:
    secrets = listed(value)
    if not all(re.fullmatch(r"whsec_\S+", secret) for secret in secrets):  # else every event would be refused, hours later
        raise Wrong("each secret must begin with whsec_, as Stripe shows it; an endpoint's id we_… or an API key is none")
    return secrets


def stripe_keys(value: str) -> tuple[Key, ...]:
    """Each a key, or `workspace=key`."""
    keys = []
    for part in listed(value):
        slug, _, secret = part.rpartition("=")
        if not re.fullmatch(r"[sr]k_[^\s=]+", secret) or (slug and not is_slug(slug)) or part.startswith("="):
            raise Wrong("must be secret or restricted keys of Stripe, which begin with sk_ or rk_, each alone or as workspace=key")
        keys.append(Key(secret, slug or None))
    return tuple(keys)


def domain(value: str) -> str:
    host = value.lower().rstrip(".")
    if not _HOST.fullmatch(host):
        raise Wrong("must be a host name such as go.example.com, with :port where it has one, and no https://")
    return host


def base_address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise Wrong("must be an address such as https://api.stripe.com")
    return value.rstrip("/")


def origins(value: str) -> tuple[str, ...]:
    origins = tuple(origin.lower().rstrip("/") for origin in listed(value))
    for origin in origins:
        parts = urlsplit(origin)
        if parts.scheme not in {"http", "https"} or not _HOST.fullmatch(parts.netloc) or parts.path:
            raise Wrong("must be origins such as https://app.example.com, separated by commas")
    return origins


def one_of(*choices: str) -> Callable[[str], str]:
    def read(value: str) -> str:
        meant = {choice.lower(): choice for choice in choices}.get(value.lower())
        if meant is None:
            raise Wrong(f"must be one of {', '.join(choices)}")
        return meant

    return read
