"""A scenario file is read strictly: what nobody would read is refused by name."""

from datetime import UTC, datetime, timedelta

import pytest

from ingest.errors import Invalid
from ingest.scenario import moments, reading

CLOCK = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("titel: x\nexpected: {}", "'titel'"),
        ("title: x", "'expected'"),
        ("clicks: [{name: a, att: -1d}]\nexpected: {}", "clicks[1]: has no key 'att'"),
        ("clicks: [{name: a}]\nexpected: {}", "clicks[1]: lacks 'at'"),
        ("expected: {sales: [{gros: 1}]}", "expected.sales[1]: has no key 'gros'"),
        ("expected: {}\n---\nevents: [{type: x, created: +0s, objct: {}}]\nexpected: {}", "chapter 2: events[1]: has no key 'objct'"),
        ("expected: {}\n---\ntitle: late\nexpected: {}", "chapter 2: has no key 'title'"),
        ("workspaces: {default: {curency: EUR}}\nexpected: {}", "workspaces.default: has no key 'curency'"),
        ("title: a\ntitle: b\nexpected: {}", "title stands twice"),
        ("events: {}\nexpected: {}", "chapter 1: events: must be a list"),
        ("clock: soon\nexpected: {}", "clock"),
        ("- 1", "must be a mapping"),
        ("a: [", "file"),
        ("", "holds no scenario"),
    ],
)
def test_a_fault_of_a_file_is_named(text: str, named: str) -> None:
    with pytest.raises(Invalid) as fault:
        reading.read(text)

    assert named in str(fault.value)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("-90d1us", CLOCK - timedelta(days=90, microseconds=1)),
        ("+1h30m", CLOCK + timedelta(minutes=90)),
        ("+0s", CLOCK),
        (0, datetime(1970, 1, 1, tzinfo=UTC)),
        (datetime(2026, 1, 2), datetime(2026, 1, 2, tzinfo=UTC)),  # noqa: DTZ001  # what YAML makes of a time without an offset
        ("1h", None),
        ("+", None),
        ("+1y", None),
        (True, None),
    ],
)
def test_a_time_is_an_offset_from_the_clock_or_a_moment(written: object, meant: datetime | None) -> None:
    assert moments.moment(written, CLOCK) == meant
