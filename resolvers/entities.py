"""What can be asked for: each kind of row, its table, how its global id is written, and what it is ordered by.

A global id is the row's own prefixed id; a click's is `click_<click id>`, and rows with a number have it after their prefix.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tortoise import fields as columns
from tortoise.models import Model

from ingest.models.evidence import Click, StripeEvent
from ingest.models.fields import JsonText
from ingest.models.ledger import Consideration, Credit, Dispute, Refund, Sale
from ingest.models.people import Customer, Lead
from ingest.models.workspace import ApiKey, Link, Workspace
from ingest.text import MARK, unescape

_AS_STORED = (columns.IntField, columns.BigIntField)
_SMALL = re.compile(r"[0-9]{1,9}", re.ASCII)
_BIG = re.compile(r"[0-9]{1,18}", re.ASCII)


def _small(text: str) -> int | None:
    return int(text) if _SMALL.fullmatch(text) else None


def _big(text: str) -> int | None:
    return int(text) if _BIG.fullmatch(text) else None


def _reader(field: columns.Field[Any]) -> Callable[[Any], Any] | None:
    if type(field) in _AS_STORED:
        return None
    if isinstance(field, (columns.CharField, columns.TextField)):
        return _text
    return (lambda value: _texts(field.to_python_value(value))) if isinstance(field, JsonText) else field.to_python_value


def _text(value: str) -> str:
    """As it was said: what is stored has escapes for what databases cannot hold."""
    return unescape(value) if MARK in value else value


def _texts(value: Any) -> Any:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, dict):
        return {_text(name): _texts(each) for name, each in value.items()}
    return [_texts(each) for each in value] if isinstance(value, list) else value


@dataclass(frozen=True, eq=False)
class Entity:
    """A kind of row. `order` is the column that a list of them goes by unless asked otherwise, newest first."""

    name: str
    model: type[Model]
    prefix: str
    order: str = "id"
    tenant: str = "workspace_id"
    """The column that names the workspace."""
    whole_id: bool = True
    """Whether the stored id carries the prefix already."""
    number: Callable[[str], int | None] | None = None
    """How an id that is a number is read."""
    scope: str = "read"
    hidden: frozenset[str] = frozenset()
    """Columns that are never read here."""

    @cached_property
    def by_mode(self) -> bool:
        """Whether its rows belong to live or test; links and clicks belong to the workspace."""
        return "livemode" in self.model._meta.fields_db_projection

    @cached_property
    def readers(self) -> Mapping[str, Callable[[Any], Any] | None]:
        """Every column that is read, and what makes a Python value of what the driver gives; None where nothing need be done.

        Known only after Tortoise has joined the models: foreign keys get their columns then.
        """
        return {
            column: _reader(self.model._meta.fields_map[name])
            for name, column in self.model._meta.fields_db_projection.items()
            if column not in self.hidden
        }

    def global_id(self, key: Any) -> str:
        return str(key) if self.whole_id else f"{self.prefix}_{key}"

    def key(self, global_id: str) -> Any:
        """The primary key that a global id of this kind names; None when it cannot name one."""
        prefix, _, rest = global_id.partition("_")
        if prefix != self.prefix:
            return None
        if self.whole_id:
            return global_id
        return rest if self.number is None else self.number(rest)


WORKSPACE = Entity("Workspace", Workspace, "ws", tenant="id", whole_id=False, number=_small)
API_KEY = Entity("ApiKey", ApiKey, "key", order="created_at", scope="admin", hidden=frozenset({"digest"}))
LINK = Entity("Link", Link, "link", order="created_at")
CLICK = Entity("Click", Click, "click", order="clicked_at", whole_id=False, hidden=frozenset({"visitor"}))
CUSTOMER = Entity("Customer", Customer, "cust", order="first_seen_at")
LEAD = Entity("Lead", Lead, "lead", order="at")
SALE = Entity("Sale", Sale, "sale", order="paid_at")
REFUND = Entity("Refund", Refund, "rfnd", order="at")
DISPUTE = Entity("Dispute", Dispute, "disp", order="at")
STRIPE_EVENT = Entity("StripeEvent", StripeEvent, "inbox", order="created_at", whole_id=False, number=_big, hidden=frozenset({"body"}))
CREDIT = Entity("Credit", Credit, "cred", order="position")
CONSIDERATION = Entity("Consideration", Consideration, "", order="position")

NODES: Mapping[str, Entity] = {
    entity.prefix: entity for entity in (WORKSPACE, API_KEY, LINK, CLICK, CUSTOMER, LEAD, SALE, REFUND, DISPUTE, STRIPE_EVENT)
}
"""What `node(id:)` finds, by the prefix of the id."""


@dataclass(frozen=True, eq=False, slots=True)
class Row:
    """One row as Python values, by column."""

    entity: Entity
    values: Mapping[str, Any]

    def __getitem__(self, column: str) -> Any:
        return self.values[column]
