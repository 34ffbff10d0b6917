"""Places: the country without any file, the city with one, and nothing for what is no public address."""

from pathlib import Path
from typing import Any

import pytest

from ingest.geo import NOWHERE, Atlas, Place

BERLIN = {"country": {"iso_code": "DE"}, "subdivisions": [{"iso_code": "BE"}], "city": {"names": {"en": "Berlin"}}}


def city_file(path: Path, record: dict[str, Any]) -> Path:
    """A MaxMind file in which every IPv4 address is at `record`.

    Source: https://maxmind.github.io/MaxMind-DB/
    """
    tree = (b"\x00\x00\x11" * 2) + b"\x00" * 16
    about = {  # numbers are written by their MaxMind types: 16, 32 or 64 bits
        "node_count": b"\xc4\x00\x00\x00\x01",
        "record_size": b"\xa2\x00\x18",
        "ip_version": b"\xa2\x00\x04",
        "database_type": "Test",
        "languages": ["en"],
        "binary_format_major_version": b"\xa2\x00\x02",
        "binary_format_minor_version": b"\xa2\x00\x00",
        "build_epoch": b"\x08\x02" + bytes(7) + b"\x01",
        "description": {"en": "test"},
    }
    path.write_bytes(tree + encoded(record) + b"\xab\xcd\xefMaxMind.com" + encoded(about))
    return path


def encoded(value: Any) -> bytes:
    if isinstance(value, str):
        return bytes([2 << 5 | len(value)]) + value.encode()
    if isinstance(value, bytes):
        return value
    if isinstance(value, list):
        return bytes([len(value), 4]) + b"".join(encoded(item) for item in value)
    return bytes([7 << 5 | len(value)]) + b"".join(encoded(name) + encoded(item) for name, item in value.items())


def test_with_a_city_file_region_and_city_are_known(tmp_path: Path) -> None:
    atlas = Atlas(city_file(tmp_path / "city.mmdb", BERLIN))

    place, beyond_the_file = atlas.locate("203.0.113.7"), atlas.locate("2001:4860:4860::8888")
    atlas.close()

    assert place == Place(country="DE", region="BE", city="Berlin")
    assert beyond_the_file == Place(country="US")


def test_what_the_file_does_not_say_is_not_known_but_for_the_country(tmp_path: Path) -> None:
    atlas = Atlas(city_file(tmp_path / "city.mmdb", {"subdivisions": []}))

    place = atlas.locate("8.8.8.8")
    atlas.close()

    assert place == Place(country="US")


@pytest.mark.parametrize("address", ["8.8.8.8", "::ffff:8.8.8.8", "2001:4860:4860::8888"])
def test_without_a_file_the_country_is_known(address: str) -> None:
    assert Atlas().locate(address) == Place(country="US")


@pytest.mark.parametrize("address", [None, "", "127.0.0.1", "10.0.0.1", "::1", "fe80::1%eth0", "testclient", "\x00"])
def test_what_is_no_public_address_is_nowhere(address: str | None) -> None:
    assert Atlas().locate(address) == NOWHERE
