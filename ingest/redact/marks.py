"""Marks: by what a person is known in a piece of evidence. Pure.

A mark is a kind and a value: `ext` the site's own id, `email`, `cus` a Stripe customer, `object` one of the payment's own ids, `browser`
the id of the person's browser. Stripe's ids stand with their account: they repeat across accounts.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from ingest.models.evidence import Statement
from ingest.stripe.said import CUSTOMER_NAMES
from ingest.text import escape

Mark: TypeAlias = tuple[str, str]
_ADDRESS = re.compile(r"[^\s<>\"'(),:;\[\]\\@]{1,64}@[^\s<>\"'(),:;\[\]\\@]{1,255}")
_PAYMENTS = {"checkout.session", "invoice", "invoice_payment", "payment_intent", "charge", "refund", "dispute"}
_LINKS = {"payment_intent", "invoice", "charge", "latest_charge"}
KEYS = ("session", "invoice", "intent", "charge", "refund", "dispute", "invoice_payment")
"""Kinds of payment keys that hold one of Stripe's ids of the payment itself."""


def external(value: str) -> Mark:
    """By the site's own id, as derived text."""
    return "ext", value


def email(value: str) -> Mark:
    return "email", value.strip().lower()


def stripe_customer(account_id: int, value: str) -> Mark:
    return "cus", f"{account_id}:{value}"


def payment(account_id: int, value: str) -> Mark:
    return "object", f"{account_id}:{value}"


def browser(anonymous_id: str) -> Mark:
    return "browser", anonymous_id


def of_event(event: Mapping[str, Any], account_id: int) -> set[Mark]:
    """Every mark in an event, wherever it stands."""
    found: set[Mark] = set()
    waiting: list[Any] = [event]
    while waiting:  # not by recursion: a body may be nested deeper than Python likes
        value = waiting.pop()
        if isinstance(value, str):
            found |= {email(each) for each in _ADDRESS.findall(value)} if "@" in value else set()
        elif isinstance(value, list):
            waiting += value
        elif isinstance(value, dict):
            found.update(_in_object(value, account_id))
            waiting += value.values()
    return found


def _in_object(body: Mapping[str, Any], account_id: int) -> Iterator[Mark]:
    kind, name = body.get("object"), body.get("id")
    if isinstance(name, str) and kind == "customer":
        yield stripe_customer(account_id, name)
    elif isinstance(name, str) and kind in _PAYMENTS:
        yield payment(account_id, name)
    if isinstance(customer := body.get("customer"), str):
        yield stripe_customer(account_id, customer)
    for link in _LINKS:
        if isinstance(linked := body.get(link), str):
            yield payment(account_id, linked)
    for said in CUSTOMER_NAMES:
        if isinstance(who := body.get(said), str) and who:
            yield external(escape(who))


def of_statement(row: Statement, account_id: int) -> set[Mark]:
    """Every mark in a statement; `account_id` is the workspace's own account, which its invoice ids are of."""
    found = of_event(row.body, account_id)
    if row.external_id is not None:
        found.add(external(row.external_id))
    for name, value in (("invoiceId", row.body.get("invoiceId")), ("payment", row.body.get("payment"))):
        if isinstance(value, str):
            found.add(payment(account_id, value if name == "invoiceId" else value.partition(":")[2]))
    return found
