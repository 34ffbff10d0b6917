"""Bodies: read alike by every reader, or not at all."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from ingest.bodies import Unreadable, parse

TEXT = some.text(some.characters(codec=None), max_size=8) | some.sampled_from(['":', '" :', "\\", '"', '\\":', " :"])
JSON = some.recursive(
    some.none() | some.booleans() | some.integers(-(2**53), 2**53) | TEXT, lambda inner: some.lists(inner) | some.dictionaries(TEXT, inner)
)


@given(JSON, some.sampled_from([None, 2]), some.booleans(), some.sampled_from([":", " :", ": ", "\n:\t"]))
def test_whatever_is_json_is_read_as_it_was_written(value: Any, indent: int | None, escaped: bool, colon: str) -> None:
    try:
        body = json.dumps(value, indent=indent, ensure_ascii=escaped, separators=(",", colon)).encode()
    except UnicodeEncodeError:  # a lone surrogate can only be written escaped
        body = json.dumps(value).encode()

    assert parse(body) == value


@given(some.dictionaries(TEXT, JSON, min_size=1), some.data(), some.sampled_from([":", " :", "\t: "]))
def test_one_key_twice_is_always_seen(value: dict[str, Any], data: some.DataObject, colon: str) -> None:
    key = data.draw(some.sampled_from(sorted(value)))
    twice = f"{json.dumps(key)}{colon}{json.dumps(data.draw(JSON))}"
    body = f'{{"a": [{json.dumps(value)[:-1]}, {twice}}}]}}'.encode()

    with pytest.raises(Unreadable):
        parse(body)


@pytest.mark.parametrize(
    "body", [b'{"a":1,"\\u0061":2}', b'{"a":{"b":1,"b":1}}', b'{"\\u0022:":1,"a" :1,"a":2}', b'{"a":"\\u0022:","a" :1}']
)
def test_one_key_twice_in_disguise_is_seen(body: bytes) -> None:
    with pytest.raises(Unreadable, match="twice"):
        parse(body)
