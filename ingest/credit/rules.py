"""The rules of credit: what a workspace may choose.

A ruleset is evidence with a date; a credit names the digest of the one it was made by.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from hashlib import blake2b
from typing import Any

import orjson


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """How credit is decided."""

    window_days: int = 90
    """A click this many days old, to the microsecond, still counts; one microsecond older does not."""
    skew_seconds: int = 600
    """How much later than the conversion a click may seem: Stripe's times are whole seconds and clocks differ."""
    email: bool = False
    """Whether a lead of another customer with the same e-mail address is evidence."""

    @property
    def window(self) -> timedelta:
        return timedelta(days=self.window_days)

    @property
    def skew(self) -> timedelta:
        return timedelta(seconds=self.skew_seconds)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def digest(self) -> str:
        """16 hexadecimal characters that two rulesets share only when they say the same."""
        return blake2b(orjson.dumps(self.as_dict(), option=orjson.OPT_SORT_KEYS), digest_size=8).hexdigest()


def from_dict(stored: Mapping[str, Any]) -> Rules:
    """The rules that were stored; a rule that did not exist then has its default."""
    return Rules(**{name: value for name, value in stored.items() if name in Rules.__dataclass_fields__})
