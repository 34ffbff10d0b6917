"""Where an address is: the country from a table inside a package, region and city from a MaxMind file where one is given.

Nothing is asked of the net.
"""

from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from pathlib import Path
from socket import AF_INET, inet_pton
from typing import Any

import iptocc
import maxminddb


@dataclass(frozen=True, slots=True)
class Place:
    """ISO 3166-1 country, ISO 3166-2 region without its country, and the English name of the city; None where it is not known."""

    country: str | None = None
    region: str | None = None
    city: str | None = None


NOWHERE = Place()


class Atlas:
    """One per process."""

    def __init__(self, city_file: Path | None = None) -> None:
        """Raises OSError or maxminddb.InvalidDatabaseError for a file that is not one."""
        self._cities = None if city_file is None else maxminddb.open_database(city_file)

    def locate(self, address: str | None) -> Place:
        plain = _plain(address)
        if plain is None:
            return NOWHERE
        place = self._in_file(plain)
        return place if place.country else Place(country=iptocc.country_code(plain))

    def _in_file(self, address: str) -> Place:
        try:
            found = None if self._cities is None else self._cities.get(address)
        except ValueError:  # a file of IPv4 alone
            return NOWHERE
        return _place(found) if isinstance(found, dict) else NOWHERE

    def close(self) -> None:
        if self._cities is not None:
            self._cities.close()


def _plain(address: str | None) -> str | None:
    with suppress(OSError, UnicodeEncodeError, ValueError):
        inet_pton(AF_INET, address or "")  # which takes what `ip_address` would take, and nothing that has two spellings
        return address
    try:
        parsed = ip_address((address or "").partition("%")[0])
    except ValueError:
        return None
    mapped = parsed.ipv4_mapped if isinstance(parsed, IPv6Address) else None
    return str(mapped or parsed)


def _place(found: dict[str, Any]) -> Place:
    regions = found.get("subdivisions") or [{}]
    return Place(
        country=found.get("country", {}).get("iso_code"),
        region=(regions[0].get("iso_code") or None) and regions[0]["iso_code"][:16],
        city=(found.get("city", {}).get("names", {}).get("en") or None) and found["city"]["names"]["en"][:190],
    )
