"""Limits: a hostile document is refused cheaply, an honest one is not."""

import gc
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from graphql import GraphQLError, get_introspection_query

from schema.build import schema
from schema.documents import Documents
from schema.limits import LIMITS, Limits
from tests.schema.test_query import THE_QUESTION

CPU_S = 0.1
HOSTILE = {
    "sixty fragments, each spread twice": "{ ...f0 } "
    + " ".join(f"fragment f{number} on Query {{ ...f{number + 1} ...f{number + 1} }}" for number in range(60))
    + " fragment f60 on Query { workspace { id } }",
    "sixty fragments, each with a field": "{ ...f0 } "
    + " ".join(f"fragment f{number} on Query {{ a{number}: __typename ...f{number + 1} ...f{number + 1} }}" for number in range(45))
    + " fragment f45 on Query { workspace { id } }",
    "ten thousand aliases": "{" + " ".join(f"a{number}: workspace {{ id }}" for number in range(10_000)) + "}",
    "aliases within the tokens": "{" + " ".join(f"a{number}:__typename" for number in range(1_300)) + "}",
    "one field over and over": "{ sales(first: 1) { nodes { " + "id " * 1_500 + "} } }",
    "one selection over and over": "{ sales(first: 1) { nodes { " + "...{ id paidAt net { original { amount } } } " * 300 + "} } }",
    "many at the top": "{" + " ".join(f"a{number}: __typename" for number in range(60)) + "}",
    "deep": "{ node(id: 1) { ...on Sale { " + "customer { sales(first: 1) { nodes { " * 10 + "id" + " } } }" * 10 + " } } }",
    "deeper than the parser goes": "{a" * 3_000,
    "a deep value": "{a(b:" + "[" * 3_900,
    "deep inline fragments": "{" + "...{" * 90 + "__typename" + "}" * 91,
    "a long chain of fragments": "{...f0} "
    + " ".join(f"fragment f{number} on Query {{ ...f{number + 1} }}" for number in range(190))
    + " fragment f190 on Query { workspace { id } }",
    "many fragments": "{ __typename } " + " ".join(f"fragment f{number} on Query {{ __typename }}" for number in range(300)),
    "many directives": "{ workspace " + "@a " * 1_900 + "{ id } }",
    "many variables": "query(" + " ".join(f"$a{number}: Int" for number in range(900)) + ") { workspace { id } }",
    "many tokens": "{ workspace { id } } " + "# \n" + " ".join("{a}" for _ in range(2_000)),
    "a long text": '{ click(clickId: "' + "a" * 110_000 + '") { id } }',
}


@pytest.fixture
def uncollected() -> Iterator[None]:
    """The collector's time is of the whole test process, not of the document."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_document_is_refused_in_a_tenth_of_a_second(name: str, uncollected: None) -> None:
    documents = Documents(schema._schema)
    began = time.process_time()

    with pytest.raises(GraphQLError) as refused:
        documents.prepared(HOSTILE[name])

    assert time.process_time() - began < CPU_S
    assert refused.value.extensions == {"code": "TOO_COMPLEX"}


WRONG = {
    "a fragment of itself": "{ ...a } fragment a on Query { ...a ...a workspace { id } }",
    "fragments of each other": "{ ...a } fragment a on Query { ...b ...b } fragment b on Query { ...a ...a }",
    "the schema within itself": "{ __schema { types { fields { type { fields { type { fields { type { fields { name } } } } } } } } } }",
    "a hundred variables that nothing uses": "query(" + " ".join(f"$a{number}: Int" for number in range(100)) + ") { workspace { id } }",
    "nearly as many pairs as there may be": "{ sales(first: 1) { nodes { " + "...{ id paidAt net { original { amount } } } " * 95 + "} } }",
}


@pytest.mark.parametrize("name", WRONG)
def test_what_the_limits_let_through_is_validated_as_cheaply(name: str, uncollected: None) -> None:
    documents = Documents(schema._schema)
    began = time.process_time()

    documents.prepared(WRONG[name])

    assert time.process_time() - began < 3 * CPU_S


@pytest.mark.parametrize(
    "text", [THE_QUESTION, get_introspection_query(specified_by_url=True, directive_is_repeatable=True, input_value_deprecation=True)]
)
def test_an_honest_document_passes(text: str) -> None:
    assert Documents(schema._schema).prepared(text).errors == ()


def test_a_document_is_prepared_once_and_forgotten_when_others_come() -> None:
    documents = Documents(schema._schema, size=2)
    texts = [f"query Q{number} {{ workspace {{ id }} }}" for number in range(3)]
    first = documents.prepared(texts[0])

    assert documents.prepared(texts[0]) is first
    for text in texts[1:]:
        documents.prepared(text)
    assert documents.prepared(texts[0]) is not first


def test_what_was_refused_is_not_kept() -> None:
    documents = Documents(schema._schema)

    first, again = documents.prepared("{ nope }"), documents.prepared("{ nope }")

    assert again is first, "one request asks twice"
    assert documents.prepared("{ nope }") is not first


@pytest.mark.parametrize(
    ("limits", "text"),
    [
        (replace(LIMITS, depth=2), "{ sales(first: 1) { nodes { id } } }"),
        (replace(LIMITS, fields=3), "{ workspace { id name slug } }"),
        (replace(LIMITS, roots=1), "{ ...a ...{ ...a } } fragment a on Query { workspace { id } }"),
        (replace(LIMITS, aliases=1), "{ a: workspace { b: id } }"),
        (replace(LIMITS, directives=1), "query @a { workspace @b { id } }"),
    ],
)
def test_each_limit_is_the_most_that_passes(limits: Limits, text: str) -> None:
    with pytest.raises(GraphQLError):
        Documents(schema._schema, limits=limits).prepared(text)
