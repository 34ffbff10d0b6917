"""A change of the schema that breaks clients is written in the changelog, or fails here.

`released.graphql` is the schema of the last release (before the first: as clients began to be written against it). A release copies
`schema.graphql` over it; until then each breaking sentence below stands in the changelog's Unreleased.
"""

from pathlib import Path

import pytest
from graphql import build_schema, find_breaking_changes

ROOT = Path(__file__).parents[2]
RELEASED = (Path(__file__).parent / "released.graphql").read_text()
CHANGELOG = (ROOT / "CHANGELOG.md").read_text()


def unnamed(before: str, after: str, changelog: str) -> list[str]:
    """The breaking changes that the changelog's Unreleased does not name."""
    said = " ".join(changelog.partition("## [Unreleased]")[2].partition("\n## [")[0].replace("`", "").split())
    found = [change.description for change in find_breaking_changes(build_schema(before), build_schema(after))]
    return [sentence for sentence in found if sentence.rstrip(".") not in said]


def test_every_breaking_change_since_the_release_is_named_in_the_changelog() -> None:
    assert unnamed(RELEASED, (ROOT / "schema.graphql").read_text(), CHANGELOG) == []


BEFORE = "type Query { sales(first: Int): [String!]! status: Status limit: Int } enum Status { PAID LOST }"
BROKEN = {
    "Field Query.status was removed.": "type Query { sales(first: Int): [String!]! limit: Int } enum Status { PAID LOST }",
    "Argument Query.sales(first:) was removed.": "type Query { sales: [String!]! status: Status limit: Int } enum Status { PAID LOST }",
    "Enum value Status.LOST was removed.": "type Query { sales(first: Int): [String!]! status: Status limit: Int } enum Status { PAID }",
}


@pytest.mark.parametrize("sentence", BROKEN)
def test_a_break_is_told_until_the_changelog_names_it(sentence: str) -> None:
    assert unnamed(BEFORE, BROKEN[sentence], "## [Unreleased]\n\n## [0.1.0]\n\n- " + sentence) == [sentence]
    assert unnamed(BEFORE, BROKEN[sentence], f"## [Unreleased]\n\n- `{sentence[:-1]}`: ask for something else.\n\n## [0.1.0]\n") == []


def test_what_is_only_added_needs_no_name() -> None:
    assert unnamed(BEFORE, BEFORE + " type More { id: ID! }", "") == []
