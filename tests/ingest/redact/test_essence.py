"""An old body can be reduced to what is read of it, and a person taken out of one, without moving any money."""

import copy
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ingest import inbox
from ingest.errors import Invalid
from ingest.facts import Contact, Parsed
from ingest.redact import marks, words
from ingest.redact.essence import essence
from ingest.stripe.errors import Unreadable
from ingest.stripe.parser import parse
from tests import stripe_events as stripe
from tests.ingest.stripe.test_any_shape import bodies, mutated

BODIES = bodies()
WHO = {"user-7": "erased_7"}


def said(event: dict[str, Any]) -> Parsed | str:
    try:
        return parse(event)
    except Unreadable as error:
        return error.field


@pytest.mark.parametrize("event", BODIES, ids=lambda event: f"{event['type']} {event['api_version']}")
def test_the_essence_of_an_event_reads_as_the_whole_and_is_smaller(event: dict[str, Any]) -> None:
    assert said(essence(event)) == said(event)
    assert len(json.dumps(essence(event))) < len(json.dumps(event))


@given(mutated())
def test_the_essence_of_any_body_that_is_stored_reads_as_the_whole(event: dict[str, Any]) -> None:
    assume(storable(event))

    reduced = essence(event)

    assert said(reduced) == said(event)
    assert essence(reduced) == reduced


def storable(event: dict[str, Any]) -> bool:
    try:
        inbox.envelope(event)
    except Invalid:
        return False
    return True


def nameless(parsed: Parsed | str) -> Parsed | str:
    """What is left of the facts when nobody is named; claims are left out."""
    if isinstance(parsed, str):
        return parsed
    kept = []
    for joined in parsed.facts:
        fact: Any = joined.fact
        if hasattr(fact, "contact"):
            heard = tuple(replace(one, external_id=WHO.get(one.external_id or "", one.external_id)) for one in fact.said)
            fact = replace(fact, contact=Contact(), said=heard)
        kept.append(replace(joined, fact=fact))
    return Parsed(facts=tuple(kept), reason=parsed.reason)


@pytest.mark.parametrize("event", BODIES, ids=lambda event: f"{event['type']} {event['api_version']}")
def test_without_the_person_an_event_says_the_same_of_money(event: dict[str, Any]) -> None:
    before = copy.deepcopy(event)

    redacted = words.event(event, WHO)

    assert nameless(said(redacted)) == nameless(said(event))
    assert not {"Ada", "ada@example.com", "user-7", "GB"} & set(strings(redacted))
    assert words.event(redacted, WHO) == redacted
    assert event == before


def strings(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [each for inner in value.values() for each in strings(inner)]
    if isinstance(value, list):
        return [each for inner in value for each in strings(inner)]
    return [value] if isinstance(value, str) else []


def test_what_could_name_a_person_and_is_never_read_is_gone() -> None:
    event = stripe.session_completed(
        client_reference_id="Ada-Lovelace",
        metadata={"pimmsClickId": "Ada Lovelace", "note": "call Ada", "pimmsCustomerId": "user-8"},
        custom_fields=[{"text": {"value": "Ada"}}],
        phone="+44 20",
    )

    shown = words.raw(words.event(event, WHO)).decode()

    assert "Ada" not in shown
    assert "+44" not in shown
    assert "user-8" in shown  # another customer's id is not ours to take
    assert words.ERASED in shown


def test_a_person_is_known_by_every_mark_wherever_it_stands() -> None:
    event = stripe.charge_succeeded(
        "ch_1", intent="pi_1", customer="cus_1", description="for <Ada@Example.com>, paid", metadata={"pimmsCustomerId": "user\u0000"}
    )

    found = marks.of_event(event, 3)

    assert {("email", "ada@example.com"), ("cus", "3:cus_1"), ("object", "3:ch_1"), ("object", "3:pi_1")} <= found
    assert ("ext", "user\ue0000000") in found


@given(st.integers(min_value=1, max_value=3_000))
def test_marks_are_found_at_any_depth(depth: int) -> None:
    deep: Any = "ada@example.com"
    for _ in range(depth):
        deep = [deep]

    assert marks.of_event({"metadata": deep}, 1) == {("email", "ada@example.com")}
