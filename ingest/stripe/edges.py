"""Typed edges: which ids belong to one payment, each named by the field that it stood in and never by its prefix.

A `py_` in `charge` is a charge. Customer and subscription are subjects, never edges: else every renewal would be one payment.
"""

from ingest.facts import Fact, Joined


def joined(fact: Fact, **ids: str | None) -> Joined:
    """The fact under its own id and those that it names: `joined(fact, intent=…, charge=…)`."""
    keys = {f"{fact.kind}:{fact.id}": None} | {f"{field}:{found}": None for field, found in ids.items() if found}
    return Joined(fact=fact, keys=tuple(keys))
