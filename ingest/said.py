"""Reading what was said through our API: JSON values by the names of the wire, checked one by one and made storable. Pure."""

import math
import re
from collections.abc import Mapping
from typing import Any

from ingest.errors import Invalid
from ingest.text import escape

ALIASES: Mapping[str, tuple[str, ...]] = {
    "externalId": ("externalId", "customerExternalId", "customerId", "pimmsCustomerId", "dubCustomerExternalId", "dubCustomerId"),
    "clickId": ("clickId", "pimmsClickId", "dubClickId"),
}
"""Our name of a field, and every name under which a site may say it; the first that is there counts."""
PREFIXES = ("pimms_id_", "dub_id_")
CLICK_ID = re.compile(r"[0-9A-Za-z]{16}")
PAYMENT_KEY = re.compile(r"(?:session|invoice|intent|charge|subscription_create|statement):.{1,255}", re.DOTALL)
METADATA_CHARACTERS, METADATA_DEPTH, METADATA_KEYS = 10_000, 8, 500


class Reading:
    """One reading of what was said. Each method returns a checked value, or None where nothing was said, or raises Invalid."""

    def __init__(self, said: Mapping[str, Any]) -> None:
        self._said = said

    def text(self, name: str, *, length: int = 255, required: bool = False) -> str | None:
        """The same as derived text, and at most `length` characters of that."""
        value = self.plain(name, length=length, required=required)
        stored = None if value is None else escape(value)
        if stored is not None and len(stored) > length:
            raise Invalid(self._find(name)[0], "TOO_LONG", f"is longer than {length} characters")
        return stored

    def plain(self, name: str, *, length: int = 255, required: bool = False) -> str | None:
        """A string of at most `length` characters as it was said. Numbers are taken as their digits: ids often are."""
        said, value = self._find(name)
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value) if abs(value) < 2**63 else value
        if value is None or value == "":
            if required:
                raise Invalid(said, "REQUIRED", "is missing")
            return None
        if not isinstance(value, str):
            raise Invalid(said, "INVALID", "must be a string")
        if len(value) > length:
            raise Invalid(said, "TOO_LONG", f"is longer than {length} characters")
        return value

    def external_id(self) -> str:
        return self.text("externalId", required=True) or ""

    def click_id(self, *, required: bool = False) -> str | None:
        """A click id, well formed, without the prefix that Payment Links carry it under."""
        said, _ = self._find("clickId")
        value = self.text("clickId", required=required)
        if value is None:
            return None
        for prefix in PREFIXES:
            value = value.removeprefix(prefix)
        if not CLICK_ID.fullmatch(value):
            raise Invalid(said, "INVALID", "is not a click id: 16 letters and digits")
        return value

    def whole(self, name: str, *, low: int, high: int, required: bool = False) -> int | None:
        said, value = self._find(name)
        if value is None:
            if required:
                raise Invalid(said, "REQUIRED", "is missing")
            return None
        if isinstance(value, bool) or not isinstance(value, int):
            raise Invalid(said, "INVALID", "must be a whole number")
        if not low <= value <= high:
            raise Invalid(said, "OUT_OF_RANGE", f"must be from {low} to {high}")
        return value

    def choice(self, name: str, choices: tuple[str, ...]) -> str | None:
        said, value = self._find(name)
        if value is not None and value not in choices:
            raise Invalid(said, "INVALID", f"must be one of {', '.join(choices)}")
        return value if isinstance(value, str) else None

    def currency(self, name: str) -> str | None:
        """Three letters, in upper case; whether anybody knows the currency is not asked here."""
        return self._letters(name, 3, "must be the three letters of a currency")

    def country(self, name: str) -> str | None:
        return self._letters(name, 2, "must be the two letters of a country")

    def payment_key(self, name: str) -> str:
        value = self.text(name, length=300, required=True) or ""
        if not PAYMENT_KEY.fullmatch(value):
            raise Invalid(name, "INVALID", "must be a key such as invoice:in_1, intent:pi_1 or session:cs_1")
        return value

    def metadata(self) -> dict[str, Any] | None:
        """An object of JSON values, bounded in size and depth, its strings as derived text."""
        _, value = self._find("metadata")
        if value is None:
            return None
        if not isinstance(value, dict):
            raise Invalid("metadata", "INVALID", "must be an object")
        budget = _Budget()
        stored: dict[str, Any] = budget.stored(value, depth=0)
        return stored

    def _letters(self, name: str, count: int, message: str) -> str | None:
        said, value = self._find(name)
        if value is None or value == "":
            return None
        if not isinstance(value, str) or not re.fullmatch(f"[A-Za-z]{{{count}}}", value):
            raise Invalid(said, "INVALID", message)
        return value.upper()

    def _find(self, name: str) -> tuple[str, Any]:
        for alias in ALIASES.get(name, (name,)):
            value = self._said.get(alias)
            if value is not None and value != "":
                return alias, value
        return name, None


class _Budget:
    """What one metadata object may still hold."""

    def __init__(self) -> None:
        self._characters, self._keys = METADATA_CHARACTERS, METADATA_KEYS

    def stored(self, value: Any, *, depth: int) -> Any:
        if depth > METADATA_DEPTH:
            raise Invalid("metadata", "TOO_DEEP", f"is nested deeper than {METADATA_DEPTH}")
        self._keys -= 1
        if self._keys < 0:
            raise Invalid("metadata", "TOO_LONG", f"holds more than {METADATA_KEYS} values")
        if isinstance(value, dict):
            return {self._text(str(key)): self.stored(item, depth=depth + 1) for key, item in value.items()}
        if isinstance(value, list):
            return [self.stored(item, depth=depth + 1) for item in value]
        return self._text(value) if isinstance(value, str) else _scalar(value)

    def _text(self, text: str) -> str:
        self._characters -= len(text)
        if self._characters < 0:
            raise Invalid("metadata", "TOO_LONG", f"is longer than {METADATA_CHARACTERS} characters")
        return escape(text)


def _scalar(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        raise Invalid("metadata", "INVALID", "holds a number that JSON cannot say")
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise Invalid("metadata", "OUT_OF_RANGE", "holds a whole number beyond 64 bits")
    if value is not None and not isinstance(value, (bool, int, float)):
        raise Invalid("metadata", "INVALID", f"holds a {type(value).__name__}")
    return value
