"""A fact with the evidence that it came from, and the one order in which folds read facts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import TypeVar

from ingest import facts

F = TypeVar("F", bound=facts.Fact)


@dataclass(frozen=True, slots=True)
class Seen:
    """A fact, who said it (event id or statement uid) and when, by the speaker's clock."""

    fact: facts.Fact
    source: str
    at: datetime


def of(kind: type[F], seen: Iterable[Seen]) -> list[F]:
    """The facts of one kind, in the order of `seen`."""
    return [each.fact for each in seen if isinstance(each.fact, kind)]


def in_order(seen: Iterable[Seen]) -> list[Seen]:
    """Oldest first; what was said in the same second is ordered by what it says, so that every order of arrival reads alike."""
    return sorted(set(seen), key=lambda each: (each.at, each.fact.kind, each.fact.id, repr(each.fact), each.source))


def merged(snapshots: Sequence[F]) -> F:
    """One object out of its snapshots, oldest first: of each field the newest value that is known.

    Two API versions of one event, or an old endpoint beside a new one, say different halves of the same thing.
    """
    whole = snapshots[0]
    for snapshot in snapshots[1:]:
        known = {
            field.name: value for field in fields(snapshot) if (value := getattr(snapshot, field.name)) not in (None, (), facts.Contact())
        }
        whole = replace(whole, **known)
    return whole


def by_id(found: Iterable[F]) -> dict[str, list[F]]:
    """Facts by the Stripe object that they are of, the order kept."""
    grouped: dict[str, list[F]] = {}
    for fact in found:
        grouped.setdefault(fact.id, []).append(fact)
    return grouped
